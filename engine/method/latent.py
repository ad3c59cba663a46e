"""The latent: what is optimised, how it becomes codes, and gradients for steps that have none (paper §2.1, §5.1)."""

import math
from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.models.generator import Codes, Generator

STARTS = ("random", "mean", "learned")  # ways to begin without an init image, see engine.run.begin


class Latent:
    """Hold what is optimised, the parameter p (n, ·, h, w): here z itself. Subclasses optimise something else.

    Every cell of z is replaced by its nearest code, and the gradient passes straight through (paper §2.1).
    """

    optimiser: str = "adam"  # unless a bundle or a spec chooses another
    learning_rate: float | None = None  # None takes the bundle's

    def begin(self, z: Tensor, generator: Generator) -> Tensor:
        """Return the parameter whose picture is that of ``z`` (1, e, h, w)."""
        return z.clone()

    def undecided(self, height: int, width: int, generator: Generator, rng: torch.Generator) -> Tensor:
        """Return the parameter (1, ·, height, width) that commits to no picture: the paper's start."""
        return generator.undecided(height, width, rng)

    def draw(self, p: Tensor, rng: torch.Generator) -> Tensor | None:
        """Return the random numbers of one step of one run, on the CPU; :meth:`z_q` gets them on the device."""
        return None

    def z_q(self, p: Tensor, drawn: Tensor | None, generator: Generator) -> Tensor:
        """Return the codes (n, e, h, w) to decode, through which the gradient reaches ``p``."""
        return quantize(p, generator)

    def z(self, p: Tensor, generator: Generator) -> Tensor:
        """Return the continuous z (n, e, h, w) behind ``p``, differentiable."""
        return p

    def shown(self, p: Tensor, generator: Generator) -> Tensor:
        """Return the codes (n, e, h, w) of the picture to show."""
        return quantize(p, generator)

    def tame(self, p: Tensor, bounds: tuple[Tensor, Tensor]) -> None:
        """Keep ``p`` in range after a step, in place; ``bounds`` are those of z, both (1, e, 1, 1)."""
        p.copy_(p.maximum(bounds[0]).minimum(bounds[1]))

    def logits(self, generator: Generator) -> int:
        """Return how many logits a cell of ``p`` has; 0 if ``p`` is z itself."""
        return 0


class CodebookSampling(Latent):
    """A logit for each code in each cell, (n, K, h, w): sampled one-hot forward, softmax backward (paper §5.1).

    The picture to show has the most likely code in each cell. The optimiser is the published notebook's.
    """

    optimiser = "adamw"
    learning_rate = 0.05

    def begin(self, z: Tensor, generator: Generator) -> Tensor:
        """Return logits that fall with the distance to z, so that the nearest code is the likeliest.

        They are −log(K) · |z − c|² in units in which two codes are 1 apart on average. Where z is a code, that code
        has about half of the probability.
        """
        codes, unit = _codes(generator), 2 * z.shape[1] * generator.scale**2
        return (-math.log(codes.code_count) / unit * codes.distances(z)).permute(0, 3, 1, 2).contiguous()

    def undecided(self, height: int, width: int, generator: Generator, rng: torch.Generator) -> Tensor:
        return torch.randn(1, _codes(generator).code_count, height, width, generator=rng).to(generator.device)

    def draw(self, p: Tensor, rng: torch.Generator) -> Tensor | None:
        return torch.rand(1, 1, *p.shape[2:], generator=rng)

    def z_q(self, p: Tensor, drawn: Tensor | None, generator: Generator) -> Tensor:
        """Take the code at which the cumulative probability passes the number drawn for the cell."""
        assert drawn is not None
        probabilities = p.float().softmax(1)
        passed = probabilities.detach().cumsum(1) < drawn
        chosen = passed.sum(1).clamp(max=p.shape[1] - 1)  # (n, h, w)
        codes = cast(Codes, generator)
        expected = codes.mixed(probabilities)
        return expected + (codes.look_up(chosen) - expected).detach()

    def z(self, p: Tensor, generator: Generator) -> Tensor:
        """Return the expected code."""
        return cast(Codes, generator).mixed(p.softmax(1))

    def shown(self, p: Tensor, generator: Generator) -> Tensor:
        return cast(Codes, generator).look_up(p.argmax(1))

    def tame(self, p: Tensor, bounds: tuple[Tensor, Tensor]) -> None:
        """Change nothing: only differences of logits count, and the softmax bounds their gradients."""

    def logits(self, generator: Generator) -> int:
        return _codes(generator).code_count


LATENTS: Mapping[str, Latent] = {"straight-through": Latent(), "codebook": CodebookSampling()}


def _codes(generator: Generator) -> Codes:
    """Return ``generator`` as what has codes. Raises :class:`ValueError` if it has none."""
    if not isinstance(generator, Codes):
        raise ValueError("This bundle's generator has no codes to sample. Leave the latent “codebook” out.")
    return generator


def quantize(z: Tensor, generator: Generator) -> Tensor:
    """Replace every cell of ``z`` (n, e, h, w) by its nearest code; the gradient passes straight through."""
    return z + (generator.quantise(z) - z).detach()


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
    """Clamp ``x`` to [0, 1] and keep the gradient where it pulls back into the range."""
    clamped: Tensor = _ClampWithGrad.apply(x)  # type: ignore[no-untyped-call]
    return clamped


def add_noise(z: Tensor, level: float, generator: Generator, rng: torch.Generator) -> Tensor:
    """Add Gaussian noise of ``level`` deviations of z, drawn on the CPU."""
    return z + level * generator.scale * torch.randn(z.shape, generator=rng).to(z)


def resized(z: Tensor, height: int, width: int) -> Tensor:
    """Interpolate z (b, e, h, w) to ``height`` x ``width`` cells."""
    if z.shape[2:] == (height, width):
        return z
    return F.interpolate(z, (height, width), mode="bilinear", align_corners=False)
