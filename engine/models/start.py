"""A learned start: a small network from the text embedding of the prompt to a first z, which the loop then refines.

The paper starts from random codes (paper §2). A small generator guided by small perceptors paints better from a start
that has the layout already; a bundle may carry such a network, trained on the pictures that its models know.

Words leave much open: where the circle is, how large, which shade. The network takes that from a short vector n, so
that it need not paint the blurred mean of all pictures that fit the words: a conditional variational autoencoder
(Kingma and Welling 2013, Sohn et al. 2015). For a new picture n is drawn from the seed; for an edit it is read from
the input, so that the new picture lies as the old one did.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIDE = 16
"""Cells along each side of the z that the network predicts; other sizes are interpolated from it."""
OPEN = 16
"""The length of n."""


class Refine(nn.Module):
    """A residual pair of convolutions, its channels scaled and shifted by what was read."""

    def __init__(self, channels: int, read: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.steer = nn.Linear(read, 2 * channels)

    def forward(self, x: Tensor, read: Tensor) -> Tensor:
        scale, shift = self.steer(read)[..., None, None].chunk(2, dim=1)
        h = self.first(F.gelu(x)) * (1 + scale) + shift
        out: Tensor = x + self.second(F.gelu(h))
        return out


class StartNetwork(nn.Module):
    """Text embeddings of the bundle's first perceptor, unit vectors (b, d), and n (b, OPEN) to z (b, e, SIDE, SIDE).

    ``scale`` (1, e, 1, 1) is the codes' deviation: inside, z is counted in it. ``read`` and ``drawn`` are the widths
    of the two halves.
    """

    scale: Tensor
    open = OPEN

    def __init__(self, d: int, e: int, read: int, drawn: int) -> None:
        super().__init__()
        self.drawn = drawn
        self.register_buffer("scale", torch.ones(1, e, 1, 1))
        self.read = nn.Sequential(nn.Linear(d, read), nn.GELU(), nn.Linear(read, read), nn.GELU())
        steering = read + OPEN
        self.spread = nn.Linear(steering, drawn * (SIDE // 4) ** 2)
        self.refine = nn.ModuleList([Refine(drawn, steering) for _ in range(3)])
        self.paint = nn.Conv2d(drawn, e, 3, padding=1)
        self.look = nn.Sequential(
            nn.Conv2d(e, drawn // 2, 3, stride=2, padding=1), nn.GELU(),
            nn.Conv2d(drawn // 2, drawn, 3, stride=2, padding=1), nn.GELU(),
            nn.Flatten(), nn.Linear(drawn * (SIDE // 4) ** 2, 2 * OPEN),
        )  # fmt: skip

    def forward(self, text: Tensor, n: Tensor) -> Tensor:
        read = torch.cat([self.read(text * text.shape[1] ** 0.5), n], dim=1)
        x = self.spread(read).view(-1, self.drawn, SIDE // 4, SIDE // 4)
        for i, refine in enumerate(self.refine):
            x = refine(x, read)
            if i < 2:
                x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        z: Tensor = self.paint(F.gelu(x)) * self.scale
        return z

    def recognise(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of n, (b, OPEN) each, for pictures encoded as z (b, e, h, w)."""
        z = F.interpolate(z / self.scale, (SIDE, SIDE), mode="bilinear", align_corners=False)
        mean, log_variance = self.look(z).chunk(2, dim=1)
        return mean, log_variance.clamp(-8, 2)


def build(state: Mapping[str, Tensor]) -> StartNetwork:
    """The network whose sizes the weights in ``state`` imply, float32, frozen. Raises :class:`ValueError`."""
    try:
        read, d = state["read.0.weight"].shape
        e, drawn = state["paint.weight"].shape[:2]
        network = StartNetwork(d, e, read, drawn)
        network.load_state_dict({name: tensor.float() for name, tensor in state.items()})
    except (KeyError, ValueError, RuntimeError) as error:
        raise ValueError(f"these are not the weights of a start network: {error}") from None
    return network.eval().requires_grad_(False)
