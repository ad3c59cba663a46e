"""GroupNorm and SiLU in one: the backward pass computes what is between them again, so it need not be kept."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

SLICE = 2**18  # numbers at a time, so that they stay in the processor's cache
FEW = 8  # torch's backward pass is slower than ours if a group has fewer channels, and faster otherwise


class NormSiLU(nn.GroupNorm):
    """GroupNorm followed by SiLU."""

    alone = False  # no SiLU follows
    sliced = False  # use our backward pass if it is faster

    def forward(self, x: Tensor) -> Tensor:
        if self.alone:
            return super().forward(x)
        few = self.num_channels < FEW * self.num_groups
        if self.sliced and few and not self.weight.requires_grad:
            made: Tensor = _NormSiLU.apply(x, self.weight, self.bias, self.num_groups, self.eps)  # type: ignore[no-untyped-call]
            return made
        return F.silu(super().forward(x))


class _NormSiLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, groups: int, eps: float) -> Tensor:
        n, c, h, w = x.shape
        normed, mean, rstd = torch.native_group_norm(x, weight, bias, n, c, h * w, groups, eps)
        ctx.save_for_backward(x, mean, rstd)
        ctx.affine = weight, bias
        return F.silu(normed, inplace=True)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, mean, rstd = ctx.saved_tensors
        n, c, h, w = x.shape
        made = x.new_empty(n, h * w, c)
        pixels = [tensor.permute(0, 2, 3, 1).reshape(n, h * w, c) for tensor in (x, grad)]
        for one in zip(*pixels, made, mean, rstd, strict=True):
            _back(*one, *ctx.affine)
        return made.view(n, h, w, c).permute(0, 3, 1, 2), None, None, None, None


def _back(x: Tensor, grad: Tensor, made: Tensor, mean: Tensor, rstd: Tensor, weight: Tensor, bias: Tensor) -> None:
    """Write the gradient of one picture ``x`` to ``made``, all (h·w, c); ``mean`` and ``rstd`` are (g,).

    It is computed in float32, also for bfloat16.
    """
    count, c = x.shape
    mean, rstd, weight, bias = (tensor.float() for tensor in (mean, rstd, weight, bias))
    each = c // len(mean)
    mean, rstd = mean.repeat_interleave(each), rstd.repeat_interleave(each)
    scale = rstd * weight
    shift = bias - mean * scale
    step = max(1, SLICE // c)
    slices = list(zip(x.split(step), grad.split(step), made.split(step), strict=True))
    room, back = (torch.empty(step, c, device=x.device) for _ in range(2))
    sums, products = torch.zeros(2, c, device=x.device)
    for some, its_grad, out in slices:
        some = some.float()
        values = torch.addcmul(shift, some, scale, out=room[: len(some)])
        onwards = torch.ops.aten.silu_backward.grad_input(its_grad.float(), values, grad_input=back[: len(some)])
        out.copy_(onwards)
        sums += onwards.sum(0)
        products += torch.mul(onwards, some, out=values).sum(0)

    def by_group(values: Tensor) -> Tensor:
        return (weight * values).view(-1, each).sum(1).repeat_interleave(each)

    slope = rstd**3 * (mean * by_group(sums) - by_group(products)) / (count * each)
    rest = -rstd * by_group(sums) / (count * each) - slope * mean
    for some, _, out in slices:
        values = torch.addcmul(rest, some.float(), slope, out=room[: len(some)])
        out.copy_(values.addcmul_(out.float(), scale))
