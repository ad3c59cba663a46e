"""The protocols of a generator, which turns a latent z into a picture; the loop knows nothing else of it."""

from typing import Protocol, Self, runtime_checkable

import torch
from torch import Tensor


class Coder(Protocol):
    """The two directions between pictures (n, 3, H, W) in [0, 1] and latents (n, e, H/f, W/f)."""

    f: int  # pixels along a latent cell's side

    def encode(self, images: Tensor) -> Tensor:
        """Return z (n, e, H/f, W/f) of ``images``, whose sides are multiples of f."""

    def decode(self, z_q: Tensor) -> Tensor:
        """Return the float32 pictures of ``z_q``, around [0, 1] and not clamped; differentiable."""


class Generator(Coder, Protocol):
    """A frozen generator. Its precision concerns only the decoder: z and all else here stay float32."""

    @property
    def device(self) -> torch.device:
        """Return the device of the weights."""

    @property
    def scale(self) -> float:
        """Return the standard deviation of z around its mean: the unit of noise and of relative step sizes."""

    def bounds(self) -> tuple[Tensor, Tensor]:
        """Return the least and greatest value of each channel of z, both (1, e, 1, 1)."""

    def quantise(self, z: Tensor) -> Tensor:
        """Return z_q, the nearest latent that the decoder knows, without a gradient; z itself if it knows all."""

    def undecided(self, height: int, width: int, rng: torch.Generator) -> Tensor:
        """Return the z (1, e, height, width) that a picture from nothing begins with, drawn on the CPU."""

    def middle(self, height: int, width: int) -> Tensor:
        """Return the mean z in every cell, (1, e, height, width): a start without texture."""

    def placed(self, device: torch.device) -> Self:
        """Return the generator on ``device``, which must be its last."""

    def halved(self) -> Self:
        """Return a copy that decodes in bfloat16 and shares everything else."""


@runtime_checkable
class Codes(Protocol):
    """Hold what a generator with a finite codebook offers as well: K codes of e channels."""

    @property
    def code_count(self) -> int:
        """Return K."""

    def distances(self, z: Tensor) -> Tensor:
        """Return the squared distances (n, h, w, K) of each cell of ``z`` to each code."""

    def mixed(self, probabilities: Tensor) -> Tensor:
        """Return the mean codes (n, e, h, w) by ``probabilities`` (n, K, h, w)."""

    def look_up(self, codes: Tensor) -> Tensor:
        """Return z_q (n, e, h, w) of code indices (n, h, w)."""


@runtime_checkable
class CodedGenerator(Generator, Codes, Protocol):
    """A generator with a finite codebook."""


class LearnedStart(Protocol):
    """A network that predicts a first z from words and from a short vector n, which holds what the words leave open."""

    open: int  # the length of n

    def __call__(self, text: Tensor, n: Tensor) -> Tensor:
        """Return z (b, e, h, w) from unit vectors ``text`` (b, d) and ``n`` (b, open)."""

    def recognise(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance of n, both (b, open), for pictures encoded as ``z`` (b, e, h, w)."""
