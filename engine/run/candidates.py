"""Choose the best of several starts by one look at each picture; the paper takes the first start (paper §2)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.bundles.bundles import Models
from engine.method import losses
from engine.method.latent import Latent
from engine.method.targets import Targets, whole
from engine.models.perceptor import Perceptor

TOGETHER = 4  # starts in one pass: without gradients they need less memory than a step


@torch.no_grad()
def best(
    starts: Sequence[Tensor], method: Latent, models: Models, targets: Targets, perceptor_weights: Sequence[float]
) -> int:
    """Return the index of the start, each (1, ·, h, w), whose picture is nearest to ``targets``.

    The distance is the run's prompt loss of the whole picture, without augmentations.
    """
    if len(starts) == 1:
        return 0
    found: list[float] = []
    generator, perceptors = models
    for i in range(0, len(starts), TOGETHER):
        shown = method.shown(torch.cat(list(starts[i : i + TOGETHER])), generator)
        images = generator.decode(shown).clamp(0, 1)
        found += _losses(images, perceptors, targets, perceptor_weights).tolist()
    return min(range(len(found)), key=found.__getitem__)


def _losses(
    images: Tensor, perceptors: Sequence[Perceptor], targets: Targets, perceptor_weights: Sequence[float]
) -> Tensor:
    """Return the prompt loss of each of ``images`` (n, 3, H, W), (n,)."""
    total = images.new_zeros(len(images))
    for perceptor, texts, weight in zip(perceptors, targets.embeddings, perceptor_weights, strict=True):
        if weight:
            seen = whole(perceptor, images)
            each = [losses.prompt_loss(one[None], texts, targets.weights, targets.stops) for one in seen]
            total += weight * torch.stack(each)
    return total
