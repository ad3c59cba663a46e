"""The best of several starts, by one look at the picture of each; the paper takes the first that comes (001 §2)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.bundles.bundles import Bundle
from engine.method import losses
from engine.method.latent import Latent
from engine.method.targets import Targets, whole

TOGETHER = 4
"""Starts that are looked at in one pass: without gradients they need less memory than one step does."""


@torch.no_grad()
def best(
    starts: Sequence[Tensor], method: Latent, bundle: Bundle, targets: Targets, perceptor_weights: Sequence[float]
) -> int:
    """Which of the parameters ``starts``, each (1, ·, h, w), has the picture that is nearest to ``targets``.

    By the loss of the run itself, of the whole picture without augmentations and without penalties.
    """
    if len(starts) == 1:
        return 0
    found: list[float] = []
    for i in range(0, len(starts), TOGETHER):
        shown = method.shown(torch.cat(list(starts[i : i + TOGETHER])), bundle.generator)
        images = bundle.generator.decode(shown).clamp(0, 1)
        found += _losses(images, bundle, targets, perceptor_weights).tolist()
    return min(range(len(found)), key=found.__getitem__)


def _losses(images: Tensor, bundle: Bundle, targets: Targets, perceptor_weights: Sequence[float]) -> Tensor:
    """The prompt loss of each of the pictures (n, 3, H, W) as a whole, (n,)."""
    total = images.new_zeros(len(images))
    for perceptor, texts, weight in zip(bundle.perceptors, targets.embeddings, perceptor_weights, strict=True):
        if weight:
            seen = whole(perceptor, images)
            each = [losses.prompt_loss(one[None], texts, targets.weights, targets.stops) for one in seen]
            total += weight * torch.stack(each)
    return total
