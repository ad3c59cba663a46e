"""What a run is guided towards: prompts, image prompts and noise prompts as embeddings (001 §2.2, §2.5, G.1).

All three become rows of one matrix per perceptor, so that the loss need not know which is which.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

from engine import pictures
from engine.bundles.bundles import Bundle
from engine.messages import Phase, Prompt, PromptError, Spec, SpecError, parse_story
from engine.method import cutouts, losses
from engine.models.clip import CLIP, PromptTooLongError

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The targets of one phase: per perceptor unit vectors (m, d), and their weights and stops, (m,).

    The phase ends after iteration ``until``. ``sentence`` (1, d) is what a learned start reads, None where the bundle
    has none.
    """

    embeddings: tuple[Tensor, ...]
    weights: Tensor
    stops: Tensor
    until: int
    sentence: Tensor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Targets before the phases: ``embeddings`` per perceptor, (m, d), with weights and stops, (m,)."""

    embeddings: list[Tensor]
    weights: Tensor
    stops: Tensor

    def __add__(self, other: _Rows) -> _Rows:
        return _Rows(
            embeddings=[torch.cat(pair) for pair in zip(self.embeddings, other.embeddings, strict=True)],
            weights=torch.cat([self.weights, other.weights]),
            stops=torch.cat([self.stops, other.stops]),
        )


@torch.no_grad()
def of(
    spec: Spec,
    bundle: Bundle,
    settings: cutouts.CutoutSettings,
    image_prompts: Sequence[bytes] = (),
    read: Sequence[Phase] | None = None,
) -> tuple[Targets, ...]:
    """The targets of each phase of ``spec``'s story; image and noise prompts hold in all of them.

    ``read`` is the story in other words, those of :mod:`engine.bundles.completion`.

    Raises :class:`engine.messages.SpecError`, :class:`engine.messages.PromptError`,
    :class:`engine.models.clip.PromptTooLongError`, and :class:`ValueError` for an image prompt that is no picture.
    """
    if spec.image_weights and len(spec.image_weights) != len(image_prompts):
        raise SpecError(
            f"image_weights has {len(spec.image_weights)} weights for {len(image_prompts)} image prompts; "
            "it must be empty, or one number for each."
        )
    lasting = [_noise(seed, weight, bundle) for seed, weight in _weighed(spec.noise_seeds, spec.noise_weights)]
    drawn = torch.Generator().manual_seed(spec.seed)
    for image, weight in _weighed(image_prompts, spec.image_weights):
        lasting.append(_image(image, weight, spec, bundle, settings, drawn))
    asked = parse_story(spec.prompt, alone=not lasting)
    story = read or asked
    if len(story) > spec.horizon:
        raise SpecError(
            f"iterations is {spec.horizon}; it must be at least {len(story)}, one for each phase of the story."
        )
    ends = _ends([phase.length for phase in story], spec.horizon)
    return tuple(_phase(phase, until, lasting, spec, bundle) for phase, until in zip(story, ends, strict=True))


@torch.no_grad()
def keeping(story: Sequence[Targets], given: Tensor, weight: float, bundle: Bundle) -> tuple[Targets, ...]:
    """The phases, in which every cutout is also compared with all of ``given`` (1, 3, H, W) itself (001 G.2)."""
    rows = _alike([whole(perceptor, given) for perceptor in bundle.perceptors], weight)

    def kept(phase: Targets) -> Targets:
        return dataclasses.replace(
            phase,
            embeddings=tuple(torch.cat(pair) for pair in zip(phase.embeddings, rows.embeddings, strict=True)),
            weights=torch.cat([phase.weights, rows.weights]),
            stops=torch.cat([phase.stops, rows.stops]),
        )

    return tuple(kept(phase) for phase in story)


def whole(perceptor: CLIP, images: Tensor) -> Tensor:
    """The unit vectors (n, d) of all of each of ``images`` (n, 3, H, W), made square."""
    side = (perceptor.input_size, perceptor.input_size)
    return perceptor.embed_images(F.interpolate(images, side, mode="bilinear", antialias=True, align_corners=False))


def _weighed(things: Sequence[Thing], weights: Sequence[float]) -> list[tuple[Thing, float]]:
    return list(zip(things, weights or [1.0] * len(things), strict=True))


def _ends(lengths: Sequence[float], iterations: int) -> list[int]:
    """The last iteration of each phase: each has its share, rounded, and at least one."""
    ends, passed = list[int](), 0.0
    for done, length in enumerate(lengths, 1):
        passed += length
        share = round(iterations * passed / sum(lengths))
        earliest, latest = (ends[-1] if ends else 0) + 1, iterations - (len(lengths) - done)
        ends.append(min(max(share, earliest), latest))
    return ends


def _phase(phase: Phase, until: int, lasting: list[_Rows], spec: Spec, bundle: Bundle) -> Targets:
    rows = ([_texts(phase.prompts, bundle)] if phase.prompts else []) + lasting
    together = rows[0]
    for more in rows[1:]:
        together = together + more
    if not (together.weights > 0).any():
        raise PromptError("Nothing attracts: give at least one prompt, image prompt or noise prompt a weight above 0.")
    reduce = losses.REDUCTIONS[spec.reduction or bundle.entry.reduction]
    return Targets(
        embeddings=tuple(together.embeddings),
        weights=reduce(together.weights),
        stops=together.stops,
        until=until,
        sentence=None if bundle.start_network is None else _sentence(phase.prompts, together, bundle),
    )


def _texts(prompts: Sequence[Prompt], bundle: Bundle) -> _Rows:
    texts, device = [prompt.text for prompt in prompts], bundle.device
    return _Rows(
        embeddings=[_embedded(perceptor, tuple(texts)) for perceptor in bundle.perceptors],
        weights=torch.tensor([prompt.weight for prompt in prompts], device=device),
        stops=torch.tensor([prompt.stop for prompt in prompts], device=device),
    )


@lru_cache(maxsize=256)
def _embedded(perceptor: CLIP, texts: tuple[str, ...]) -> Tensor:
    """Unit vectors (len(texts), d), kept for the next job with the same words; by all of them, which rounds them alike.

    Raises :class:`engine.models.clip.PromptTooLongError`.
    """
    return perceptor.embed_text(texts)


def _noise(seed: int, weight: float, bundle: Bundle) -> _Rows:
    """A direction that only ``seed`` determines: a Gaussian vector per perceptor, on the unit sphere."""
    vectors = []
    for perceptor in bundle.perceptors:
        rng = torch.Generator().manual_seed(seed)
        vector = torch.randn(1, perceptor.embedding_size, generator=rng)
        vectors.append(torch.nn.functional.normalize(vector, dim=-1).to(bundle.device))
    return _alike(vectors, weight)


def _image(
    image: bytes,
    weight: float,
    spec: Spec,
    bundle: Bundle,
    settings: cutouts.CutoutSettings,
    rng: torch.Generator,
) -> _Rows:
    """One row for each of the picture's own cutouts, which share ``weight``."""
    picture = pictures.decode_within(image, spec.width * spec.height).to(bundle.device)
    drawn = cutouts.draw(settings, rng)
    seen = [cutouts.apply(picture, drawn, perceptor.input_size) for perceptor in bundle.perceptors]
    pairs = zip(bundle.perceptors, seen, strict=True)
    return _alike([perceptor.embed_images(cuts) for perceptor, cuts in pairs], weight)


def _alike(embeddings: list[Tensor], weight: float) -> _Rows:
    """Rows that share one prompt's ``weight`` and never stop."""
    rows = embeddings[0].new_ones(len(embeddings[0]))
    return _Rows(embeddings=embeddings, weights=rows * (weight / len(rows)), stops=rows * -torch.inf)


def _sentence(prompts: Sequence[Prompt], rows: _Rows, bundle: Bundle) -> Tensor:
    """The prompts that attract, read by the first perceptor as one sentence, the heaviest first.

    As many of them as it can read: each by itself fits. Where none is text, the mean of what else attracts.
    """
    ranked = sorted(prompts, key=lambda prompt: -prompt.weight)
    texts = [prompt.text for prompt in ranked if prompt.weight > 0]
    while texts:
        try:
            return _embedded(bundle.perceptors[0], (", ".join(texts),))
        except PromptTooLongError:
            texts.pop()
    mean = (rows.embeddings[0] * rows.weights.clamp(min=0)[:, None]).sum(0, keepdim=True)
    return torch.nn.functional.normalize(mean, dim=-1)
