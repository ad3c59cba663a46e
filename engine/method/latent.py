"""The latent: what is optimised, how it becomes codes, and gradients for steps that have none (001 §2.1, §5.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from engine.models.vqgan import VQGAN


class Latent(Protocol):
    """A way to optimise which codes a picture is made of.

    ``p`` is the parameter, (n, ·, h, w). ``optimiser`` and ``learning_rate`` are what the method wants where nobody
    chose; a learning rate of None is the bundle's.
    """

    optimiser: str
    learning_rate: float | None

    def begin(self, z: Tensor, generator: VQGAN) -> Tensor:
        """The parameter whose picture is that of ``z`` (1, e, h, w)."""

    def undecided(self, height: int, width: int, generator: VQGAN, rng: torch.Generator) -> Tensor:
        """The parameter, (1, ·, height, width), that commits to no picture: the paper's start."""

    def draw(self, p: Tensor, rng: torch.Generator) -> Tensor | None:
        """The random numbers of one step of one run, on the CPU; :meth:`z_q` is given them on the device."""

    def z_q(self, p: Tensor, drawn: Tensor | None, generator: VQGAN) -> Tensor:
        """Codes (n, e, h, w) to decode, through which the gradient reaches ``p``."""

    def z(self, p: Tensor, generator: VQGAN) -> Tensor:
        """The continuous z (n, e, h, w) behind ``p``, differentiable."""

    def shown(self, p: Tensor, generator: VQGAN) -> Tensor:
        """Codes (n, e, h, w) of the picture to show."""

    def tame(self, p: Tensor, bounds: tuple[Tensor, Tensor]) -> None:
        """Keep ``p`` in range after a step, in place; ``bounds`` are the codes' least and greatest, (1, e, 1, 1)."""


class StraightThrough:
    """z itself, every cell replaced by its nearest code; the gradient passes straight through (001 §2.1)."""

    optimiser: str = "adam"
    learning_rate: float | None = None

    def begin(self, z: Tensor, generator: VQGAN) -> Tensor:
        return z.clone()

    def undecided(self, height: int, width: int, generator: VQGAN, rng: torch.Generator) -> Tensor:
        return random_codes(generator, height, width, rng)

    def draw(self, p: Tensor, rng: torch.Generator) -> Tensor | None:
        return None

    def z_q(self, p: Tensor, drawn: Tensor | None, generator: VQGAN) -> Tensor:
        return quantize(p, generator)

    def z(self, p: Tensor, generator: VQGAN) -> Tensor:
        return p

    def shown(self, p: Tensor, generator: VQGAN) -> Tensor:
        return quantize(p, generator)

    def tame(self, p: Tensor, bounds: tuple[Tensor, Tensor]) -> None:
        """Clamp to the codebook's range per channel."""
        p.copy_(p.maximum(bounds[0]).minimum(bounds[1]))


class CodebookSampling:
    """A logit for each code in each cell, (n, K, h, w): sampled one-hot forward, softmax backward (001 §5.1).

    Shown is the most likely code of each cell. The optimiser is the published notebook's.
    """

    optimiser: str = "adamw"
    learning_rate: float | None = 0.05

    def begin(self, z: Tensor, generator: VQGAN) -> Tensor:
        """Logits that fall with the distance to z: the nearest code is the likeliest.

        In units in which two codes are 1 apart on average, −log(K) · |z − c|²: where z is a code, it has about half
        of the probability and all the others the rest.
        """
        unit = 2 * z.shape[1] * codebook_scale(generator) ** 2
        cells = z.permute(0, 2, 3, 1)  # (1, h, w, e)
        squared = cells.square().sum(-1, keepdim=True) - 2 * cells @ generator.codebook.T
        squared = squared + generator.codebook.square().sum(1)  # (1, h, w, K)
        return (-math.log(len(generator.codebook)) / unit * squared).permute(0, 3, 1, 2).contiguous()

    def undecided(self, height: int, width: int, generator: VQGAN, rng: torch.Generator) -> Tensor:
        codes = generator.codebook
        return torch.randn(1, len(codes), height, width, generator=rng).to(codes.device)

    def draw(self, p: Tensor, rng: torch.Generator) -> Tensor | None:
        return torch.rand(1, 1, *p.shape[2:], generator=rng)

    def z_q(self, p: Tensor, drawn: Tensor | None, generator: VQGAN) -> Tensor:
        """The code at which the cumulative probability passes the number drawn for the cell."""
        assert drawn is not None
        probabilities = p.float().softmax(1)
        passed = probabilities.detach().cumsum(1) < drawn
        codes = passed.sum(1).clamp(max=p.shape[1] - 1)  # (n, h, w)
        expected = _mixed(probabilities, generator)
        return expected + (generator.look_up(codes) - expected).detach()

    def z(self, p: Tensor, generator: VQGAN) -> Tensor:
        """The expected code."""
        return _mixed(p.softmax(1), generator)

    def shown(self, p: Tensor, generator: VQGAN) -> Tensor:
        return generator.look_up(p.argmax(1))

    def tame(self, p: Tensor, bounds: tuple[Tensor, Tensor]) -> None:
        """Only the differences of logits count, and the softmax bounds their gradients."""


LATENTS: Mapping[str, Latent] = {"straight-through": StraightThrough(), "codebook": CodebookSampling()}
"""The ways to optimise, by name."""


def _mixed(probabilities: Tensor, generator: VQGAN) -> Tensor:
    """The codes (n, e, h, w) weighted by ``probabilities`` (n, K, h, w)."""
    return torch.einsum("nkhw,ke->nehw", probabilities, generator.codebook)


def quantize(z: Tensor, generator: VQGAN) -> Tensor:
    """z_q (n, e, h, w): every cell of ``z`` replaced by its nearest code; the gradient passes straight through."""
    z_q = generator.look_up(generator.nearest_codes(z.detach()))
    return z + (z_q - z).detach()


class _ClampWithGrad(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(0, 1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (x,), (grad,) = ctx.saved_tensors, grads
        # Keep a gradient outside the range only where a descent step would move x back inside.
        kept: Tensor = grad * (grad * (x - x.clamp(0, 1)) >= 0)
        return kept


def clamp_with_grad(x: Tensor) -> Tensor:
    """``x`` clamped to [0, 1], with the gradient kept where it pulls back into the range."""
    clamped: Tensor = _ClampWithGrad.apply(x)  # type: ignore[no-untyped-call]
    return clamped


def random_codes(generator: VQGAN, height: int, width: int, rng: torch.Generator) -> Tensor:
    """z (1, e, height, width) of one random code per cell: the paper's start of a picture from nothing."""
    codes = torch.randint(len(generator.codebook), (1, height, width), generator=rng)
    return generator.look_up(codes.to(generator.codebook.device)).clone()


def mean_code(generator: VQGAN, height: int, width: int) -> Tensor:
    """z (1, e, height, width) of the mean code everywhere: a start without texture."""
    return generator.codebook.mean(0).view(1, -1, 1, 1).expand(1, -1, height, width)


def add_noise(z: Tensor, level: float, generator: VQGAN, rng: torch.Generator) -> Tensor:
    """``z`` plus Gaussian noise of ``level`` codebook deviations, drawn on the CPU."""
    return z + level * codebook_scale(generator) * torch.randn(z.shape, generator=rng).to(z)


def codebook_scale(generator: VQGAN) -> float:
    """The standard deviation of the codes around their mean, over all channels: the unit of relative step sizes."""
    codes = generator.codebook.detach()
    return float((codes - codes.mean(0)).square().mean().sqrt())


STARTS = ("random", "mean", "learned")
"""Names of the ways to begin without an init image; :meth:`engine.run.run.Run` makes them."""
