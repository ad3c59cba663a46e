from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from engine.bundles.bundles import Bundle
from engine.run import upscale
from engine.run.upscale import Tiled


@pytest.mark.parametrize(("length", "tile"), [(4, 8), (8, 8), (9, 8), (16, 8), (64, 16), (33, 16)])
def test_tiles_cover_a_length_evenly_and_share_a_quarter(length: int, tile: int) -> None:
    begins = upscale.starts(length, tile)
    assert begins[0] == 0 and begins[-1] + tile >= length
    shared = [tile - (b - a) for a, b in itertools.pairwise(begins)]
    assert all(share >= tile // 4 for share in shared)
    assert begins[-1] + tile == max(length, tile)


def test_one_tile_is_the_generator_itself(bundle: Bundle) -> None:
    z = torch.randn(1, 8, 8, 6)
    torch.testing.assert_close(Tiled(bundle.generator, 64).decode(z), bundle.generator.decode(z))
    image = torch.rand(1, 3, 32, 24)
    torch.testing.assert_close(Tiled(bundle.generator, 64).encode(image), bundle.generator.encode(image))


def test_the_gradient_through_tiles_is_that_of_the_blended_picture(bundle: Bundle) -> None:
    tiled = Tiled(bundle.generator, 16)
    z = torch.randn(1, 8, 8, 8, requires_grad=True)
    looked_at = torch.randn(1, 3, 32, 32)
    (tiled.decode(z) * looked_at).sum().backward()
    assert z.grad is not None
    step = 1e-3 * z.grad / z.grad.norm()
    with torch.no_grad():
        rise = ((tiled.decode(z + step) - tiled.decode(z - step)) * looked_at).sum() / 2
    assert float(rise) == pytest.approx(1e-3 * float(z.grad.norm()), rel=0.05)


class Plain:
    """A generator whose pictures are flat in each tile, of another grey in each: the worst case for a seam."""

    f = 4

    def __init__(self) -> None:
        self.calls = 0

    def decode(self, z: Tensor) -> Tensor:
        self.calls += 1
        return torch.full((1, 3, 4 * z.shape[2], 4 * z.shape[3]), float(self.calls % 2))


def test_tiles_that_disagree_fade_into_each_other() -> None:
    plain = Plain()
    picture = Tiled(plain, 32).decode(torch.zeros(1, 1, 8, 20))  # type: ignore[arg-type]
    assert plain.calls == 3
    jumps = (picture[..., 1:] - picture[..., :-1]).abs()
    assert float(picture.amax() - picture.amin()) > 0.99
    assert float(jumps.amax()) < 0.25  # over the 8 or more pixels that two tiles share


def test_the_memory_of_a_step_is_that_of_a_tile(bundle: Bundle) -> None:
    """Bytes that autograd keeps for the backward pass grow with the picture and z alone, not with the activations."""
    kept = {}
    for cells in (16, 32):
        for generator in (bundle.generator, Tiled(bundle.generator, 32)):
            z, seen = torch.randn(1, 8, cells, cells, requires_grad=True), dict[int, int]()

            def keep(tensor: Tensor, seen: dict[int, int] = seen) -> Tensor:
                storage = tensor.untyped_storage()
                seen[storage.data_ptr()] = storage.nbytes()
                return tensor

            with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
                generator.decode(z)
            kept[cells, type(generator)] = sum(seen.values())
    whole, tiled = type(bundle.generator), Tiled
    assert kept[32, whole] > 3.5 * kept[16, whole]
    assert kept[32, tiled] < kept[16, whole] / 4
