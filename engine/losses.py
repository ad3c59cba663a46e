"""What the loop descends: CLIP's distance to the prompts, and what keeps z tame (001 §2.2, §2.4, §2.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor


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


Schedule = Callable[[float, int, int], float]


def _paper(weight: float, iteration: int, iterations: int) -> float:
    """The paper's "decay by 0.005", read as per iteration: 1.5 reaches 0 after 300 of 400."""
    return max(0.0, weight - 0.005 * (iteration - 1))


def _linear(weight: float, iteration: int, iterations: int) -> float:
    """From ``weight`` at the first iteration to 0 after the last."""
    return weight * (1 - (iteration - 1) / iterations)


SCHEDULES: Mapping[str, Schedule] = {
    "none": lambda weight, iteration, iterations: 0.0,
    "constant": lambda weight, iteration, iterations: weight,
    "linear": _linear,
    "paper": _paper,
}


def latent_penalty(z: Tensor, rest: Tensor | None) -> Tensor:
    """Mean of z² (001 §2.4), or of (z − rest)² where there is a better place to rest than the origin."""
    return (z if rest is None else z - rest).square().mean()


def strength_weight(strength: float) -> float:
    """Weight (1 − s) / s of the pull towards the input's latent: none at 1, without bound towards 0."""
    return (1 - strength) / max(strength, 1e-6)
