"""Compute the published models with fewer passes over memory and fewer products; only the rounding differs.

This needs frozen weights, which are rewritten in place once, when a model is loaded.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from engine.layers import products

QUICK = 1.702  # CLIP's activation is x · sigmoid(1.702 x)


class Upsample(nn.Module):
    """taming's enlargement, with its parameter names: each pixel becomes four, then a 3 × 3 convolution follows.

    Several weights meet the same old pixel. After :meth:`fuse` has added them up, a transposed 4 × 4 convolution with
    stride 2 does the same with 4 products for each new pixel instead of 9.
    """

    def __init__(self, in_channels: int, with_conv: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, in_channels, 3, padding=1) if with_conv else nn.Identity()
        self.kernel: Tensor | None
        self.register_buffer("kernel", None, persistent=False)

    def fuse(self) -> None:
        """Add up the weights, which must not change any more."""
        if isinstance(self.conv, nn.Identity):
            return
        taps = torch.tensor([[0.0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]]).to(self.conv.weight)
        self.kernel = torch.einsum("ai,bj,ocij->coab", taps, taps, self.conv.weight)

    def forward(self, x: Tensor) -> Tensor:
        if self.kernel is not None:
            bias: Tensor | None = self.conv.bias  # type: ignore[assignment]
            return F.conv_transpose2d(x, self.kernel, bias, stride=2, padding=1)
        enlarged: Tensor = self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return enlarged


def fuse_vision(visual: Any) -> None:
    """Prepare CLIP's picture side, frozen, for :func:`see`."""
    if hasattr(visual, "transformer"):
        for block in visual.transformer.resblocks:
            _fold_activation(block.mlp)
            _fold_scale(block.attn)
    else:
        for module in list(visual.modules()):
            _fold_norms(module)


@torch.no_grad()
def _fold_activation(mlp: Any) -> None:
    """Move c of x·sigmoid(c·x) into the weights around it, so that the activation is SiLU, one pass.

    GELU is one pass already.
    """
    if isinstance(mlp.gelu, nn.GELU):
        return
    mlp.c_fc.weight.mul_(QUICK)
    mlp.c_fc.bias.mul_(QUICK)
    mlp.c_proj.weight.div_(QUICK)
    mlp.gelu = nn.SiLU()


@torch.no_grad()
def _fold_scale(attn: nn.MultiheadAttention) -> None:
    """Divide the weights of the queries by √d, so that attention need not divide."""
    for tensor in (attn.in_proj_weight, attn.in_proj_bias):
        tensor[: attn.embed_dim].div_(attn.head_dim**0.5)


def _fold_norms(module: nn.Module) -> None:
    """Make each frozen batch norm a part of the convolution before it."""
    children = dict(module.named_children())
    for conv, norm in [("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3"), ("0", "1")]:
        if isinstance(found := children.get(norm), nn.BatchNorm2d):
            setattr(module, conv, fuse_conv_bn_eval(children[conv], found))  # type: ignore[type-var]
            setattr(module, norm, nn.Identity())


def see(visual: Any, x: Tensor) -> Tensor:
    """Return what CLIP's picture side makes of normalised ``x`` (n, 3, s, s): (n, d) in its weights' precision."""
    x = x.to(visual.conv1.weight.dtype)
    if not hasattr(visual, "transformer"):
        features: Tensor = visual(x)
        return features
    patches = _patches(visual.conv1, x)
    first = visual.class_embedding.to(patches.dtype).expand(len(x), 1, -1)
    tokens = torch.cat([first, patches], dim=1) + visual.positional_embedding.to(patches.dtype)
    tokens = visual.ln_pre(tokens)
    *blocks, last = visual.transformer.resblocks
    for block in blocks:
        tokens = _block(block, tokens, tokens.shape[1])
    seen: Tensor = visual.ln_post(_block(last, tokens, 1)[:, 0])
    return seen if visual.proj is None else seen @ visual.proj


def _patches(conv: Any, x: Tensor) -> Tensor:
    """Compute the convolution of patches that do not overlap, (n, l, d), as one product.

    torch's own convolution takes ten times as long in the backward pass.
    """
    side = conv.kernel_size[0]
    cells = x.permute(0, 2, 3, 1).unfold(1, side, side).unfold(2, side, side)  # (n, h, w, 3, side, side)
    weight = conv.weight.permute(0, 2, 3, 1).flatten(1)  # no copy if the weight lies channels last
    return products.linear(cells.permute(0, 1, 2, 4, 5, 3).flatten(3).flatten(1, 2), weight)


def _block(block: Any, tokens: Tensor, needed: int) -> Tensor:
    """Return the first ``needed`` tokens of a block's output from ``tokens`` (n, l, d)."""
    x = tokens[:, :needed] + _attend(block.attn, block.ln_1(tokens), needed)
    mlp = block.mlp
    hidden = mlp.gelu(products.linear(block.ln_2(x), mlp.c_fc.weight, mlp.c_fc.bias))
    return x + products.linear(hidden, mlp.c_proj.weight, mlp.c_proj.bias)


def _attend(attn: nn.MultiheadAttention, x: Tensor, needed: int) -> Tensor:
    n, length, d = x.shape
    weight, bias = attn.in_proj_weight, attn.in_proj_bias

    def heads(projected: Tensor) -> Tensor:
        split: Tensor = projected.unflatten(-1, (attn.num_heads, -1)).transpose(1, 2)
        return split

    if needed == length:
        q, k, v = map(heads, products.linear(x, weight, bias).chunk(3, dim=-1))
    else:
        q = heads(products.linear(x[:, :needed], weight[:d], bias[:d]))
        k, v = map(heads, products.linear(x, weight[d:], bias[d:]).chunk(2, dim=-1))
    mixed = products.attend(q, k, v).transpose(1, 2).reshape(n, needed, d)
    return products.linear(mixed, attn.out_proj.weight, attn.out_proj.bias)
