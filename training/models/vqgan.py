"""Train the starter VQGAN to reconstruct, with a codebook of moving averages of the encoder's outputs."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.models.vqgan import VQGAN
from training.models.loop import DEVICE, Training
from training.pictures.pages import Pixels, to_tensor

WARM_PART: Final = 0.1  # the first part of the time is without quantising; then codes are drawn from the outputs
DECAY: Final = 0.98
WINDOW: Final = 64  # side in pixels of the windows to train on
COMMITMENT: Final = 0.25
EDGE: Final = 0.5  # weight of the error of the gradients, which asks for sharp edges
OPPONENT: Final = ((0.5, 0.5, 0.5), (1.5, -1.5, 0.0), (-0.75, -0.75, 1.5))
"""Rows: light, red against green, blue against yellow. Colour weighs more than light, or it is learned last."""


def build(config: Mapping[str, Any]) -> VQGAN:
    """Return an untrained VQGAN of the config's size."""
    params = config["model"]["params"]
    return VQGAN(params["ddconfig"], params["n_embed"], params["embed_dim"], params["norm_groups"])


class MovingCodebook:
    """Codes that are moving averages of the cells that chose them; unused codes start again from the batch."""

    def __init__(self, codebook: Tensor) -> None:
        self.codebook = codebook  # (K, e), changed in place
        self.usage = codebook.new_ones(len(codebook))
        self.sums = codebook.detach().clone()
        self.placed = False
        self.rng = torch.Generator().manual_seed(0)

    @torch.no_grad()
    def place(self, cells: Tensor) -> None:
        """Put every code on a random cell of (n, e)."""
        self.sums = self._choose(cells, len(self.codebook))
        self.usage.fill_(1)
        self.codebook.copy_(self.sums)
        self.placed = True

    @torch.no_grad()
    def follow(self, cells: Tensor, codes: Tensor) -> None:
        """Move the codes (n,) towards the cells (n, e) that chose them."""
        chosen = F.one_hot(codes, len(self.codebook)).float()
        self.usage.lerp_(chosen.sum(0), 1 - DECAY)
        self.sums.lerp_(chosen.T @ cells, 1 - DECAY)
        dead = self.usage < 0.02
        self.sums[dead] = self._choose(cells, int(dead.sum()))
        self.usage[dead] = 1.0
        self.codebook.copy_(self.sums / self.usage[:, None])

    def state(self) -> dict[str, Any]:
        return {"usage": self.usage, "sums": self.sums, "placed": self.placed, "rng": self.rng.get_state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.usage, self.sums, self.placed = state["usage"], state["sums"], state["placed"]
        self.rng.set_state(state["rng"].cpu())

    def _choose(self, cells: Tensor, count: int) -> Tensor:
        """Draw `count` rows of `cells`."""
        return cells[torch.randint(len(cells), (count,), generator=self.rng).to(cells.device)]


class VQGANTraining(Training):
    """Train a VQGAN of `config` on windows of `pixels` (N, h, w, 3)."""

    model: VQGAN
    rate = 2e-3

    def __init__(self, config: Mapping[str, Any], pixels: Pixels, *, batch: int = 16) -> None:
        torch.manual_seed(0)
        self.config = config
        self.model = build(config)
        start_gently(self.model)
        self.model.to(DEVICE, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.pixels, self.batch = pixels, batch
        self.model.codebook.requires_grad_(False)
        weights = [weight for weight in self.model.parameters() if weight.requires_grad]
        self.optimiser = torch.optim.Adam(weights, lr=self.rate, betas=(0.9, 0.98))
        self.codes = MovingCodebook(self.model.codebook)

    def images(self, number: int) -> Tensor:
        """Draw batch `number`, (batch, 3, WINDOW, WINDOW) in [0, 1]."""
        rng = torch.Generator().manual_seed(number)
        height, width = self.pixels.shape[1:3]
        windows = []
        for row in torch.randint(len(self.pixels), (self.batch,), generator=rng).tolist():
            y = int(torch.randint(height - WINDOW + 1, (), generator=rng))
            x = int(torch.randint(width - WINDOW + 1, (), generator=rng))
            windows.append(self.pixels[row, y : y + WINDOW, x : x + WINDOW])
        return to_tensor(np.stack(windows)).to(DEVICE)

    def step(self, number: int, progress: float) -> dict[str, float]:
        images = self.images(number).contiguous(memory_format=torch.channels_last)
        z = self.model.encode(images)
        z_q, commitment = self._quantize(z, progress)
        decoded = self.model.decode(z_q)
        loss = reconstruction_loss(decoded, images) + COMMITMENT * commitment
        self.descend(loss, progress)
        error = F.mse_loss(decoded.detach().clamp(0, 1), images)
        return {"loss": loss.item(), "psnr": -10 * error.log10().item(), "commitment": commitment.item()}

    def _quantize(self, z: Tensor, progress: float) -> tuple[Tensor, Tensor]:
        """Return z_q with the straight-through gradient, and the commitment term. Early on, return z itself."""
        if progress < WARM_PART and not self.codes.placed:
            return z, z.square().mean() * 1e-3
        cells = z.detach().permute(0, 2, 3, 1).reshape(-1, z.shape[1])
        if not self.codes.placed:
            self.codes.place(cells)
        codes = self.model.nearest_codes(z.detach())
        z_q = self.model.look_up(codes)
        self.codes.follow(cells, codes.flatten())
        return z + (z_q - z).detach(), F.mse_loss(z, z_q)

    def state(self) -> dict[str, Any]:
        return {**super().state(), "codes": self.codes.state(), "config": self.config}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self.codes.restore(state["codes"])


def reconstruction_loss(decoded: Tensor, images: Tensor) -> Tensor:
    """Return L1 + 4 L2 + the L1 of the edges, in OPPONENT's colours."""
    difference = torch.einsum("oc,nchw->nohw", images.new_tensor(OPPONENT), decoded - images)
    edges = difference.diff(dim=-1).abs().mean() + difference.diff(dim=-2).abs().mean()
    return difference.abs().mean() + 4 * difference.square().mean() + EDGE * edges


@torch.no_grad()
def start_gently(model: nn.Module) -> None:
    """Make an untrained VQGAN pass averaged pixels through all levels, while its blocks add nothing yet.

    With the usual random weights, colours come through only after hundreds of steps.
    """
    for module in model.modules():
        match type(module).__name__:
            case "ResnetBlock":
                module.conv2.weight.zero_()  # type: ignore[operator, union-attr]
                if module.in_channels != module.out_channels:
                    nn.init.dirac_(module.nin_shortcut.weight)  # type: ignore[arg-type, union-attr]
            case "AttnBlock":
                module.proj_out.weight.zero_()  # type: ignore[operator, union-attr]
            case "Downsample" | "Upsample":
                nn.init.dirac_(module.conv.weight)  # type: ignore[arg-type, union-attr]
                centre = module.conv.weight[..., 1:2, 1:2]  # type: ignore[index, union-attr]
                module.conv.weight.copy_(centre.expand(-1, -1, 3, 3) / 9)  # type: ignore[operator, union-attr]
