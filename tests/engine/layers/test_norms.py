"""GroupNorm and SiLU in one are what they are one after the other, to rounding, there and back."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.layers import norms
from tests.engine.layers.test_fused import with_gradient


def layer(channels: int, groups: int) -> norms.NormSiLU:
    torch.manual_seed(0)
    made = norms.NormSiLU(groups, channels, eps=1e-6).requires_grad_(False)
    nn.init.normal_(made.weight)
    nn.init.normal_(made.bias)
    made.sliced = True
    return made


def one_after_the_other(norm: nn.GroupNorm, x: Tensor) -> Tensor:
    return F.silu(F.group_norm(x, norm.num_groups, norm.weight, norm.bias, norm.eps))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["rows", "channels last"])
@pytest.mark.parametrize("size", [(2, 2), (1, 9), (5, 7), (32, 20)], ids=str)
@pytest.mark.parametrize(("channels", "groups"), [(32, 32), (32, 8), (128, 32)])
@pytest.mark.parametrize("slice_", [norms.SLICE, 128 * 6], ids=["one slice", "several"])
def test_it_is_both_in_turn_and_so_is_its_gradient(
    channels: int,
    groups: int,
    size: tuple[int, int],
    layout: torch.memory_format,
    slice_: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(norms, "SLICE", slice_)
    norm = layer(channels, groups)
    x = (3 * torch.randn(2, channels, *size) + 1).contiguous(memory_format=layout)
    expected, gradient = with_gradient(lambda x: one_after_the_other(norm, x), x)
    made, mine = with_gradient(norm, x)
    torch.testing.assert_close(made, expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(mine, gradient, rtol=0, atol=1e-4 * float(gradient.abs().max()))


def test_in_bfloat16_it_is_as_near_to_float32_as_torchs_own() -> None:
    exact, half = layer(32, 8), layer(32, 8).to(torch.bfloat16)
    x = 3 * torch.randn(2, 32, 16, 16) + 1
    _, gradient = with_gradient(lambda x: one_after_the_other(exact, x), x)
    _, mine = with_gradient(half, x.to(torch.bfloat16))
    _, torchs = with_gradient(lambda x: one_after_the_other(half, x), x.to(torch.bfloat16))
    assert mine.dtype is torch.bfloat16
    assert (mine.float() - gradient).abs().mean() <= 1.1 * (torchs.float() - gradient).abs().mean()


def saved(norm: nn.Module, x: Tensor) -> int:
    """Bytes that autograd keeps of ``norm``, ``x`` and the weights left out."""
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        made = norm(x)
    del made
    return sum(size for place, size in kept.items() if place not in {t.data_ptr() for t in (x, *norm.parameters())})


def test_what_is_between_the_two_is_not_kept() -> None:
    x = torch.randn(1, 32, 16, 16, requires_grad=True)
    assert saved(layer(32, 8), x) < x.nbytes / 10
    many = layer(64, 8)  # of eight channels to a group torch's own is as fast
    assert saved(many, torch.randn(1, 64, 16, 16, requires_grad=True)) > x.nbytes


def test_weights_that_are_trained_get_their_gradient() -> None:
    norm = layer(32, 8).requires_grad_(True)
    norm(torch.randn(1, 32, 4, 4)).sum().backward()
    assert norm.weight.grad is not None and norm.bias.grad is not None


def test_alone_it_is_the_norm_without_silu() -> None:
    norm, x = layer(32, 8), torch.randn(1, 32, 4, 4)
    norm.alone = True
    torch.testing.assert_close(norm(x), F.group_norm(x, 8, norm.weight, norm.bias, norm.eps))
