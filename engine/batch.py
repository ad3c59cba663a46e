"""One step of several compatible runs: one decode and one pass of each perceptor carry all of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine import cutouts, latent, losses
from engine.run import Run, autocast


def step(runs: Sequence[Run]) -> None:
    """Advance every run by one iteration. The runs share :meth:`engine.run.Run.batch_key`.

    The loss of a run is 001 §2.4's: CLIP's distance to its prompts, mean over the perceptors, plus its latent
    penalty. The runs' losses are independent, so one backward pass of their sum gives each its own gradient.
    """
    bundle, spec = runs[0].bundle, runs[0].spec
    torch.set_num_threads(spec.threads)
    draws = [run.draw() for run in runs]
    with autocast(spec.precision, bundle.device):
        z_q = latent.quantize(torch.cat([run.z for run in runs]), bundle.generator)
        images = latent.clamp_with_grad(runs[0].generator.decode(z_q).float())
        distances = _distances(runs, draws, images)
    totals = [distance + run.penalty() for distance, run in zip(distances, runs, strict=True)]
    torch.stack(totals).sum().backward()
    for run, total in zip(runs, totals, strict=True):
        run.descend(float(total.detach()))


def _distances(runs: Sequence[Run], draws: Sequence[cutouts.Draw], images: Tensor) -> list[Tensor]:
    """Per run, the prompt loss averaged over the bundle's perceptors, each at its own input size."""
    perceptors = runs[0].bundle.perceptors
    seen: dict[int, list[Tensor]] = {}
    sums = [images.new_zeros(()) for _ in runs]
    for i, perceptor in enumerate(perceptors):
        size = perceptor.input_size
        if size not in seen:
            seen[size] = [cutouts.apply(image[None], d, size) for image, d in zip(images, draws, strict=True)]
        counts = [len(part) for part in seen[size]]
        embedded = torch.split(perceptor.embed_images(torch.cat(seen[size])), counts)
        for j, run in enumerate(runs):
            loss = losses.prompt_loss(embedded[j], run.texts[i], run.weights, run.stops)
            sums[j] = sums[j] + loss / len(perceptors)
    return sums
