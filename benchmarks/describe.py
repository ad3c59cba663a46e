"""Measure how often a description is right, and how long it takes: `python -m benchmarks.describe`."""

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

import torch
import typer
from PIL import Image
from rich.table import Table

from benchmarks.alignment.prompts import pictures
from benchmarks.judge.attributes import shown
from benchmarks.options import STARTER, WEIGHTS, AsJson, Bundle, PromptList, Weights, Which, command, write_json
from benchmarks.shares import Share, share
from engine.bundles import bundles
from engine.bundles.describer import Describer
from engine.device import devices
from engine.messages import Description
from training.picturebook.draw import draw
from training.picturebook.picture import Picture
from training.picturebook.words import GROUND_WORDS, WEATHER_WORDS

# the kinds that both the phrasebook and the picture book have
ASKED: Final = ("thing", "colour", "background", "material", "ground", "weather", "style")
_NAMED: Final[dict[str, Mapping[str, str]]] = {
    "ground": {words[0]: name for name, words in GROUND_WORDS.items()},
    "weather": {words[0]: name for name, words in WEATHER_WORDS.items()},
}
_UNSAID: Final = {"material": "solid", "style": "plain", "thing": ""}


@dataclass(slots=True)
class Tally:
    """Count the right answers and the milliseconds."""

    cold: float = 0.0  # milliseconds of the first picture
    warm: list[float] = field(default_factory=list)  # milliseconds of each picture, once everything is loaded
    right: dict[str, list[bool]] = field(default_factory=lambda: {kind: [] for kind in ASKED})
    whole: list[bool] = field(default_factory=list)  # whether every answer about a picture was right

    def rows(self) -> Iterator[tuple[str, Share]]:
        """Yield each kind with the share of right answers."""
        yield from ((kind, share(answers)) for kind, answers in self.right.items() if answers)
        yield "all that is shown", share(self.whole)

    @property
    def median(self) -> float:
        """Return the median of the warm times."""
        return statistics.median(self.warm)

    @property
    def slowest(self) -> float:
        """Return the time that 95 % of the warm ones stay below."""
        return sorted(self.warm)[int(0.95 * (len(self.warm) - 1))]


def measure(describer: Describer, which: PromptList, count: int, side: int, turned: bool = False) -> Tally:
    """Describe the first ``count`` pictures of a list, ``side`` pixels wide, or their mirror images if ``turned``."""
    figures = Tally()
    asked = pictures(which, count)
    for number, picture in enumerate(asked):
        image = draw(picture, which.seed + number, side)
        if turned:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        description, milliseconds = timed(describer, image)
        if number == 0:
            figures.cold = milliseconds
            _, milliseconds = timed(describer, image)
        figures.warm.append(milliseconds)
        answers = judged(picture, description)
        for kind, right in answers.items():
            figures.right[kind].append(right)
        figures.whole.append(all(answers.values()))
    return figures


def timed(describer: Describer, image: Image.Image) -> tuple[Description, float]:
    """Return the description and the milliseconds that it took."""
    began = time.perf_counter()
    description = describer.describe(image)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return description, 1000 * (time.perf_counter() - began)


def judged(picture: Picture, description: Description) -> dict[str, bool]:
    """Return for each kind that the picture shows whether its best phrase is right.

    Of two things, either counts together with its own colour. Saying nothing counts as naming the usual value.
    """
    seen = shown(picture)
    best = {kind: said(description, kind) for kind in ASKED}
    truths: dict[str, Sequence[object]] = {kind: (seen[kind],) for kind in ASKED if kind in seen}
    if picture.other:
        both = [(seen["thing"], seen.get("colour")), (seen["other"], seen.get("other_colour"))]
        truths["thing"] = [thing for thing, _ in both]
        if "colour" in truths:
            truths["colour"] = [colour for thing, colour in both if thing == best["thing"]] or [c for _, c in both]
        truths.pop("material", None)
    return {kind: best[kind] in truth for kind, truth in truths.items()}


def said(description: Description, kind: str) -> str:
    """Return the picture book's name of the best phrase, or of the value that an unsaid kind stands for."""
    found = next((one.phrases[0][0] for one in description.kinds if one.name == kind and one.phrases), None)
    if found is None:
        return _UNSAID.get(kind, "")
    return _NAMED.get(kind, {}).get(found, found)


def main(
    count: Annotated[int, typer.Option("--pictures", min=2, help="How many.")] = 200,
    which: Which = PromptList.TEST,
    size: Annotated[int, typer.Option(min=16, help="Side of the pictures, in pixels.")] = 128,
    mirrored: Annotated[bool, typer.Option("--mirrored", help="Describe their mirror images.")] = False,
    as_json: AsJson = False,
    weights: Weights = WEIGHTS,
    bundle: Bundle = STARTER,
    threads: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """Print the milliseconds per picture, cold and warm, and how often the best phrase of each kind is right.

    The bundle must use the words of the picture book.
    """
    torch.set_num_threads(threads)
    with command(as_json) as console:
        loaded = bundles.load(bundle, weights, devices.choose("auto"))
        found = measure(loaded.describer, which, count, size, mirrored)
    table = Table("kind", "right", "of", "95 % interval")
    for kind, answers in found.rows():
        table.add_row(kind, f"{answers.value:.1%}", str(answers.of), answers.between())
    console.print(table)
    console.print(
        f"first picture {found.cold:.0f} ms, then {found.median:.0f} ms each (95 % below {found.slowest:.0f} ms)"
    )
    times = {"cold_ms": found.cold, "warm_ms": found.median, "warm_p95_ms": found.slowest}
    right = {kind: [answers.right, answers.of] for kind, answers in found.rows()}
    write_json(as_json, {**times, "right": right, "weights": loaded.weights_hash, "list": which.value})


if __name__ == "__main__":
    typer.run(main)
