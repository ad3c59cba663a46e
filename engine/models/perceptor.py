"""The protocol of a perceptor, which embeds texts and pictures into one space; the loop knows nothing else of it."""

from collections.abc import Hashable, Sequence
from typing import Protocol, Self

import torch
from torch import Tensor


class PromptTooLongError(ValueError):
    """The prompt has more tokens than the perceptor's context."""


class Perceptor(Hashable, Protocol):
    """A frozen perceptor. It tokenizes texts and normalises pixels itself."""

    input_size: int  # pixels along the side of the squares that it sees
    embedding_size: int  # d
    context: int  # tokens that it reads at most, its start and end tokens included

    @property
    def device(self) -> torch.device:
        """Return the device of the weights."""

    @property
    def scale(self) -> float:
        """Return the factor of a cosine before a softmax (100 in the published models)."""

    def reads(self, word: str) -> bool:
        """Return whether every token of ``word`` is in the vocabulary."""

    def fits(self, text: str) -> bool:
        """Return whether ``text`` is short enough to be embedded."""

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        """Return unit vectors (len(texts), d). Raises :class:`PromptTooLongError`."""

    def embed_images(self, cutouts: Tensor) -> Tensor:
        """Return unit vectors (n, d) of ``cutouts`` (n, 3, input_size, input_size) in [0, 1]; differentiable."""

    def placed(self, device: torch.device) -> Self:
        """Return the perceptor on ``device``."""

    def halved(self) -> Self:
        """Return a copy that sees in bfloat16 and shares everything else."""
