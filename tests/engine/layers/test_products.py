"""A perceptor's products in ways of the CPU's own: the numbers are torch's, to rounding, forward and back."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.device import devices
from engine.layers import products


@pytest.fixture(params=[True, False], ids=["own ways", "torch's"])
def own_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = dataclasses.replace(devices.WAYS["cpu"], products=request.param)
    monkeypatch.setattr(devices, "WAYS", {"cpu": ways})


def back(made: Tensor, *given: Tensor) -> tuple[Tensor, ...]:
    """The gradients of an uneven sum of ``made``."""
    return torch.autograd.grad((made * torch.linspace(-1, 1, made.numel()).view_as(made)).sum(), given)


def close(mine: Tensor, torchs: Tensor) -> None:
    tolerance = 1e-4 if mine.dtype == torch.float32 else 4e-2
    torch.testing.assert_close(mine, torchs, atol=tolerance * float(torchs.detach().abs().max()), rtol=0)


@pytest.mark.usefixtures("own_ways")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("shape", [(5, 7, 24), (1, 1, 24), (3, 24)], ids=str)
def test_a_product_with_weights_is_torchs(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    x, weight, bias = torch.randn(shape), torch.randn(40, 24), torch.randn(40)
    x, weight, bias = (tensor.to(dtype) for tensor in (x, weight, bias))
    x.requires_grad_()
    for given in (bias, None):
        mine, expected = products.linear(x, weight, given), F.linear(x, weight, given)
        assert mine.shape == expected.shape and mine.is_contiguous()
        close(mine, expected)
        close(back(mine, x)[0], back(expected, x)[0])


def test_a_product_with_weights_is_a_convolution_of_what_lies_channels_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would be copied to another order first, which costs more than is won."""
    convolve, orders = F.conv2d, list[bool]()

    def watched(image: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        orders.append(image.is_contiguous(memory_format=torch.channels_last))
        return convolve(image, weight, bias)

    monkeypatch.setattr(F, "conv2d", watched)
    products.linear(torch.randn(4, 9, 16), torch.randn(8, 16), torch.randn(8))
    assert orders == [products.ONEDNN] * products.ONEDNN


@pytest.mark.usefixtures("own_ways")
def test_the_first_tokens_alone_are_multiplied_without_their_neighbours() -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(4, 9, 16), torch.randn(8, 16)
    close(products.linear(x[:, :1], weight), F.linear(x, weight)[:, :1])


@pytest.mark.usefixtures("own_ways")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize(("asking", "tokens"), [(17, 17), (1, 17), (3, products.FEW + 1)])
def test_attention_is_torchs(asking: int, tokens: int, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    q, k, v = (torch.randn(2, 3, n, 16).to(dtype).requires_grad_() for n in (asking, tokens, tokens))
    mine = products.attend(q, k, v)
    expected = F.scaled_dot_product_attention(q, k, v, scale=1.0)
    close(mine, expected)
    for one, other in zip(back(mine, q, k, v), back(expected, q, k, v), strict=True):
        close(one, other)


def test_no_matrix_of_attention_is_kept_of_many_tokens() -> None:
    def kept(tokens: int) -> int:
        sizes: list[int] = []

        def watched(tensor: Tensor) -> Tensor:
            sizes.append(tensor.numel())
            return tensor

        q = torch.randn(1, 1, tokens, 8, requires_grad=True)
        with torch.autograd.graph.saved_tensors_hooks(watched, lambda tensor: tensor):
            products.attend(q, q, q)
        return max(sizes)

    assert kept(products.FEW) == products.FEW**2
    assert kept(products.FEW + 1) < products.FEW**2
