"""Training of the start network: from a caption's words to the latent of the pictures that it fits."""

import dataclasses
import hashlib
import logging
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional as F

from engine import bundles
from engine.bundles import Bundle
from engine.latent import codebook_scale
from engine.start import StartNetwork
from engine.vqgan import VQGAN
from training.loop import warm_cosine
from training.pages import TRAINING_SEED, Pixels, family, to_tensor
from training.picturebook.captions import caption
from training.picturebook.picture import FAMILY

log = logging.getLogger(__name__)
READ, DRAWN = 96, 56
"""Widths of the network's two halves."""
CHUNK: Final = 32
HIDDEN_PART: Final = 0.02
"""The last part of the pictures is not trained on; the log shows the error there."""


class StartTraining:
    """Regression from captions to encoded pictures, in units of the codes' deviation.

    `pixels` (n, 128, 128, 3) are the pages of the training families in order. The VQGAN is frozen, so every z is
    computed once and kept beside `path`; every step words its captions anew.
    """

    def __init__(self, bundle: Bundle, pixels: Pixels, path: Path, *, batch: int = 64, rate: float = 1.5e-3) -> None:
        self.batch, self.rate = batch, rate
        self.tokenize = bundle.perceptors[0].tokenize
        self.latents = encode_all(bundle.generator, pixels, path)
        self.pictures = [picture for i in range(len(pixels) // FAMILY) for picture in family(TRAINING_SEED + i)]
        self.trained = len(self.latents) - max(1, int(HIDDEN_PART * len(self.latents)))
        self.scale = codebook_scale(bundle.generator)
        torch.manual_seed(0)
        words = len(bundle.perceptors[0].rows or ())
        e = self.latents.shape[1]
        self.model = StartNetwork(words, bundle.perceptors[0].context, e, READ, DRAWN)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=rate, weight_decay=0.05)

    def step(self, number: int, progress: float) -> dict[str, float]:
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * warm_cosine(progress)
        rng = random.Random(number)
        loss = self._error([rng.randrange(self.trained) for _ in range(self.batch)], rng)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        return {"loss": loss.item()}

    @torch.no_grad()
    def hidden_error(self) -> float:
        """The error on the pictures that are not trained on."""
        return self._error(list(range(self.trained, len(self.latents))), random.Random(0)).item()

    def _error(self, rows: list[int], rng: random.Random) -> Tensor:
        tokens = self.tokenize([caption(self.pictures[row], rng).text for row in rows])
        used = int(tokens.argmax(1).max()) + 1
        predicted = self.model(tokens[:, :used])
        return F.mse_loss(predicted / self.scale, self.latents[rows].float() / self.scale)

    def state(self) -> dict[str, Any]:
        return {"model": self.model.state_dict(), "optimiser": self.optimiser.state_dict()}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])


def bundle_without_start(weights: Path) -> Bundle:
    """The starter bundle in the folder `weights`, before it has a start network."""
    entry = dataclasses.replace(bundles.table()["starter"], start="mean", start_network=None)
    return bundles.load("starter", weights.parent, torch.device("cpu"), entry)


@torch.no_grad()
def encode_all(generator: VQGAN, pixels: Pixels, path: Path) -> Tensor:
    """z (n, e, SIDE, SIDE) of each picture, in half precision; kept beside `path` while the codes stay the same."""
    codes = hashlib.sha256(generator.codebook.numpy().tobytes()).hexdigest()[:12]
    path = path.with_name(f"{path.stem}-z-{codes}-{len(pixels)}.pt")
    if not path.exists():
        latents = []
        for i in range(0, len(pixels), CHUNK):
            latents.append(generator.encode(to_tensor(pixels[i : i + CHUNK])).half())
            if i % (50 * CHUNK) == 0:
                log.info("encoded %d of %d pictures", i, len(pixels))
        part = path.with_suffix(".part")
        torch.save(torch.cat(latents), part)
        part.replace(path)
    latents_kept: Tensor = torch.load(path, weights_only=True)
    return latents_kept
