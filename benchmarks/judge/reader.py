"""The judge of things: which of all things in the table a picture shows, in what colour, how often, and where.

It is a plain residual network, another family than the perceptors that guide, and it never guides. It saw all vendors'
drawings, the one kept from the models that paint included.
"""

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.judge.augment import augment
from benchmarks.judge.judge import FOLDER, TRAIN_ANEW, JudgeError, fill, read_weights, resized
from benchmarks.judge.models import Block
from training.files import save_halves
from training.models.loop import Training, autocast, follow
from training.picturebook.words import GROUNDS, WEATHERS
from training.things.scenes import COLOURS, MOST, UNKNOWN, Book, SceneBatch
from training.things.table import things

SIDE: Final = 80  # pixels along a picture as the reader sees it
FILE: Final = "things.safetensors"
SEED: Final = 1_700_000
HEADS: Final = {"colour": COLOURS, "count": tuple(range(1, MOST + 1)), "weather": WEATHERS, "ground": GROUNDS}
"""What is read beside the things, and the values of each."""


class ThingReader(nn.Module):
    """Pictures (n, 3, SIDE, SIDE) in [0, 1] to scores (n, things) and (n, values) for each of HEADS."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names
        stem = (nn.Conv2d(3, 40, 5, 2, 2, bias=False), nn.BatchNorm2d(40), nn.ReLU())
        blocks = (Block(40, 80, 2), Block(80, 160, 2), Block(160, 160, 1), Block(160, 256, 2))
        self.body = nn.Sequential(*stem, *blocks)
        self.things = nn.Linear(2 * 256, len(names))
        self.others = nn.ModuleDict({name: nn.Linear(2 * 256, len(values)) for name, values in HEADS.items()})
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        x = self.body(((images - 0.5) / 0.25).to(memory_format=torch.channels_last))
        features = torch.cat([x.mean((2, 3)), x.amax((2, 3))], dim=1)
        return {"things": self.things(features), **{name: head(features) for name, head in self.others.items()}}


class ReaderTraining(Training):
    """Train the reader on scenes that are composed anew for each step; the weights' moving average is shipped."""

    model: ThingReader
    rate = 2e-3
    most = 5.0

    def __init__(self, book: Book, *, batch: int = 64) -> None:
        torch.manual_seed(SEED)
        self.book, self.batch = book, batch
        self.model = ThingReader(tuple(things()))
        self.average = {name: weight.clone() for name, weight in self.model.state_dict().items()}
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=self.rate, weight_decay=0.05)

    def step(self, number: int, progress: float) -> dict[str, float]:
        scenes = self.book.compose(self.batch, random.Random(SEED + number))
        images = augment(scenes.images, torch.Generator().manual_seed(SEED + number))
        with autocast():
            scores = self.model(images)
        scores = {name: score.float() for name, score in scores.items()}
        self.descend(loss := reading_loss(scores, scenes), progress)
        follow(self.average, self.model, min(0.998, number / (number + 20)))
        hit = scenes.things.gather(1, scores["things"].argmax(1, keepdim=True)).mean()
        return {"loss": loss.item(), "thing": hit.item()}

    def state(self) -> dict[str, Any]:
        return {**super().state(), "average": self.average}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self.average = dict(state["average"])

    def averaged(self) -> ThingReader:
        """Return the model with its averaged weights, in evaluation mode."""
        self.model.load_state_dict(self.average)
        return self.model.eval()


def reading_loss(scores: Mapping[str, Tensor], scenes: SceneBatch) -> Tensor:
    """Return the cross-entropy of the things, shared among those shown, and of each answer that a scene gives."""
    shares = scenes.things / scenes.things.sum(1, keepdim=True)
    loss = F.cross_entropy(scores["things"], shares)
    for name in HEADS:
        wanted: Tensor = getattr(scenes, name)
        if (wanted != UNKNOWN).any():
            loss = loss + 0.3 * F.cross_entropy(scores[name], wanted, ignore_index=UNKNOWN)
    return loss


@torch.no_grad()
def read(reader: ThingReader, images: Tensor) -> dict[str, Tensor]:
    """Return the reader's scores for pictures (n, 3, h, w) in [0, 1] of any size."""
    parts = [reader(part) for part in resized(images, SIDE).split(64)]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def save(reader: ThingReader, folder: Path = FOLDER) -> None:
    """Write the reader to ``folder`` in half precision, with the names of its things."""
    save_halves(reader.state_dict(), folder / FILE, {"things": json.dumps(reader.names)})


def load(folder: Path = FOLDER) -> ThingReader:
    """Load the reader from ``folder``. Raises :class:`JudgeError`."""
    said, weights = read_weights(folder / FILE)
    reader = ThingReader(tuple(json.loads(said.get("things", "[]"))))
    if reader.names != tuple(things()):
        raise JudgeError(f"The judge in {folder} knows another table of things. {TRAIN_ANEW} --only things")
    fill(reader, weights, folder / FILE)
    return reader.eval().requires_grad_(False)
