"""Estimate the memory that a run's step needs before it takes it, and compare it with what there is.

A step needs most at the end of its forward pass. Then it holds what autograd saved of the decoder, which grows with the
pixels, and of the perceptors, which grows with the cutouts. Both are counted at small sizes and extrapolated.
"""

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from engine.bundles.bundles import Bundle
from engine.messages import Precision, Spec
from engine.method import cutouts, latent
from engine.models.generator import Generator
from engine.models.perceptor import Perceptor
from engine.run import upscale

MARGIN = 1.4  # a step needs this many times what autograd saves: gradients and the products' own buffers
PIXEL = 12  # bytes of a pixel: three channels of float32
PICTURES = 8  # pictures of the run's size that a step holds beside the decoder's activations
LOGITS = 10  # tensors of the logits' size that a run holds if its latent has logits


class NoRoom(Exception):
    """A run needs more memory than there is; the message says what would fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """The bytes that autograd saves, as the factors of polynomials.

    The second power of the pixels is that of a decoder's attention, which relates each pixel to each other.
    """

    picture: tuple[float, ...]  # by powers of the pixels
    cutouts: tuple[tuple[float, ...], ...]  # per perceptor, by powers of the cutouts' number

    def bytes(self, pixels: float, cutouts: int, asked: Sequence[bool]) -> float:
        """Return the bytes of a picture of so many pixels and so many cutouts, for the perceptors that are asked."""
        seen = sum(_value(powers, cutouts) for powers, one in zip(self.cutouts, asked, strict=True) if one)
        return _value(self.picture, pixels) + max(seen, PIXEL * pixels * cutouts)


def _value(factors: Sequence[float], x: float) -> float:
    return sum(factor * x**power for power, factor in enumerate(factors))


@torch.enable_grad()
def measured(bundle: Bundle, precision: Precision) -> Footprint:
    """Count the footprint of a bundle's models on small pictures of 2, 4 and 8 cells a side."""
    generator, perceptors = bundle.models(precision)
    models, f = (generator, *perceptors), generator.f
    pictures = {(cells * f) ** 2: _saved(models, partial(_decoded, generator, cells)) for cells in (2, 4, 8)}
    cutouts = [
        {count: _saved(models, partial(_seen, perceptor, count)) for count in (1, 2)} for perceptor in perceptors
    ]
    return Footprint(picture=_powers(pictures), cutouts=tuple(_powers(saved) for saved in cutouts))


def _decoded(generator: Generator, cells: int) -> Tensor:
    return latent.clamp_with_grad(generator.decode(generator.middle(cells, cells).clone().requires_grad_()))


def _seen(perceptor: Perceptor, count: int) -> Tensor:
    image = torch.zeros(1, 3, 16, 16, device=perceptor.device, requires_grad=True)
    drawn = cutouts.draw(cutouts.CutoutSettings(count=count), torch.Generator().manual_seed(0))
    return perceptor.embed_images(cutouts.apply(image, drawn, perceptor.input_size))


def _saved(models: Sequence[object], work: Callable[[], Tensor]) -> int:
    """Return the bytes that autograd keeps for the backward pass of ``work``, without the models' weights."""
    weights = {tensor.untyped_storage().data_ptr() for model in models for tensor in _weights(model)}
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


def _weights(model: object) -> Iterator[Tensor]:
    if isinstance(model, nn.Module):
        yield from model.parameters()
        yield from model.buffers()


def _powers(values: Mapping[int, int]) -> tuple[float, ...]:
    """Return the factors of the polynomial that takes each key to its value, from the power 0 on."""
    x, y = torch.tensor(list(values), dtype=torch.float64), torch.tensor(list(values.values()), dtype=torch.float64)
    factors: list[float] = torch.linalg.solve(x[:, None] ** torch.arange(len(x)), y).tolist()
    return tuple(factors)


class StepMemory:
    """Hold what fits into ``size`` bytes beside the models."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._footprints: dict[tuple[str, Precision], Footprint] = {}

    def need(self, spec: Spec, bundle: Bundle, chunk: int | None = None) -> int:
        """Return the bytes of a step of ``spec`` with ``chunk`` cutouts at a time, None for all."""
        pixels, count = spec.width * spec.height, _count(spec, bundle)
        weights = spec.perceptor_weights or bundle.entry.perceptor_weights or [1.0] * len(bundle.perceptors)
        saved = self._footprint(bundle, spec.precision).bytes(
            upscale.pixels_at_once(spec, bundle.entry), min(count, chunk or count), [weight > 0 for weight in weights]
        )
        a_cell = latent.LATENTS[spec.latent or bundle.entry.latent].logits(bundle.generator)
        logits = LOGITS * 4 * a_cell * pixels // bundle.generator.f**2
        return math.ceil(MARGIN * saved) + PICTURES * PIXEL * pixels + logits

    def chunk(self, spec: Spec, bundle: Bundle) -> int | None:
        """Return how many cutouts of ``spec`` fit at a time: None for all, else half of them, a quarter, or fewer.

        Raises :class:`NoRoom` if not even one fits.
        """
        if self.need(spec, bundle) <= self.size:
            return None
        for chunk in smaller(_count(spec, bundle)):
            if self.need(spec, bundle, chunk) <= self.size:
                return chunk
        raise NoRoom(self.too_large(spec, bundle))

    def shrink(self, specs: Sequence[Spec], bundle: Bundle) -> None:
        """Reduce the size to a little less than what ``specs`` need, because they did not fit together."""
        self.size = min(self.size, sum(self.need(spec, bundle) for spec in specs) - 1)

    def largest(self, spec: Spec, bundle: Bundle, size: int) -> tuple[int, int] | None:
        """Return width and height of the largest smaller picture of the same shape that fits into ``size`` bytes."""
        f = bundle.generator.f
        width, height = spec.width // f, spec.height // f
        for cells in range(max(width, height) - 1, 1, -1):
            scale = cells / max(width, height)
            w, h = (max(2, round(side * scale)) * f for side in (width, height))
            if self.need(dataclasses.replace(spec, width=w, height=h), bundle, 1) <= size:
                return w, h
        return None

    def too_large(self, spec: Spec, bundle: Bundle) -> str:
        """Return the text for the requester of a picture that can never fit."""
        need = self.need(spec, bundle, 1)
        said = (
            f"{spec.width}×{spec.height} px need about {_gigabytes(need)} of memory, and there are "
            f"{_gigabytes(self.size)} for pictures here."
        )
        return f"{said} {self._instead(spec, bundle, self.size)}"

    def ran_out(self, spec: Spec, bundle: Bundle) -> str:
        """Return the text for the requester of a picture that should have fit and did not."""
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
    """Yield smaller chunks of ``count`` cutouts: half of them, a quarter, … and one."""
    while count > 1:
        count = -(-count // 2)
        yield count


def _count(spec: Spec, bundle: Bundle) -> int:
    return spec.cutouts or bundle.entry.cutouts.count


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(1, round(size / 1e6))} MB"
