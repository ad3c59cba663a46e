"""The models compiled by torch.compile, where an operator asks for it: fewer passes over memory, for a wait at first.

What is compiled is what every step calls: the decoder and the perceptors' picture sides, forward and back. The text,
the encoder and the cutouts stay as they are. Each size of pictures and number of cutouts is compiled when it comes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from engine.models.clip import CLIP
from engine.models.vqgan import VQGAN


def compile_models(generator: VQGAN, perceptors: Sequence[CLIP]) -> None:
    """In place: names, weights and what they are called with stay."""
    generator.decoder.compile()
    for perceptor in perceptors:
        perceptor.compile()


def check(device: torch.device) -> None:
    """Raises :class:`ValueError` where torch.compile cannot work: it needs a C++ compiler, and on CUDA Triton."""
    try:
        torch.compile(_probe)(torch.ones(64, device=device))
    except Exception as error:
        why = " ".join(str(error).split("\n\n")[0].split()) or type(error).__name__
        raise ValueError(
            f"[engine].compile is true, but torch.compile does not work here ({why}). Install a C++ compiler, on a GPU "
            "Triton as well, or set it to false."
        ) from error


def _probe(x: Tensor) -> Tensor:
    return x * torch.sigmoid(x) + 1


@contextlib.contextmanager
def eagerly(asked: bool) -> Iterator[None]:
    """Inside, if ``asked``, compiled models run as they are written: counting is not worth the wait for a compiler."""
    if not asked:
        yield
        return
    with torch.compiler.set_stance("force_eager"):
        yield
