"""Winograd's convolutions are torch's, to rounding, there and back."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine import batch, bundles, vqgan, winograd
from engine.messages import Precision, Spec
from engine.run import Run
from tests.engine.test_fused import with_gradient

SIZES = [(1, 1), (1, 9), (7, 1), (4, 4), (5, 7), (16, 12), (33, 18)]


def agree(mine: Tensor, expected: Tensor) -> None:
    """To 1e-4 of the greatest value."""
    torch.testing.assert_close(mine, expected, rtol=0, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["rows", "channels last"])
@pytest.mark.parametrize("double", [False, True], ids=["same size", "doubled"])
@pytest.mark.parametrize("bias", [False, True], ids=["no bias", "bias"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_convolution_and_its_gradient_are_torchs(
    size: tuple[int, int], bias: bool, double: bool, layout: torch.memory_format, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr(winograd, "SLICE", 36 * 24 * 5)  # several slices, the last of them lower
    layer = nn.Conv2d(8, 24, 3, padding=1, bias=bias).requires_grad_(False)
    x = torch.randn(3, 8, *size).contiguous(memory_format=layout)
    matrices = winograd.matrices(layer.weight)

    def published(x: Tensor) -> Tensor:
        made: Tensor = layer(F.interpolate(x, scale_factor=2.0, mode="nearest") if double else x)
        return made

    expected, gradient = with_gradient(published, x)
    made, mine = with_gradient(lambda x: winograd.convolve(x, matrices, layer.bias, double), x)
    agree(made, expected)
    agree(mine, gradient)
    assert made.is_contiguous(memory_format=torch.channels_last)
