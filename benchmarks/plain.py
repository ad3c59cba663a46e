"""The yardstick: the published VQGAN-CLIP loop, alone in its file and never tuned, for speed to be compared with.

All in float32, one picture at a time: a one-hot product looks up the codes, pooled cutouts of the whole picture pass
one augmentation of kornia after the other, and nothing is reused from one iteration to the next (001 §2; the settings
are those that the most used published script has by default). It shares the published model classes with the engine,
and none of the engine's own code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import kornia.augmentation as K
import torch
from torch import Tensor, nn
from torch.nn import functional as F

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
LEARNING_RATE = 0.1
NOISE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What the loop is given: ``decode`` makes pictures in [-1, 1] of codes (1, e, h, w), ``codebook`` is (K, e).

    ``perceptors`` embed pictures of their own input size, ``sizes``; ``texts`` (m, d) are what each is guided towards.
    """

    decode: nn.Module
    codebook: Tensor
    perceptors: Sequence[nn.Module]
    sizes: Sequence[int]
    texts: Sequence[Tensor]


class _StraightThrough(torch.autograd.Function):
    """The forward value of one tensor with the gradient of another."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, source: Tensor) -> Tensor:
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor]:
        return None, grads[0]


class _Clamp(torch.autograd.Function):
    """To [0, 1]; a gradient outside is kept where it pulls inward."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(0, 1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (x,), (grad,) = ctx.saved_tensors, grads
        kept: Tensor = grad * (grad * (x - x.clamp(0, 1)) >= 0)
        return kept


def quantize(z: Tensor, codebook: Tensor) -> Tensor:
    """The nearest code in each cell of ``z`` (1, e, h, w), by a one-hot product with the whole codebook."""
    cells = z.movedim(1, 3)
    distances = cells.square().sum(-1, keepdim=True) + codebook.square().sum(1) - 2 * cells @ codebook.T
    one_hot = F.one_hot(distances.argmin(-1), len(codebook)).to(z.dtype)
    passed: Tensor = _StraightThrough.apply(one_hot @ codebook, cells)  # type: ignore[no-untyped-call]
    return passed.movedim(3, 1)


def augmentations() -> nn.Module:
    """One after the other, each resampling the picture."""
    return nn.Sequential(
        K.RandomAffine(degrees=15, translate=(0.1, 0.1), shear=5, p=0.7, padding_mode="zeros", keepdim=True),
        K.RandomPerspective(0.7, p=0.7),
        K.ColorJitter(hue=0.1, saturation=0.1, brightness=0.1, contrast=0.1, p=0.7),
        K.RandomErasing((0.1, 0.4), (0.3, 1 / 0.3), same_on_batch=True, p=0.7),
    )


def cutouts(image: Tensor, count: int, size: int, augment: nn.Module) -> Tensor:
    """(count, 3, size, size) of one picture: pooled anew for each, augmented, and noised by a level of its own."""
    pooled = [(F.adaptive_avg_pool2d(image, size) + F.adaptive_max_pool2d(image, size)) / 2 for _ in range(count)]
    batch: Tensor = augment(torch.cat(pooled))
    return batch + batch.new_empty(count, 1, 1, 1).uniform_(0, NOISE) * torch.randn_like(batch)


def distance(seen: Tensor, texts: Tensor) -> Tensor:
    """2·arcsin²(|u − v| / 2) of every cutout (n, d) and every prompt (m, d), averaged."""
    u, v = F.normalize(seen[:, None], dim=2), F.normalize(texts[None], dim=2)
    half_chord: Tensor = (u - v).norm(dim=2) / 2
    return 2 * half_chord.arcsin().square().mean()


class Plain:
    """One picture under way; :meth:`step` is one iteration. ``z`` begins at random codes of ``seed``."""

    def __init__(self, models: Models, width: int, height: int, f: int, cutouts: int, seed: int) -> None:
        torch.manual_seed(seed)
        self.models, self.count = models, cutouts
        drawn = torch.randint(len(models.codebook), (1, height // f, width // f)).to(models.codebook.device)
        one_hot = F.one_hot(drawn, len(models.codebook)).to(models.codebook.dtype)
        self.z = (one_hot @ models.codebook).movedim(3, 1).contiguous().requires_grad_()
        self.low, self.high = (bound.view(1, -1, 1, 1) for bound in (models.codebook.amin(0), models.codebook.amax(0)))
        self.optimiser = torch.optim.Adam([self.z], lr=LEARNING_RATE)
        self.augment = augmentations()
        self.mean, self.std = (torch.tensor(value).view(1, 3, 1, 1).to(self.z) for value in (MEAN, STD))

    def picture(self) -> Tensor:
        """(1, 3, H, W) in [0, 1], with the gradient to ``z``."""
        decoded = self.models.decode(quantize(self.z, self.models.codebook))
        clamped: Tensor = _Clamp.apply((decoded + 1) / 2)  # type: ignore[no-untyped-call]
        return clamped

    def loss(self, image: Tensor) -> Tensor:
        """The distance to the texts, averaged over the perceptors, by new cutouts of ``image`` (1, 3, H, W)."""
        losses = []
        for perceptor, size, texts in zip(self.models.perceptors, self.models.sizes, self.models.texts, strict=True):
            seen = perceptor((cutouts(image, self.count, size, self.augment) - self.mean) / self.std)
            losses.append(distance(seen, texts))
        return torch.stack(losses).mean()

    def step(self) -> float:
        """One iteration; returns its loss."""
        self.optimiser.zero_grad(set_to_none=True)
        loss = self.loss(self.picture())
        loss.backward()
        self.optimiser.step()
        with torch.no_grad():
            self.z.copy_(self.z.maximum(self.low).minimum(self.high))
        return loss.item()
