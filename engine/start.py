"""A learned start: a small network from the prompt's words to a first z, which the loop then refines.

The paper starts from random codes (001 §2). A small generator guided by small perceptors paints better from a start
that has the layout already; a bundle may carry such a network, trained on the pictures that its models know.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

SIDE = 16
"""Cells along each side of the z that the network predicts; other sizes are interpolated from it."""
HEADS, LAYERS = 4, 2


class StartNetwork(nn.Module):
    """Token rows (n, context), as the bundle's first perceptor writes them, to z (n, e, SIDE, SIDE).

    A small transformer reads the words; its mean over them and its state at the end token are spread over a grid,
    which convolutions refine. ``read`` and ``drawn`` are the widths of the two halves.
    """

    def __init__(self, vocabulary: int, context: int, e: int, read: int, drawn: int) -> None:
        super().__init__()
        self.drawn = drawn
        self.words = nn.Embedding(vocabulary, read)
        self.places = nn.Parameter(torch.randn(context, read) * 0.02)
        layer = nn.TransformerEncoderLayer(
            read, HEADS, 2 * read, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.reader = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.spread = nn.Linear(2 * read, drawn * (SIDE // 4) ** 2)
        self.refine = nn.ModuleList([nn.Conv2d(drawn, drawn, 3, padding=1) for _ in range(2)])
        self.paint = nn.Conv2d(drawn, e, 3, padding=1)

    def forward(self, tokens: Tensor) -> Tensor:
        end = tokens.argmax(1)  # the end token has the greatest row
        padding = torch.arange(tokens.shape[1], device=tokens.device) > end[:, None]
        h = self.reader(self.words(tokens) + self.places[: tokens.shape[1]], src_key_padding_mask=padding)
        said = (~padding)[..., None].to(h)
        mean = (h * said).sum(1) / said.sum(1)
        grid = self.spread(torch.cat([mean, h[torch.arange(len(h)), end]], dim=1))
        x = nn.functional.gelu(grid).view(-1, self.drawn, SIDE // 4, SIDE // 4)
        for convolution in self.refine:
            x = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = nn.functional.gelu(convolution(x))
        z: Tensor = self.paint(x)
        return z


def build(state: Mapping[str, Tensor]) -> StartNetwork:
    """The network whose sizes the weights in ``state`` imply, float32, frozen. Raises :class:`ValueError`."""
    try:
        vocabulary, read = state["words.weight"].shape
        e, drawn = state["paint.weight"].shape[:2]
        network = StartNetwork(vocabulary, len(state["places"]), e, read, drawn)
        network.load_state_dict({name: tensor.float() for name, tensor in state.items()})
    except (KeyError, ValueError, RuntimeError) as error:
        raise ValueError(f"these are not the weights of a start network: {error}") from None
    return network.eval().requires_grad_(False)


def learned(network: StartNetwork, tokens: Tensor, weights: Tensor, height: int, width: int) -> Tensor:
    """z (1, e, height, width): the mean of the prompts' own, weighted. ``tokens`` is (p, context), ``weights`` (p,).

    Prompts that push away (negative ``weights``) have no say in the start.
    """
    share = weights.clamp(min=0) / weights.clamp(min=0).sum()
    z: Tensor = (share.view(-1, 1, 1, 1) * network(tokens)).sum(0, keepdim=True)
    if (height, width) == (SIDE, SIDE):
        return z
    resized: Tensor = nn.functional.interpolate(z, (height, width), mode="bilinear", align_corners=False)
    return resized
