"""Training of the start network: from what a caption says to the latent of the pictures that it fits."""

import dataclasses
import hashlib
import logging
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional as F

from engine import bundles
from engine.bundles import Bundle
from engine.clip import CLIP
from engine.latent import codebook_scale
from engine.start import StartNetwork
from engine.vqgan import VQGAN
from training.loop import warm_cosine
from training.pages import TRAINING_SEED, Pixels, family, to_tensor
from training.picturebook.captions import caption
from training.picturebook.picture import FAMILY

log = logging.getLogger(__name__)
WIDTH: Final = 64
CHUNK: Final = 32
CAPTIONS: Final = 3
"""Captions of each picture, worded differently."""
HIDDEN_PART: Final = 0.02
"""The last part of the pictures is not trained on; the log shows the error there."""


class StartTraining:
    """Regression from captions' vectors to encoded pictures, in units of the codes' deviation.

    `pixels` (n, 128, 128, 3) are the pages of the training families in order. The models are frozen, so every vector
    and every z is computed once and kept beside `path`.
    """

    def __init__(self, bundle: Bundle, pixels: Pixels, path: Path, *, batch: int = 64, rate: float = 2e-3) -> None:
        self.batch, self.rate = batch, rate
        self.latents = encode_all(bundle.generator, pixels, path)
        self.vectors = embed_all(bundle.perceptors, len(pixels))
        self.trained = len(self.latents) - max(1, int(HIDDEN_PART * len(self.latents)))
        self.scale = codebook_scale(bundle.generator)
        torch.manual_seed(0)
        self.model = StartNetwork(self.vectors.shape[2], self.latents.shape[1], WIDTH)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=rate, weight_decay=0.05)

    def step(self, number: int, progress: float) -> dict[str, float]:
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * warm_cosine(progress)
        rng = torch.Generator().manual_seed(number)
        rows = torch.randint(self.trained, (self.batch,), generator=rng)
        loss = self._error(rows, number % CAPTIONS)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        numbers = {"loss": loss.item()}
        if number % 100 == 0:
            with torch.no_grad():
                hidden = torch.arange(self.trained, min(self.trained + 1024, len(self.latents)))
                numbers["hidden"] = self._error(hidden, 0).item()
        return numbers

    def _error(self, rows: Tensor, k: int) -> Tensor:
        predicted = self.model(self.vectors[rows, k].float())
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


@torch.no_grad()
def embed_all(perceptors: Sequence[CLIP], count: int) -> Tensor:
    """Vectors (n, CAPTIONS, d) of the captions of the first `count` training pictures, in half precision."""
    vectors = []
    for i in range(0, count, CHUNK):
        texts = [_caption(row, k) for row in range(i, min(i + CHUNK, count)) for k in range(CAPTIONS)]
        with torch.autocast("cpu", torch.bfloat16):
            found = torch.cat([perceptor.embed_text(texts) for perceptor in perceptors], 1).half()
        vectors.append(found.view(-1, CAPTIONS, found.shape[1]))
    return torch.cat(vectors)


def _caption(row: int, k: int) -> str:
    return caption(family(TRAINING_SEED + row // FAMILY)[row % FAMILY], random.Random(row * CAPTIONS + k)).text
