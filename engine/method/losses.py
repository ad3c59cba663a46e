"""What the loop descends: CLIP's distance to the prompts, and what keeps z tame (001 §2.2, §2.4, §2.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


def spherical_distance(u: Tensor, v: Tensor) -> Tensor:
    """Squared great-circle distance 2·arcsin²(|u − v| / 2) of unit vectors along the last axis, in [0, π²/2]."""
    half_chord: Tensor = (u - v).norm(dim=-1) / 2
    return 2 * half_chord.arcsin().square()


def prompt_loss(cutouts: Tensor, texts: Tensor, weights: Tensor, stops: Tensor) -> Tensor:
    """Σ over prompts of |w| · mean over cutouts of sign(w) · distance (001 §2.5: prompts are added).

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
"""How the prompts' losses become one: added as they are (001 §2.5), or averaged by their weights (001 G.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a loss term may look at: z (1, e, h, w), where it rests (None: the origin), the picture (1, 3, H, W).

    ``variance`` is the codes' variance around their mean, the unit of squared distances in z. ``refined`` is what an
    upscale refines, (1, 3, h', w') in its own size, else None.
    """

    z: Tensor
    rest: Tensor | None
    picture: Tensor
    variance: float
    refined: Tensor | None = None


def _l2(seen: Seen) -> Tensor:
    """Mean of z² (001 §2.4); where there is a better place to rest than the origin, of (z − rest)² / σ²."""
    if seen.rest is None:
        return seen.z.square().mean()
    return (seen.z - seen.rest).square().mean() / seen.variance


def total_variation(x: Tensor) -> Tensor:
    """Mean squared difference of neighbours along the last axis plus that along the one before."""
    return x.diff(dim=-1).square().mean() + x.diff(dim=-2).square().mean()


def _fidelity(seen: Seen) -> Tensor:
    """Mean squared difference to what is refined, looked at in its size; 0 where nothing is."""
    if seen.refined is None:
        return seen.picture.new_zeros(())
    reduced = functional.interpolate(seen.picture, seen.refined.shape[2:], mode="area")
    return functional.mse_loss(reduced, seen.refined)


TERMS: Mapping[str, Callable[[Seen], Tensor]] = {
    "l2": _l2,
    "pull": _l2,
    "tv-z": lambda seen: total_variation(seen.z) / seen.variance,
    "tv-picture": lambda seen: total_variation(seen.picture),
    "fidelity": _fidelity,
}
"""The terms beside the prompts, each weighted by its own schedule.

``l2`` is the paper's regulariser. ``pull`` is that of an edit towards its input, which the strength weights too.
``fidelity`` keeps an upscale the picture that it was.
"""


def strength_weight(strength: float) -> float:
    """Weight (1 − s) / s of the pull towards the input's latent: none at 1, without bound towards 0."""
    return (1 - strength) / max(strength, 1e-6)


def shares(weights: Sequence[float], count: int) -> list[float]:
    """The perceptors' weights as parts of 1; equal where none are given."""
    return [weight / sum(weights) for weight in weights] if weights else [1 / count] * count
