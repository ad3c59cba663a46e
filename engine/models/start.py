"""A learned start: a small network that predicts a first z from the prompt's embedding. The loop then refines it.

The paper starts from random codes (paper §2). Small models paint better from a start that has the layout already, so a
bundle may carry such a network, trained on the pictures that its models know.

Words leave open where a thing is, how large, and in which shade. The network takes that from a short vector n instead
of painting the blurred mean of all pictures that fit. It is a conditional variational autoencoder (Kingma and Welling
2013, Sohn et al. 2015). The seed draws n for a new picture. An edit reads n from its input and so keeps its layout.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIDE = 16  # cells along each side of the predicted z; other sizes are interpolated from it
OPEN = 16  # the length of n


class Refine(nn.Module):
    """A residual pair of convolutions, whose channels are scaled and shifted by what was read."""

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
    """An :class:`engine.models.generator.LearnedStart` that reads the bundle's first perceptor.

    It returns z (b, e, SIDE, SIDE). ``scale`` (1, e, 1, 1) is the unit of z inside the network. ``read`` and ``drawn``
    are the widths of its two halves.
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
        z = F.interpolate(z / self.scale, (SIDE, SIDE), mode="bilinear", align_corners=False)
        mean, log_variance = self.look(z).chunk(2, dim=1)
        return mean, log_variance.clamp(-8, 2)


def build(state: Mapping[str, Tensor]) -> StartNetwork:
    """Return the network whose sizes the weights in ``state`` imply, float32, frozen. Raises :class:`ValueError`."""
    try:
        read, d = state["read.0.weight"].shape
        e, drawn = state["paint.weight"].shape[:2]
        network = StartNetwork(d, e, read, drawn)
        network.load_state_dict({name: tensor.float() for name, tensor in state.items()})
    except (KeyError, ValueError, RuntimeError) as error:
        raise ValueError(f"these are not the weights of a start network: {error}") from None
    return network.eval().requires_grad_(False)
