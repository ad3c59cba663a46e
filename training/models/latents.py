"""Let the trained VQGAN encode pages for the start network and repaint them for the CLIPs."""

import logging
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.method.latent import quantize
from engine.models.vqgan import VQGAN
from training.files import written_whole
from training.models.loop import DEVICE, autocast
from training.pictures.pages import Pixels, to_tensor

log = logging.getLogger(__name__)
CHUNK: Final = 32


@torch.no_grad()
def encode_all(generator: VQGAN, pixels: Pixels, path: Path) -> Tensor:
    """Return z (n, e, h, w) of each picture in half precision, from the file `path` if it is there, else write it."""
    if not path.exists():
        latents = []
        for i in range(0, len(pixels), CHUNK):
            images = to_tensor(pixels[i : i + CHUNK]).to(DEVICE, memory_format=torch.channels_last)
            with autocast():
                latents.append(generator.encode(images).half().cpu())
            if i % (50 * CHUNK) == 0:
                log.info("encoded %d of %d pictures", i, len(pixels))
        with written_whole(path) as part:
            torch.save(torch.cat(latents), part)
    kept: Tensor = torch.load(path, weights_only=True)
    return kept


@torch.no_grad()
def repaint(generator: VQGAN, latents: Tensor, size: int, path: Path) -> Pixels:
    """Return what the decoder paints of `latents`, (n, size, size, 3), from the file `path` if it is there."""
    if not path.exists():
        pictures = []
        for i in range(0, len(latents), CHUNK):
            z = latents[i : i + CHUNK].float().to(DEVICE)
            with autocast():
                decoded = generator.decode(quantize(z, generator)).float()
            images = F.interpolate(decoded, (size, size), mode="area")
            pictures.append((images.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy())
            if i % (50 * CHUNK) == 0:
                log.info("repainted %d of %d pictures", i, len(latents))
        with written_whole(path, ".part.npy") as part:
            np.save(part, np.concatenate(pictures))
    kept: Pixels = np.load(path, mmap_mode="r")
    return kept
