"""Targets: the prompts, image prompts and noise prompts of a run as embeddings (paper §2.2, §2.5, appendix G.1).

All three become rows of one matrix per perceptor, so that the loss need not know which is which.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

from engine import pictures
from engine.messages import Phase, Prompt, PromptError, Spec, SpecError, parse_story
from engine.method import cutouts, losses
from engine.models.perceptor import Perceptor, PromptTooLongError

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The targets of one phase of a story."""

    embeddings: tuple[Tensor, ...]  # per perceptor, unit vectors (m, d)
    weights: Tensor  # (m,)
    stops: Tensor  # (m,)
    until: int = 0  # the phase's last iteration
    sentence: Tensor | None = None  # what a learned start reads, (1, d)

    def __add__(self, more: Targets) -> Targets:
        return dataclasses.replace(
            self,
            embeddings=tuple(torch.cat(pair) for pair in zip(self.embeddings, more.embeddings, strict=True)),
            weights=torch.cat([self.weights, more.weights]),
            stops=torch.cat([self.stops, more.stops]),
        )


@torch.no_grad()
def of(
    spec: Spec,
    perceptors: Sequence[Perceptor],
    settings: cutouts.CutoutSettings,
    image_prompts: Sequence[bytes] = (),
    read: Sequence[Phase] | None = None,
    *,
    reduction: str,
    sentence: bool,
) -> tuple[Targets, ...]:
    """Return the targets of each phase of ``spec``'s story; image and noise prompts hold in all of them.

    ``read`` is the story in other words, those of :mod:`engine.bundles.completion`. ``reduction`` is a name of
    :data:`engine.method.losses.REDUCTIONS`. ``sentence`` asks for a learned start's sentence.

    Raises :class:`engine.messages.SpecError`, :class:`engine.messages.PromptError`,
    :class:`engine.models.perceptor.PromptTooLongError`, and :class:`ValueError` for an image prompt that is no picture.
    """
    if spec.image_weights and len(spec.image_weights) != len(image_prompts):
        raise SpecError(
            f"image_weights has {len(spec.image_weights)} weights for {len(image_prompts)} image prompts; "
            "it must be empty, or one number for each."
        )
    lasting = [_noise(seed, weight, perceptors) for seed, weight in _weighed(spec.noise_seeds, spec.noise_weights)]
    drawn = torch.Generator().manual_seed(spec.seed)
    for image, weight in _weighed(image_prompts, spec.image_weights):
        lasting.append(_image(image, weight, spec, perceptors, settings, drawn))
    asked = parse_story(spec.prompt, alone=not lasting)
    story = read or asked
    if len(story) > spec.horizon:
        raise SpecError(
            f"iterations is {spec.horizon}; it must be at least {len(story)}, one for each phase of the story."
        )
    ends = _ends([phase.length for phase in story], spec.horizon)
    reduce = losses.REDUCTIONS[reduction]
    return tuple(
        _phase(phase, until, lasting, perceptors, reduce, sentence) for phase, until in zip(story, ends, strict=True)
    )


@torch.no_grad()
def keeping(
    story: Sequence[Targets], given: Tensor, weight: float, perceptors: Sequence[Perceptor]
) -> tuple[Targets, ...]:
    """Return the phases with all of ``given`` (1, 3, H, W) as one more target (paper appendix G.2)."""
    rows = _alike([whole(perceptor, given) for perceptor in perceptors], weight)
    return tuple(phase + rows for phase in story)


def whole(perceptor: Perceptor, images: Tensor) -> Tensor:
    """Return the unit vectors (n, d) of ``images`` (n, 3, H, W), each made square as a whole."""
    side = (perceptor.input_size, perceptor.input_size)
    return perceptor.embed_images(F.interpolate(images, side, mode="bilinear", antialias=True, align_corners=False))


def _weighed(things: Sequence[Thing], weights: Sequence[float]) -> list[tuple[Thing, float]]:
    return list(zip(things, weights or [1.0] * len(things), strict=True))


def _ends(lengths: Sequence[float], iterations: int) -> list[int]:
    """Return the last iteration of each phase; each phase has its share, rounded, and at least one."""
    ends, passed = list[int](), 0.0
    for done, length in enumerate(lengths, 1):
        passed += length
        share = round(iterations * passed / sum(lengths))
        earliest, latest = (ends[-1] if ends else 0) + 1, iterations - (len(lengths) - done)
        ends.append(min(max(share, earliest), latest))
    return ends


def _phase(
    phase: Phase,
    until: int,
    lasting: list[Targets],
    perceptors: Sequence[Perceptor],
    reduce: Callable[[Tensor], Tensor],
    sentence: bool,
) -> Targets:
    rows = ([_texts(phase.prompts, perceptors)] if phase.prompts else []) + lasting
    together = functools.reduce(operator.add, rows)
    if not (together.weights > 0).any():
        raise PromptError("Nothing attracts: give at least one prompt, image prompt or noise prompt a weight above 0.")
    return dataclasses.replace(
        together,
        weights=reduce(together.weights),
        until=until,
        sentence=_sentence(phase.prompts, together, perceptors[0]) if sentence else None,
    )


def _texts(prompts: Sequence[Prompt], perceptors: Sequence[Perceptor]) -> Targets:
    texts, device = [prompt.text for prompt in prompts], perceptors[0].device
    return Targets(
        embeddings=tuple(_embedded(perceptor, tuple(texts)) for perceptor in perceptors),
        weights=torch.tensor([prompt.weight for prompt in prompts], device=device),
        stops=torch.tensor([prompt.stop for prompt in prompts], device=device),
    )


@lru_cache(maxsize=256)
def _embedded(perceptor: Perceptor, texts: tuple[str, ...]) -> Tensor:
    """Return unit vectors (len(texts), d), kept for the next job that has all the same texts.

    A text among others rounds otherwise, so they are kept together. Raises
    :class:`engine.models.perceptor.PromptTooLongError`.
    """
    return perceptor.embed_text(texts)


def _noise(seed: int, weight: float, perceptors: Sequence[Perceptor]) -> Targets:
    """Return a direction that only ``seed`` determines: per perceptor a Gaussian vector, made a unit vector."""
    vectors = []
    for perceptor in perceptors:
        rng = torch.Generator().manual_seed(seed)
        vector = torch.randn(1, perceptor.embedding_size, generator=rng)
        vectors.append(torch.nn.functional.normalize(vector, dim=-1).to(perceptor.device))
    return _alike(vectors, weight)


def _image(
    image: bytes,
    weight: float,
    spec: Spec,
    perceptors: Sequence[Perceptor],
    settings: cutouts.CutoutSettings,
    rng: torch.Generator,
) -> Targets:
    """Return one row for each of the picture's own cutouts, which share ``weight``."""
    picture = pictures.decode_within(image, spec.width * spec.height).to(perceptors[0].device)
    drawn = cutouts.draw(settings, rng)
    seen = [cutouts.apply(picture, drawn, perceptor.input_size) for perceptor in perceptors]
    pairs = zip(perceptors, seen, strict=True)
    return _alike([perceptor.embed_images(cuts) for perceptor, cuts in pairs], weight)


def _alike(embeddings: list[Tensor], weight: float) -> Targets:
    """Return rows that share one prompt's ``weight`` and never stop."""
    rows = embeddings[0].new_ones(len(embeddings[0]))
    return Targets(embeddings=tuple(embeddings), weights=rows * (weight / len(rows)), stops=rows * -torch.inf)


def _sentence(prompts: Sequence[Prompt], rows: Targets, perceptor: Perceptor) -> Tensor:
    """Embed the prompts that attract as one sentence (1, d), the heaviest first.

    The last ones are left out if the sentence is too long. If no text attracts, return the mean of what else does.
    """
    ranked = sorted(prompts, key=lambda prompt: -prompt.weight)
    texts = [prompt.text for prompt in ranked if prompt.weight > 0]
    while texts:
        try:
            return _embedded(perceptor, (", ".join(texts),))
        except PromptTooLongError:
            texts.pop()
    mean = (rows.embeddings[0] * rows.weights.clamp(min=0)[:, None]).sum(0, keepdim=True)
    return torch.nn.functional.normalize(mean, dim=-1)
