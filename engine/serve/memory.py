"""What memory the step of a run needs, reckoned before it is taken, and how much of it there is.

A step needs most where its forward pass ends: then it holds what autograd saved of the decoder, which grows with the
pixels, and of the perceptors, which grows with the cutouts. Both are counted at small sizes, by :class:`Footprint`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from engine.bundles.bundles import Bundle
from engine.layers import compiled
from engine.messages import Precision, Spec
from engine.method import cutouts, latent
from engine.models.clip import CLIP
from engine.models.vqgan import VQGAN

MARGIN = 1.4
"""What a step needs beside what autograd saves, as a factor: gradients on their way, and the products' own room."""
PIXEL = 12
"""Bytes of a pixel of a picture: three channels of float32."""
PICTURES = 8
"""Pictures of the run's size that a step holds beside the decoder's activations."""
LOGITS = 10
"""Tensors of the logits' size that a run holds which samples its codes."""


class NoRoom(Exception):
    """A run needs more memory than there is; the message says what would fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """What autograd saves in bytes: ``picture`` by powers of the pixels, ``cutouts`` of each perceptor by powers of
    their number.

    Of a decoder with attention each pixel has to do with each other, hence the second power.
    """

    picture: tuple[float, ...]
    cutouts: tuple[tuple[float, ...], ...]

    def bytes(self, pixels: float, cutouts: int, asked: Sequence[bool]) -> float:
        """To decode a picture of so many pixels and have the perceptors that are asked look at so many cutouts."""
        seen = sum(_value(powers, cutouts) for powers, one in zip(self.cutouts, asked, strict=True) if one)
        return _value(self.picture, pixels) + max(seen, PIXEL * pixels * cutouts)


def _value(factors: Sequence[float], x: float) -> float:
    return sum(factor * x**power for power, factor in enumerate(factors))


@torch.enable_grad()
def measured(bundle: Bundle, precision: Precision) -> Footprint:
    """The footprint of a bundle's models, counted on small pictures of 2, 4 and 8 cells a side."""
    generator, perceptors = bundle.models(precision)
    models, f = (generator, *perceptors), generator.f
    with compiled.eagerly(bundle.compiled):
        pictures = {(cells * f) ** 2: _saved(models, partial(_decoded, generator, cells)) for cells in (2, 4, 8)}
        cutouts = [
            {count: _saved(models, partial(_seen, perceptor, count)) for count in (1, 2)} for perceptor in perceptors
        ]
    return Footprint(picture=_powers(pictures), cutouts=tuple(_powers(saved) for saved in cutouts))


def _decoded(generator: VQGAN, cells: int) -> Tensor:
    codes = torch.zeros(1, cells, cells, dtype=torch.long, device=generator.codebook.device)
    return latent.clamp_with_grad(generator.decode(generator.look_up(codes).requires_grad_()))


def _seen(perceptor: CLIP, count: int) -> Tensor:
    image = torch.zeros(1, 3, 16, 16, device=perceptor.mean.device, requires_grad=True)
    drawn = cutouts.draw(cutouts.CutoutSettings(count=count), torch.Generator().manual_seed(0))
    return perceptor.embed_images(cutouts.apply(image, drawn, perceptor.input_size))


def _saved(models: Sequence[nn.Module], work: Callable[[], Tensor]) -> int:
    """Bytes that autograd keeps for the way back through ``work``, the models' weights left out."""
    weights = {tensor.untyped_storage().data_ptr() for model in models for tensor in _tensors(model)}
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        out = work()  # held until the sum: what is freed could be counted twice
    del out
    return sum(kept.values())


def _tensors(model: nn.Module) -> Iterator[Tensor]:
    yield from model.parameters()
    yield from model.buffers()


def _powers(values: Mapping[int, int]) -> tuple[float, ...]:
    """The factors of the powers from 0 of the keys with which their sum is the values."""
    x, y = torch.tensor(list(values), dtype=torch.float64), torch.tensor(list(values.values()), dtype=torch.float64)
    factors: list[float] = torch.linalg.solve(x[:, None] ** torch.arange(len(x)), y).tolist()
    return tuple(factors)


class Memory:
    """What fits into ``size`` bytes beside the models."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._footprints: dict[tuple[str, Precision], Footprint] = {}

    def need(self, spec: Spec, bundle: Bundle, chunk: int | None = None) -> int:
        """Bytes of a step of ``spec`` with ``chunk`` cutouts at a time (None: all)."""
        pixels, count = spec.width * spec.height, _count(spec, bundle)
        at_once = pixels if spec.upscale == 1 else min(pixels, bundle.entry.width**2)  # decoded in tiles
        weights = spec.perceptor_weights or bundle.entry.perceptor_weights or [1.0] * len(bundle.perceptors)
        saved = self._footprint(bundle, spec.precision).bytes(
            at_once, min(count, chunk or count), [weight > 0 for weight in weights]
        )
        logits = 0
        if (spec.latent or bundle.entry.latent) == "codebook":
            logits = LOGITS * 4 * len(bundle.generator.codebook) * pixels // bundle.generator.f**2
        return math.ceil(MARGIN * saved) + PICTURES * PIXEL * pixels + logits

    def chunk(self, spec: Spec, bundle: Bundle) -> int | None:
        """How many cutouts of ``spec`` fit at a time: None for all, else the greatest of half, a quarter, … of them.

        Raises :class:`NoRoom` where not even one does.
        """
        if self.need(spec, bundle) <= self.size:
            return None
        for chunk in smaller(_count(spec, bundle)):
            if self.need(spec, bundle, chunk) <= self.size:
                return chunk
        raise NoRoom(self.too_large(spec, bundle))

    def shrink(self, specs: Sequence[Spec], bundle: Bundle) -> None:
        """Runs that should have fit together did not: from now on there is a little less than they need."""
        self.size = min(self.size, sum(self.need(spec, bundle) for spec in specs) - 1)

    def largest(self, spec: Spec, bundle: Bundle, size: int) -> tuple[int, int] | None:
        """Width and height of the largest smaller picture of the same shape that needs at most ``size`` bytes."""
        f = bundle.generator.f
        width, height = spec.width // f, spec.height // f
        for cells in range(max(width, height) - 1, 1, -1):
            scale = cells / max(width, height)
            w, h = (max(2, round(side * scale)) * f for side in (width, height))
            if self.need(dataclasses.replace(spec, width=w, height=h), bundle, 1) <= size:
                return w, h
        return None

    def too_large(self, spec: Spec, bundle: Bundle) -> str:
        """What the requester is told of a picture that can never fit."""
        need = self.need(spec, bundle, 1)
        said = (
            f"{spec.width}×{spec.height} px need about {_gigabytes(need)} of memory, and there are "
            f"{_gigabytes(self.size)} for pictures here."
        )
        return f"{said} {self._instead(spec, bundle, self.size)}"

    def ran_out(self, spec: Spec, bundle: Bundle) -> str:
        """What the requester is told of a picture that took more than there was, though it should have fit."""
        less = min(self.size, self.need(spec, bundle, 1) - 1)
        said = f"{spec.width}×{spec.height} px took more memory than there is."
        return f"{said} {self._instead(spec, bundle, less)}"

    def _instead(self, spec: Spec, bundle: Bundle, size: int) -> str:
        found = self.largest(spec, bundle, size)
        if found is None:
            return "No smaller one of this shape fits either: please tell whoever runs this bot."
        return f"The largest of this shape that fits is {found[0]}x{found[1]}."

    def _footprint(self, bundle: Bundle, precision: Precision) -> Footprint:
        key = bundle.name, precision
        if key not in self._footprints:
            self._footprints[key] = measured(bundle, precision)
        return self._footprints[key]


def smaller(count: int) -> Iterator[int]:
    """Chunks of ``count`` cutouts: half of them, a quarter, … and one."""
    while count > 1:
        count = -(-count // 2)
        yield count


def _count(spec: Spec, bundle: Bundle) -> int:
    return spec.cutouts or bundle.entry.cutouts.count


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(1, round(size / 1e6))} MB"
