"""Read pictures: which caption fits a picture, and what it shows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.judge.attributes import VALUES
from benchmarks.judge.models import SIZE, STYLE_SIZE, Classifier, Ranker, StyleReader
from training.files import save_halves

FOLDER: Final = Path(__file__).parent
CLASSIFIER_FILE: Final = "classifier.safetensors"
STYLE_FILE: Final = "style.safetensors"
RANKER_FILE: Final = "ranker.safetensors"
TRAIN_ANEW: Final = "Train the judge anew: python -m benchmarks.judge train"


class JudgeError(ValueError):
    """The judge's weights are missing or do not fit this picture book; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """The three models, frozen. They read pictures (n, 3, h, w) in [0, 1] of any size."""

    classifier: Classifier
    style: StyleReader
    ranker: Ranker

    @torch.no_grad()
    def attributes(self, images: Tensor) -> Tensor:
        """Return the index in VALUES of the likeliest value of each attribute, (n, attributes)."""
        small, large = resized(images, SIZE).split(64), resized(images, STYLE_SIZE).split(64)
        return torch.cat([self._likeliest(*parts) for parts in zip(small, large, strict=True)])

    def _likeliest(self, small: Tensor, large: Tensor) -> Tensor:
        """Read the style by the product of both models, because each tells apart what the other cannot."""
        scores = self.classifier(small)
        scores["style"] = scores["style"].log_softmax(1) + self.style(large).log_softmax(1)
        return torch.stack([scores[name].argmax(1) for name in VALUES], dim=1)

    @torch.no_grad()
    def similarity(self, images: Tensor, texts: Sequence[str]) -> Tensor:
        """Return cosines (n, len(texts)); the greatest in a row is the picture's best text."""
        seen = torch.cat([self.ranker.image_vectors(part) for part in resized(images, SIZE).split(64)])
        return F.normalize(seen, dim=1) @ F.normalize(self.ranker.text_vectors(texts), dim=1).T


def resized(images: Tensor, size: int) -> Tensor:
    """Return pictures (n, 3, h, w) as squares of ``size`` pixels."""
    height, width = images.shape[-2:]
    if (height, width) == (size, size):
        return images
    if min(height, width) >= size:
        return F.interpolate(images, (size, size), mode="area")
    return F.interpolate(images, (size, size), mode="bilinear", align_corners=False, antialias=True)


def load(folder: Path = FOLDER) -> Judge:
    """Load the judge from ``folder``. Raises :class:`JudgeError`."""
    sizes = {name: len(values) for name, values in VALUES.items()}
    classifier, style = Classifier(sizes), StyleReader(sizes["style"])
    for model, file in ((classifier, CLASSIFIER_FILE), (style, STYLE_FILE)):
        said, weights = read_weights(folder / file)
        if said.get("values") != json.dumps(VALUES):
            raise JudgeError(f"The judge in {folder} knows another picture book. {TRAIN_ANEW}")
        fill(model, weights, folder / file)
    said, weights = read_weights(folder / RANKER_FILE)
    ranker = Ranker(json.loads(said.get("words", "[]")))
    fill(ranker, weights, folder / RANKER_FILE)
    judge = Judge(classifier=classifier, style=style, ranker=ranker)
    for part in (judge.classifier, judge.style, judge.ranker):
        part.eval().requires_grad_(False)
    return judge


def save(judge: Judge, folder: Path = FOLDER) -> None:
    """Write all models to ``folder``."""
    for model in (judge.classifier, judge.style, judge.ranker):
        save_model(model, folder)


def save_model(model: nn.Module, folder: Path = FOLDER) -> None:
    """Write one model to ``folder`` in half precision, with the words or values that it knows."""
    match model:
        case Classifier():
            save_halves(model.state_dict(), folder / CLASSIFIER_FILE, {"values": json.dumps(VALUES)})
        case StyleReader():
            save_halves(model.state_dict(), folder / STYLE_FILE, {"values": json.dumps(VALUES)})
        case Ranker():
            save_halves(model.state_dict(), folder / RANKER_FILE, {"words": json.dumps(model.words)})
        case _:
            raise AssertionError(f"{type(model).__name__} is no model of the judge")


def read_weights(path: Path) -> tuple[Mapping[str, str], dict[str, Tensor]]:
    """Return what a file says of its weights, and the weights. Raises :class:`JudgeError`."""
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}, {name: file.get_tensor(name).float() for name in file.keys()}
    except (OSError, SafetensorError) as error:
        raise JudgeError(f"The judge's weights {path} cannot be read ({error}). {TRAIN_ANEW}") from None


def fill(model: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    """Put the weights that ``path`` holds into the model. Raises :class:`JudgeError`."""
    try:
        model.load_state_dict(weights)
    except RuntimeError:
        raise JudgeError(f"{path} holds another network than this code builds. {TRAIN_ANEW}") from None
