"""A learned start: a small network from the prompt's text embedding to a first z, which the loop then refines.

The paper starts from random codes (001 §2). A small generator guided by small perceptors paints better from a start
that has the layout already; a bundle may carry such a network, trained on the pictures that its models know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

SIDE = 16
"""Cells along each side of the z that the network predicts; other sizes are interpolated from it."""


class StartNetwork(nn.Module):
    """Text vectors (n, d), the perceptors' unit vectors side by side, to z (n, e, SIDE, SIDE)."""

    def __init__(self, d: int, e: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.spread = nn.Linear(d, width * (SIDE // 4) ** 2)
        self.refine = nn.ModuleList([nn.Conv2d(width, width, 3, padding=1) for _ in range(2)])
        self.paint = nn.Conv2d(width, e, 3, padding=1)

    def forward(self, texts: Tensor) -> Tensor:
        h = nn.functional.gelu(self.spread(texts)).view(-1, self.width, SIDE // 4, SIDE // 4)
        for convolution in self.refine:
            h = nn.functional.interpolate(h, scale_factor=2, mode="bilinear", align_corners=False)
            h = nn.functional.gelu(convolution(h))
        z: Tensor = self.paint(h)
        return z


def build(state: Mapping[str, Tensor]) -> StartNetwork:
    """The network whose sizes the weights in ``state`` imply, float32, frozen. Raises :class:`ValueError`."""
    try:
        d, e, width = state["spread.weight"].shape[1], state["paint.weight"].shape[0], state["paint.weight"].shape[1]
        network = StartNetwork(d, e, width)
        network.load_state_dict({name: tensor.float() for name, tensor in state.items()})
    except (KeyError, IndexError, RuntimeError) as error:
        raise ValueError(f"these are not the weights of a start network: {error}") from None
    return network.eval().requires_grad_(False)


def learned(network: StartNetwork, texts: Sequence[Tensor], weights: Tensor, height: int, width: int) -> Tensor:
    """z (1, e, height, width) for prompts: ``texts`` holds one (p, d) of unit vectors per perceptor.

    Prompts that push away (negative ``weights``) have no say in the start.
    """
    share = weights.clamp(min=0) / weights.clamp(min=0).sum()
    mixed = [nn.functional.normalize(share @ text, dim=-1) for text in texts]
    z: Tensor = network(torch.cat(mixed)[None])
    if (height, width) == (SIDE, SIDE):
        return z
    resized: Tensor = nn.functional.interpolate(z, (height, width), mode="bilinear", align_corners=False)
    return resized
