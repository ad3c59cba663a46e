"""Train the judge on the picture book's training pages, with its own batches and seeds."""

import random
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.judge.attributes import NO_ANSWER, VALUES, answers
from benchmarks.judge.augment import SLIGHT, augment
from benchmarks.judge.models import EMBEDDING, Classifier, Heads, Ranker, StyleReader, split
from training.models.clip import contrast
from training.models.loop import Training, autocast, follow
from training.picturebook.captions import caption, full_caption
from training.pictures.corpus import PictureBook
from training.pictures.pages import TRAINING_SEED, Pixels, family, to_tensor

SIZES: Final = {name: len(values) for name, values in VALUES.items()}
CLASSIFIER_SEED: Final = 500_000
RANKER_SEED: Final = 900_000
STYLE_SEED: Final = 1_300_000
STYLE: Final = list(VALUES).index("style")


def vocabulary(families: int = 4000) -> tuple[str, ...]:
    """Return every word of the captions, sorted."""
    rng = random.Random(0)
    pictures = [picture for seed in range(families) for picture in family(TRAINING_SEED + seed)]
    texts = (text for picture in pictures for text in (caption(picture, rng).text, full_caption(picture)))
    return tuple(sorted({word for text in texts for word in split(text)}))


def attribute_loss(scores: Mapping[str, Tensor], wanted: Tensor) -> Tensor:
    """Return the mean cross-entropy of the attributes where ``wanted`` (n, attributes) is not NO_ANSWER."""
    asked = [(name, wanted[:, column]) for column, name in enumerate(VALUES)]
    losses = [
        F.cross_entropy(scores[name], target, ignore_index=NO_ANSWER)
        for name, target in asked
        if (target != NO_ANSWER).any()
    ]
    return torch.stack(losses).mean()


def right(scores: Mapping[str, Tensor], wanted: Tensor) -> float:
    """Return the share of right answers."""
    found = torch.stack([scores[name].argmax(1) for name in VALUES], dim=1)
    asked = wanted != NO_ANSWER
    return (found == wanted)[asked].float().mean().item()


class JudgeTraining(Training):
    """A model of the judge with its optimiser. The moving average of its weights is shipped."""

    parts = ("model", "aid", "optimiser")
    most = 5.0
    rate = 3e-3
    warp = 1.0
    every_pair = False  # whether the pages show pairs that the guides must not see in training

    def __init__(self, model: nn.Module, aid: nn.Module, pages: Pixels, *, seed: int, batch: int) -> None:
        self.model, self.aid, self.book = model, aid, PictureBook(pages, every_pair=self.every_pair)
        self.seed, self.batch = seed, batch
        self.average = {name: weight.clone() for name, weight in model.state_dict().items()}
        parameters = [*model.parameters(), *aid.parameters()]
        self.optimiser = torch.optim.AdamW(parameters, lr=self.rate, betas=(0.9, 0.98), weight_decay=0.05)

    @abstractmethod
    def loss(self, images: Tensor, rows: Sequence[int], rng: random.Random) -> tuple[Tensor, float]:
        """Return the loss of augmented pictures of the book's `rows`, and the share of right answers."""

    def step(self, number: int, progress: float) -> dict[str, float]:
        rng = random.Random(self.seed + number)
        rows = self.rows(rng)
        images = augment(
            to_tensor(self.book.pixels[rows]), torch.Generator().manual_seed(self.seed + number), self.warp
        )
        loss, share = self.loss(images, rows, rng)
        self.descend(loss, progress)
        follow(self.average, self.model, min(0.99, number / (number + 20)))
        return {"loss": loss.item(), "right": share}

    def rows(self, rng: random.Random) -> list[int]:
        """Draw the rows of a batch."""
        return rng.sample(range(len(self.book.pixels)), self.batch)

    def state(self) -> dict[str, Any]:
        return {**super().state(), "average": self.average}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self.average = dict(state["average"])


class ClassifierTraining(JudgeTraining):
    """Train the classifier by the cross-entropy of every attribute that a picture shows."""

    model: Classifier
    every_pair = True

    def __init__(self, pages: Pixels, *, batch: int = 128) -> None:
        torch.manual_seed(CLASSIFIER_SEED)
        super().__init__(Classifier(SIZES), nn.Identity(), pages, seed=CLASSIFIER_SEED, batch=batch)

    def loss(self, images: Tensor, rows: Sequence[int], rng: random.Random) -> tuple[Tensor, float]:
        wanted = torch.tensor([answers(self.book.picture(row)) for row in rows])
        with autocast():
            scores = self.model(images)
        return attribute_loss(scores, wanted), right(scores, wanted)


class StyleTraining(JudgeTraining):
    """Train the style reader by the cross-entropy of the style; about every second picture is plain."""

    model: StyleReader
    warp = SLIGHT

    def __init__(self, pages: Pixels, *, batch: int = 64) -> None:
        torch.manual_seed(STYLE_SEED)
        super().__init__(StyleReader(SIZES["style"]), nn.Identity(), pages, seed=STYLE_SEED, batch=batch)

    def rows(self, rng: random.Random) -> list[int]:
        found: list[int] = []
        while len(found) < self.batch:
            row = rng.randrange(len(self.book.pixels))
            if self.book.picture(row).style != "plain" or rng.random() < 0.5:
                found.append(row)
        return found

    def loss(self, images: Tensor, rows: Sequence[int], rng: random.Random) -> tuple[Tensor, float]:
        wanted = torch.tensor([answers(self.book.picture(row)) for row in rows])[:, STYLE]
        with autocast():
            scores = self.model(images).float()
        return F.cross_entropy(scores, wanted), (scores.argmax(1) == wanted).float().mean().item()


class RankerTraining(JudgeTraining):
    """Train the ranking CLIP by the contrastive loss on short and on full captions.

    Heads read the attributes from picture and text vectors alike, which teaches both towers much sooner what to look
    for. They are dropped afterwards.
    """

    model: Ranker

    def __init__(self, pages: Pixels, words: Sequence[str], *, batch: int = 128) -> None:
        torch.manual_seed(RANKER_SEED)
        model, heads = Ranker(words), Heads(EMBEDDING, SIZES)
        super().__init__(model, heads, pages, seed=RANKER_SEED, batch=batch)

    def loss(self, images: Tensor, rows: Sequence[int], rng: random.Random) -> tuple[Tensor, float]:
        pictures = [self.book.picture(row) for row in rows]
        wanted = torch.tensor([answers(picture) for picture in pictures])
        same = (wanted[None] == wanted[:, None]).all(-1)
        short, full = self.book.describe(rows, rng), [full_caption(picture) for picture in pictures]
        with autocast():
            seen = self.model.image_vectors(images)
        brief, whole = self.model.text_vectors(short.texts + full).chunk(2)
        unit, brief_unit, whole_unit = (F.normalize(vectors, dim=1) for vectors in (seen, brief, whole))
        scale = self.model.scale.exp().clamp(max=100)
        loss = contrast(unit, brief_unit, scale, short.true) + contrast(unit, whole_unit, scale, same)
        for vectors, told in ((seen, wanted), (whole, wanted), (brief, _stated(short.stated, wanted))):
            loss = loss + attribute_loss(self.aid(vectors), told)
        found = (unit @ whole_unit.T).argmax(1)
        return loss, same[torch.arange(len(same)), found].float().mean().item()


def averaged(training: JudgeTraining) -> nn.Module:
    """Return the trained model with its averaged weights, in evaluation mode."""
    training.model.load_state_dict(training.average)
    return training.model.eval()


def _stated(stated: Tensor, wanted: Tensor) -> Tensor:
    """Return ``wanted`` where a caption states it, else NO_ANSWER; ``stated`` has no column for a second material."""
    material = stated[:, [list(VALUES).index("material")]]
    return torch.where(torch.cat([stated, material], dim=1) == NO_ANSWER, NO_ANSWER, wanted)
