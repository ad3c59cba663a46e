"""Run the published VQGAN-CLIP loop, never tuned, as the yardstick of speed (paper §2).

It computes in float32, one picture at a time, and reuses nothing between iterations: a one-hot product looks up the
codes, and pooled cutouts pass one augmentation of kornia after the other. The settings are the defaults of the most
used published script. It uses the published model classes and none of the engine's own code.
"""

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
    """The models and the embedded prompts."""

    decode: nn.Module  # codes (1, e, h, w) to a picture in [-1, 1]
    codebook: Tensor  # (K, e)
    perceptors: Sequence[nn.Module]
    sizes: Sequence[int]  # each perceptor's input size
    texts: Sequence[Tensor]  # the prompts for each perceptor, (m, d)


class _StraightThrough(torch.autograd.Function):
    """Return the value of one tensor with the gradient of another."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, source: Tensor) -> Tensor:
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor]:
        return None, grads[0]


class _Clamp(torch.autograd.Function):
    """Clamp to [0, 1]; keep a gradient outside only where it pulls inward."""

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
    """Return the nearest code of each cell of ``z`` (1, e, h, w), by a one-hot product with the codebook."""
    cells = z.movedim(1, 3)
    distances = cells.square().sum(-1, keepdim=True) + codebook.square().sum(1) - 2 * cells @ codebook.T
    one_hot = F.one_hot(distances.argmin(-1), len(codebook)).to(z.dtype)
    passed: Tensor = _StraightThrough.apply(one_hot @ codebook, cells)  # type: ignore[no-untyped-call]
    return passed.movedim(3, 1)


def augmentations() -> nn.Module:
    """Return the augmentations, each of which resamples the picture."""
    return nn.Sequential(
        K.RandomAffine(degrees=15, translate=(0.1, 0.1), shear=5, p=0.7, padding_mode="zeros", keepdim=True),
        K.RandomPerspective(0.7, p=0.7),
        K.ColorJitter(hue=0.1, saturation=0.1, brightness=0.1, contrast=0.1, p=0.7),
        K.RandomErasing((0.1, 0.4), (0.3, 1 / 0.3), same_on_batch=True, p=0.7),
    )


def cutouts(image: Tensor, count: int, size: int, augment: nn.Module) -> Tensor:
    """Cut (count, 3, size, size) from a picture: pooled anew each time, augmented, each with its own noise level."""
    pooled = [(F.adaptive_avg_pool2d(image, size) + F.adaptive_max_pool2d(image, size)) / 2 for _ in range(count)]
    batch: Tensor = augment(torch.cat(pooled))
    return batch + batch.new_empty(count, 1, 1, 1).uniform_(0, NOISE) * torch.randn_like(batch)


def distance(seen: Tensor, texts: Tensor) -> Tensor:
    """Return the mean of 2·arcsin²(|u − v| / 2) over all cutouts (n, d) and prompts (m, d)."""
    u, v = F.normalize(seen[:, None], dim=2), F.normalize(texts[None], dim=2)
    half_chord: Tensor = (u - v).norm(dim=2) / 2
    return 2 * half_chord.arcsin().square().mean()


class Plain:
    """One picture in progress, which begins at random codes of ``seed``."""

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
        """Return the picture, (1, 3, H, W) in [0, 1], with the gradient to ``z``."""
        decoded = self.models.decode(quantize(self.z, self.models.codebook))
        clamped: Tensor = _Clamp.apply((decoded + 1) / 2)  # type: ignore[no-untyped-call]
        return clamped

    def loss(self, image: Tensor) -> Tensor:
        """Return the mean distance to the texts of new cutouts of ``image`` (1, 3, H, W), over the perceptors."""
        losses = []
        for perceptor, size, texts in zip(self.models.perceptors, self.models.sizes, self.models.texts, strict=True):
            seen = perceptor((cutouts(image, self.count, size, self.augment) - self.mean) / self.std)
            losses.append(distance(seen, texts))
        return torch.stack(losses).mean()

    def step(self) -> float:
        """Make one iteration and return its loss."""
        self.optimiser.zero_grad(set_to_none=True)
        loss = self.loss(self.picture())
        loss.backward()
        self.optimiser.step()
        with torch.no_grad():
            self.z.copy_(self.z.maximum(self.low).minimum(self.high))
        return loss.item()
