"""Convolutions by Winograd are torch's to rounding, there and back, and are used where they gain alone."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.bundles.bundles import Bundle
from engine.device import devices
from engine.layers import winograd
from engine.messages import Precision, Spec
from engine.models import vqgan
from engine.run import batch
from engine.run.run import Run
from tests.conftest import DDCONFIG
from tests.engine.layers.test_fused import with_gradient

CPU = torch.device("cpu")
SIZES = [(1, 1), (1, 9), (7, 1), (4, 4), (5, 7), (16, 12), (33, 18)]
WIDE: dict[str, Any] = {"ddconfig": DDCONFIG | {"ch": 128}, "n_embed": 64, "embed_dim": 8, "norm_groups": 32}


def agree(mine: Tensor, expected: Tensor) -> None:
    """To 1e-4 of the greatest value."""
    torch.testing.assert_close(mine, expected, rtol=0, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["rows", "channels last"])
@pytest.mark.parametrize("bias", [False, True], ids=["no bias", "bias"])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("slice_", [winograd.SLICE, 36 * 24 * 5], ids=["one slice", "several"])
def test_a_convolution_and_its_gradient_are_torchs(
    size: tuple[int, int], bias: bool, layout: torch.memory_format, slice_: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr(winograd, "SLICE", slice_)
    layer = nn.Conv2d(8, 24, 3, padding=1, bias=bias).requires_grad_(False)
    x = torch.randn(3, 8, *size).contiguous(memory_format=layout)
    expected, gradient = with_gradient(layer, x)
    made, mine = with_gradient(winograd.Convolution(layer), x)
    agree(made, expected)
    agree(mine, gradient)
    assert made.is_contiguous(memory_format=torch.channels_last)


def built() -> vqgan.VQGAN:
    torch.manual_seed(0)
    return vqgan.build({"model": {"params": WIDE}}, vqgan.VQGAN(**WIDE).state_dict())


def convolutions(model: nn.Module) -> list[winograd.Convolution]:
    return [module for module in model.modules() if isinstance(module, winograd.Convolution)]


@pytest.fixture(scope="module")
def wide() -> vqgan.VQGAN:
    """A generator whose decoder has as many channels as the published one's."""
    return vqgan.placed(built(), CPU)


def test_a_wide_decoders_picture_and_gradient_are_those_of_torchs_convolutions(wide: vqgan.VQGAN) -> None:
    plain = devices.placed(built(), CPU)
    assert len(convolutions(wide.decoder)) == 16 and not convolutions(plain) and not convolutions(wide.encoder)
    assert list(wide.state_dict()) == list(plain.state_dict())
    z = torch.randn(2, 8, 5, 7)
    expected, gradient = with_gradient(plain.decode, z)
    made, mine = with_gradient(wide.decode, z)
    agree(made, expected)
    agree(mine, gradient)


def test_nothing_is_kept_of_a_convolution_for_the_way_back(wide: vqgan.VQGAN) -> None:
    kept = list[Tensor]()

    def pack(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        convolutions(wide)[0](torch.randn(1, 256, 8, 8, requires_grad=True))
    assert not kept


def test_narrow_decoders_and_other_devices_keep_torchs_convolutions(bundle: Bundle) -> None:
    assert not convolutions(bundle.generator)
    assert not devices.WAYS["cuda"].sliced


def wide_bundle(bundle: Bundle, wide: vqgan.VQGAN) -> Bundle:
    return dataclasses.replace(bundle, generator=wide)


def test_a_seed_repeats_its_picture(spec: Spec, bundle: Bundle, wide: vqgan.VQGAN) -> None:
    def picture() -> Tensor:
        run = Run(spec, wide_bundle(bundle, wide))
        for _ in range(2):
            batch.step([run])
        return run.picture()

    assert torch.equal(picture(), picture())


def test_runs_in_bfloat16_keep_torchs_convolutions(
    spec: Spec, bundle: Bundle, wide: vqgan.VQGAN, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = list[Tensor]()
    convolve = winograd.convolve

    def watched(x: Tensor, *given: Any) -> Tensor:
        used.append(x)
        return convolve(x, *given)

    monkeypatch.setattr(winograd, "convolve", watched)
    model = wide_bundle(bundle, wide)
    batch.step([Run(dataclasses.replace(spec, precision=Precision.BF16), model)])
    assert not used
    half = model.models(Precision.BF16)[0].decoder
    assert all(layer.matrices is None for layer in convolutions(half))
    run = Run(spec, model)
    used.clear()  # of what its start looked at
    batch.step([run])
    assert len(used) == len(convolutions(wide))


def test_a_decoder_on_a_device_without_numbers_makes_a_picture_of_the_right_shape(wide: vqgan.VQGAN) -> None:
    elsewhere = copy.deepcopy(wide).to("meta")
    z = torch.randn(1, 8, 4, 6, device="meta", requires_grad=True)
    made = elsewhere.decode(z)
    assert made.shape == (1, 3, 16, 24)
    made.sum().backward()
    assert z.grad is not None and z.grad.shape == z.shape
