"""Losses: the distance to the prompts, and the terms that keep z tame (paper §2.2, §2.4, §2.5)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


def spherical_distance(u: Tensor, v: Tensor) -> Tensor:
    """Return the squared great-circle distance 2·arcsin²(|u − v| / 2) of unit vectors, in [0, π²/2]."""
    half_chord: Tensor = (u - v).norm(dim=-1) / 2
    return 2 * half_chord.arcsin().square()


def prompt_loss(cutouts: Tensor, texts: Tensor, weights: Tensor, stops: Tensor) -> Tensor:
    """Return Σ over prompts of |w| · mean over cutouts of sign(w) · distance (paper §2.5: prompts are added).

    ``cutouts`` (n, d) and ``texts`` (p, d) are unit vectors, ``weights`` and ``stops`` (p,). A distance below
    its stop keeps its value and loses its gradient.
    """
    signed = spherical_distance(cutouts[:, None], texts[None]) * weights.sign()  # (n, p)
    pulling = torch.where(signed > stops, signed, signed.detach())
    return (pulling.mean(0) * weights.abs()).sum()


REDUCTIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "sum": lambda weights: weights,
    "mean": lambda weights: weights / weights.abs().sum().clamp(min=1e-12),
}
"""How the prompts' losses become one: added as they are (paper §2.5), or averaged (paper appendix G.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermInput:
    """Hold what a loss term may look at."""

    z: Tensor  # (1, e, h, w)
    rest: Tensor | None  # where z rests, None for the origin
    picture: Tensor  # (1, 3, H, W)
    variance: float  # of z around its mean: the unit of squared distances in z
    refined: Tensor | None = None  # the picture that an upscale refines, (1, 3, h', w')


def _l2(seen: TermInput) -> Tensor:
    """Return the mean of z² (paper §2.4), or of (z − rest)² / σ² if z rests elsewhere than at the origin."""
    if seen.rest is None:
        return seen.z.square().mean()
    return (seen.z - seen.rest).square().mean() / seen.variance


def total_variation(x: Tensor) -> Tensor:
    """Return the mean squared difference of horizontal neighbours plus that of vertical ones."""
    return x.diff(dim=-1).square().mean() + x.diff(dim=-2).square().mean()


def _fidelity(seen: TermInput) -> Tensor:
    """Return the mean squared difference to the refined picture at its size; 0 if there is none."""
    if seen.refined is None:
        return seen.picture.new_zeros(())
    reduced = functional.interpolate(seen.picture, seen.refined.shape[2:], mode="area")
    return functional.mse_loss(reduced, seen.refined)


TERMS: Mapping[str, Callable[[TermInput], Tensor]] = {
    "l2": _l2,
    "pull": _l2,
    "tv-z": lambda seen: total_variation(seen.z) / seen.variance,
    "tv-picture": lambda seen: total_variation(seen.picture),
    "fidelity": _fidelity,
}
"""The terms beside the prompts, each weighted by its own schedule.

``l2`` is the paper's regulariser. ``pull`` is the same for an edit towards its input, weighted by the strength too.
``fidelity`` keeps an upscale near its input.
"""


def strength_weight(strength: float) -> float:
    """Return the weight (1 − s) / s of the pull towards the input: none at 1, without bound towards 0."""
    return (1 - strength) / max(strength, 1e-6)


def shares(weights: Sequence[float], count: int) -> list[float]:
    """Return the perceptors' weights as parts of 1; equal parts if none are given."""
    return [weight / sum(weights) for weight in weights] if weights else [1 / count] * count
