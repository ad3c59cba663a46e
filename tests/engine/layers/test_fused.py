"""The faster arithmetic is the published one, to rounding, forward and backward."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.layers import fused
from engine.models import clip, upstream, vqgan
from tests.conftest import DDCONFIG

VIT = (32, 64, 3, 128, 16, 16, 49408, 64, 1, 1)
RESNET = (32, 64, (1, 2, 1, 1), 16, None, 16, 49408, 64, 1, 1)


def with_gradient(function: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """What ``function`` makes of ``x``, and the gradient of a fixed, uneven sum of it."""
    x = x.clone().requires_grad_()
    y = function(x)
    (y * torch.linspace(-1, 1, y.numel()).view_as(y)).sum().backward()
    assert x.grad is not None
    return y.detach(), x.grad


def settled(model: nn.Module) -> nn.Module:
    """Batch norms with statistics and weights that change what passes."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.running_var):
                assert tensor is not None
                nn.init.uniform_(tensor, 0.5, 1.5)
            for tensor in (module.bias, module.running_mean):
                assert tensor is not None
                nn.init.normal_(tensor, 0, 0.2)
    return model.eval().requires_grad_(False)


@pytest.mark.parametrize("sizes", [VIT, RESNET], ids=["vit", "resnet"])
def test_a_perceptor_sees_what_the_published_model_sees(sizes: tuple[Any, ...]) -> None:
    torch.manual_seed(0)
    published: Any = settled(upstream.clip_model().CLIP(*sizes))
    built = clip.build(published.state_dict())
    x = torch.randn(2, 3, 64, 64)
    expected, gradient = with_gradient(published.visual, x)
    seen, mine = with_gradient(lambda x: fused.see(built.model.visual, x), x)
    torch.testing.assert_close(seen, expected, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(mine, gradient, atol=1e-4, rtol=1e-3)


def test_a_fused_enlargement_is_that_of_the_published_decoder() -> None:
    torch.manual_seed(0)
    layer = fused.Upsample(6, True).requires_grad_(False)
    x = torch.randn(2, 6, 5, 7)
    expected, gradient = with_gradient(layer, x)
    layer.fuse()
    made, mine = with_gradient(layer, x)
    torch.testing.assert_close(made, expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(mine, gradient, atol=1e-5, rtol=1e-4)


def test_a_loaded_generator_is_fused_and_keeps_the_published_names() -> None:
    torch.manual_seed(0)
    trained = vqgan.VQGAN(DDCONFIG, n_embed=16, embed_dim=8, norm_groups=8).eval()
    config = {"model": {"params": {"ddconfig": DDCONFIG, "n_embed": 16, "embed_dim": 8, "norm_groups": 8}}}
    loaded = vqgan.build(config, trained.state_dict())
    assert loaded.state_dict().keys() == trained.state_dict().keys()
    layers = [module for module in loaded.modules() if isinstance(module, fused.Upsample)]
    assert layers and all(layer.kernel is not None for layer in layers)
    z = torch.randn(1, 8, 4, 4)
    with torch.no_grad():
        torch.testing.assert_close(loaded.decode(z), trained.decode(z), atol=1e-4, rtol=1e-4)
