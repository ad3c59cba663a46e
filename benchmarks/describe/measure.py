"""Real pictures of a list, described, and compared with what they show."""

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import torch
from PIL import Image

from benchmarks.alignment.prompts import PromptList, pictures
from benchmarks.judge.attributes import shown
from benchmarks.shares import Share, share
from engine.bundles.describer import Describer
from engine.messages import Description
from training.picturebook.draw import draw
from training.picturebook.picture import Picture
from training.picturebook.words import GROUND_WORDS, WEATHER_WORDS

ASKED: Final = ("thing", "colour", "background", "material", "ground", "weather", "style")
"""The kinds that both the phrasebook and the picture book have."""
_NAMED: Final[dict[str, Mapping[str, str]]] = {
    "ground": {words[0]: name for name, words in GROUND_WORDS.items()},
    "weather": {words[0]: name for name, words in WEATHER_WORDS.items()},
}
_UNSAID: Final = {"material": "solid", "style": "plain", "thing": ""}


@dataclass(slots=True)
class Figures:
    """``right`` has, for each kind, whether each answer was; ``cold`` is the first picture's time, in milliseconds."""

    cold: float = 0.0
    warm: list[float] = field(default_factory=list)
    right: dict[str, list[bool]] = field(default_factory=lambda: {kind: [] for kind in ASKED})
    whole: list[bool] = field(default_factory=list)

    def rows(self) -> Iterator[tuple[str, Share]]:
        """What was asked, and how often the answer was right."""
        yield from ((kind, share(answers)) for kind, answers in self.right.items() if answers)
        yield "all that is shown", share(self.whole)

    @property
    def median(self) -> float:
        """Of the warm times, in milliseconds."""
        return statistics.median(self.warm)

    @property
    def slowest(self) -> float:
        """The time, in milliseconds, that 95 of 100 warm ones stay below."""
        return sorted(self.warm)[int(0.95 * (len(self.warm) - 1))]


def measure(describer: Describer, which: PromptList, count: int, side: int, turned: bool = False) -> Figures:
    """Describe the first ``count`` pictures of a list, drawn with ``side`` pixels; ``turned``: their mirror images."""
    figures = Figures()
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
    """With the milliseconds that it took."""
    began = time.perf_counter()
    description = describer.describe(image)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return description, 1000 * (time.perf_counter() - began)


def judged(picture: Picture, description: Description) -> dict[str, bool]:
    """For each kind that can be seen in the picture, whether its best phrase is right.

    Of two things either counts, with its own colour; what is said by saying nothing is right when nothing is said.
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
    """The picture book's name of the best phrase; of a kind that was left unsaid, what that means."""
    found = next((one.phrases[0][0] for one in description.kinds if one.name == kind and one.phrases), None)
    if found is None:
        return _UNSAID.get(kind, "")
    return _NAMED.get(kind, {}).get(found, found)
