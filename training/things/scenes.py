"""Compose scenes of the corpus: one to four drawings on an empty scene of the picture book or on a plain ground.

The composing is done in torch for a whole batch, so that a training never sees the same picture twice.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from engine.run import recolour
from training.picturebook.draw import draw
from training.picturebook.picture import Picture
from training.picturebook.words import GROUNDS, WEATHERS
from training.pictures.pages import mapped
from training.things.corpus import Drawing, opened
from training.things.table import Thing, things

STAMP: Final = 64  # pixels along a drawing before it is laid
MOST: Final = 4  # drawings in a scene
COLOURS: Final = tuple(name for name in recolour.COLOURS if name not in ("cyan", "violet", "grey"))
UNKNOWN: Final = -1  # stands for an answer that the scene does not give
_BACKDROPS: Final = 1500
_RECOLOURED: Final = 0.3  # of the scenes with one kind of thing
_PLAIN: Final = 0.35  # of the grounds


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneBatch:
    """A batch of scenes and what each shows. An answer that a scene does not give is UNKNOWN."""

    images: Tensor  # (n, 3, side, side) in [0, 1]
    things: Tensor  # (n, things) float: 1 for each thing that is shown
    count: Tensor  # (n,) int64: how many there are of the one kind, less 1
    colour: Tensor  # (n,) int64: the index in COLOURS of a recoloured thing's colour
    weather: Tensor  # (n,) int64: the index in WEATHERS
    ground: Tensor  # (n,) int64: the index in GROUNDS
    shown: list["Scene"]


class Book:
    """The drawings and the empty scenes, in memory."""

    def __init__(self, found: Sequence[Drawing], folder: Path, side: int, *, backdrops: int = _BACKDROPS) -> None:
        """Read the drawings ``found``, and the empty scenes of ``side`` pixels: ``folder`` keeps them."""
        known = {name: i for i, name in enumerate(things())}
        self.side = side
        self.stamps = torch.from_numpy(np.stack([_stamp(one.path) for one in found])).permute(0, 3, 1, 2)
        self.thing = [known[one.thing.name] for one in found]
        self.known = tuple(things().values())
        self.drawings: list[list[int]] = [[] for _ in self.known]
        for i, thing in enumerate(self.thing):
            self.drawings[thing].append(i)
        self.shown = [i for i, drawings in enumerate(self.drawings) if drawings]
        self.backdrops = [_backdrop(i) for i in range(backdrops)]
        pages = mapped(folder / f"backdrops-{backdrops}-{side}.npy", (backdrops, side, side, 3), self._draw)
        self.pages = torch.from_numpy(np.array(pages)).permute(0, 3, 1, 2)

    def _draw(self, drawn: np.ndarray) -> None:
        for i, picture in enumerate(self.backdrops):
            drawn[i] = np.asarray(draw(picture, i, self.side))

    def compose(self, n: int, rng: random.Random) -> SceneBatch:
        """Compose ``n`` new scenes."""
        shown = [_scene(self, rng) for _ in range(n)]
        images = torch.stack([self._ground(scene) for scene in shown])
        for slot in range(MOST):
            images = self._lay(images, [scene.laid[slot] if slot < len(scene.laid) else None for scene in shown])
        kinds = torch.zeros(n, len(self.known))
        for row, scene in zip(kinds, shown, strict=True):
            row[[self.thing[one.drawing] for one in scene.laid]] = 1
        return SceneBatch(
            images=images,
            things=kinds,
            count=torch.tensor([scene.copies - 1 if len(scene.things) == 1 else UNKNOWN for scene in shown]),
            colour=torch.tensor([scene.colour for scene in shown]),
            weather=torch.tensor([scene.weather for scene in shown]),
            ground=torch.tensor([scene.ground for scene in shown]),
            shown=shown,
        )

    def _ground(self, scene: "Scene") -> Tensor:
        if scene.backdrop == UNKNOWN:
            return scene.plain.view(3, 1, 1).expand(3, self.side, self.side)
        return self.pages[scene.backdrop].float() / 255

    def _lay(self, images: Tensor, laid: Sequence["_Laid | None"]) -> Tensor:
        """Lay one drawing, or none, over each picture."""
        if not any(laid):
            return images
        cut = torch.stack([self._cut(one) if one else torch.zeros(4, STAMP, STAMP) for one in laid])
        theta = torch.stack([one.theta() if one else torch.eye(2, 3) for one in laid])
        grid = F.affine_grid(theta, [len(laid), 4, self.side, self.side], align_corners=False)
        over = F.grid_sample(cut, grid, align_corners=False)
        return images * (1 - over[:, 3:]) + over[:, :3]

    def _cut(self, one: "_Laid") -> Tensor:
        """Return a drawing (4, STAMP, STAMP) in its colour, its channels multiplied by how far it covers a pixel."""
        stamp = self.stamps[one.drawing].float() / 255
        image, alpha = stamp[None, :3], stamp[None, 3:]
        if one.rgb is not None:
            image = recolour.painted(image, alpha, one.rgb)
        cut = torch.cat([image * alpha, alpha], dim=1)
        if one.size < 0.55:  # or it would be sampled too coarsely
            cut = F.interpolate(F.avg_pool2d(cut, 2), STAMP, mode="bilinear", align_corners=False)
        return cut[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Laid:
    """A drawing with its place: x, y of its middle and its size as shares of the picture's side."""

    drawing: int
    x: float
    y: float
    size: float
    turn: float  # radians
    flipped: bool
    rgb: Tensor | None

    def theta(self) -> Tensor:
        """Return where each pixel of the picture comes from in the drawing, for affine_grid."""
        cos, sin, mirror = np.cos(self.turn) / self.size, np.sin(self.turn) / self.size, -1 if self.flipped else 1
        x, y = 2 * self.x - 1, 2 * self.y - 1
        return torch.tensor(
            [
                [mirror * cos, mirror * sin, -mirror * (cos * x + sin * y)],
                [-sin, cos, sin * x - cos * y],
            ],
            dtype=torch.float32,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Hold what one scene shows. An answer that it does not give is UNKNOWN."""

    things: tuple[Thing, ...]  # the kinds
    copies: int  # of each kind
    laid: list[_Laid]
    stacked: bool  # the first of two lies above the second
    colour: int  # of a recoloured thing
    backdrop: int  # an empty scene's index, or UNKNOWN for a plain ground
    weather: int
    ground: int
    plain: Tensor  # (3,)


def _scene(book: Book, rng: random.Random) -> Scene:
    """Draw a scene: one thing, one to four alike, or two or three kinds."""
    kinds = rng.choices((1, 2, 3), (0.7, 0.22, 0.08))[0]
    copies = rng.choices((1, 2, 3, 4), (0.75, 0.1, 0.08, 0.07))[0] if kinds == 1 else 1
    chosen = rng.sample(book.shown, kinds)
    drawings = [drawing for i in chosen for drawing in [rng.choice(book.drawings[i])] * copies]
    colour = rng.randrange(len(COLOURS)) if kinds == 1 and rng.random() < _RECOLOURED else UNKNOWN
    rgb = _shade(COLOURS[colour], rng) if colour != UNKNOWN else None
    stacked = kinds == 2 and rng.random() < 0.35
    backdrop = UNKNOWN if rng.random() < _PLAIN else rng.randrange(len(book.backdrops))
    empty = None if backdrop == UNKNOWN else book.backdrops[backdrop]
    return Scene(
        things=tuple(book.known[i] for i in chosen),
        copies=copies,
        laid=_places(book, drawings, rng, rgb, stacked=stacked),
        stacked=stacked,
        colour=colour,
        backdrop=backdrop,
        weather=WEATHERS.index(empty.weather) if empty else UNKNOWN,
        ground=GROUNDS.index(empty.ground) if empty else UNKNOWN,
        plain=_shade(rng.choice(COLOURS), rng) if rng.random() < 0.5 else torch.full((3,), rng.uniform(0.6, 1)),
    )


def _places(
    book: Book, drawings: Sequence[int], rng: random.Random, rgb: Tensor | None, *, stacked: bool
) -> list[_Laid]:
    """Lay the drawings side by side or above each other, with room to stray."""
    n = len(drawings)
    across = 1 if stacked else n
    most = 0.85 if n == 1 else 0.58 if stacked else 1.05 / across
    laid = []
    for i, drawing in enumerate(drawings):
        thing: Thing = book.known[book.thing[drawing]]
        size = most * rng.uniform(0.55, 1)
        x = (i + 0.5) / across + rng.uniform(-0.5, 0.5) * max(0.1, 1 / across - size)
        if stacked:
            y = 0.3 + 0.42 * i
        elif thing.place == "flies":
            y = rng.uniform(size / 2, max(size / 2, 0.75 - size / 2))
        else:
            y = rng.uniform(0.6, 0.95) - size / 2 if n == 1 else rng.uniform(0.75, 0.95) - size / 2
        laid.append(
            _Laid(
                drawing=drawing, x=x, y=max(y, size / 2 - 0.05), size=size, turn=rng.uniform(-0.12, 0.12),
                flipped=thing.flip and rng.random() < 0.5, rgb=rgb,
            )
        )  # fmt: skip
    return laid


def _shade(colour: str, rng: random.Random) -> Tensor:
    """Return one of the shades (3,) that people call by the colour's name."""
    stray = torch.tensor([rng.uniform(-0.08, 0.08) for _ in range(3)])
    return (torch.tensor(recolour.COLOURS[colour]) + stray + rng.uniform(-0.05, 0.05)).clamp(0, 1)


def _backdrop(number: int) -> Picture:
    """Return the attributes of an empty scene."""
    rng = random.Random(number)
    style = rng.choices(("plain", "watercolor", "oil painting"), (0.8, 0.1, 0.1))[0]
    return Picture(
        thing="", colour="", weather=rng.choice(WEATHERS), ground=rng.choice(GROUNDS),
        mountains=rng.random() < 0.3, style=style,
    )  # fmt: skip


def _stamp(path: Path) -> np.ndarray:
    """Return a drawing cut out and centred in a square of STAMP pixels, (STAMP, STAMP, 4)."""
    drawing = opened(path)
    drawing = drawing.crop(drawing.getbbox())
    square = Image.new("RGBA", (max(drawing.size),) * 2)
    square.paste(drawing, ((square.width - drawing.width) // 2, square.height - drawing.height))
    return np.asarray(square.resize((STAMP, STAMP), Image.Resampling.LANCZOS))
