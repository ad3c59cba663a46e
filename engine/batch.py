"""One step of several compatible runs: one decode and one pass of each perceptor carry all of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine import chunks, cutouts, latent, losses
from engine.run import Run, autocast


def step(runs: Sequence[Run], chunk: int | None = None) -> None:
    """Advance every run by one iteration. The runs share :meth:`engine.run.Run.batch_key`.

    ``chunk`` is how many cutouts of each run are looked at at a time, None all of them; to rounding it changes nothing.
    The loss of a run is 001 §2.4's: CLIP's distance to its prompts, by the perceptors' weights, plus its penalty. The
    runs' losses are independent, so one backward pass of their sum gives each its own gradient.
    """
    bundle, spec = runs[0].bundle, runs[0].spec
    torch.set_num_threads(spec.threads)
    draws = [run.draw() for run in runs]
    with autocast(spec.precision, bundle.device):
        images = latent.clamp_with_grad(runs[0].generator.decode(_codes(runs)).float())
        images = torch.cat([run.joined(image[None]) for run, image in zip(runs, images, strict=True)])
        if chunk is None:
            distances = _distances(runs, draws, images)
        else:
            distances = chunks.gathered(_distances, runs, draws, images, chunk)
    penalties = [run.penalty(image[None]) for run, image in zip(runs, images, strict=True)]
    totals = [distance + penalty for distance, penalty in zip(distances, penalties, strict=True)]
    torch.stack(totals).sum().backward()
    for run, total in zip(runs, totals, strict=True):
        run.descend(float(total.detach()))


def _codes(runs: Sequence[Run]) -> Tensor:
    """What is decoded, (n, e, h, w); runs with the same way to optimise are quantised at once."""
    generator = runs[0].bundle.generator
    codes: dict[int, Tensor] = {}
    for method in {run.latent: None for run in runs}:
        mine = [i for i, run in enumerate(runs) if run.latent is method]
        drawn = [method.draw(runs[i].z, runs[i].rng) for i in mine]
        numbers = [one for one in drawn if one is not None]
        z_q = method.z_q(torch.cat([runs[i].z for i in mine]), torch.cat(numbers) if numbers else None, generator)
        codes |= dict(zip(mine, z_q.split(1), strict=True))
    return torch.cat([run.held(codes[i]) for i, run in enumerate(runs)])


def _distances(runs: Sequence[Run], draws: Sequence[cutouts.Draw], images: Tensor) -> list[Tensor]:
    """Per run, the prompt loss averaged over the perceptors by their weights, each at its own input size."""
    seen: dict[int, list[Tensor]] = {}
    sums = [images.new_zeros(()) for _ in runs]
    for i, perceptor in enumerate(runs[0].bundle.perceptors):
        if not any(run.perceptor_weights[i] for run in runs):
            continue
        size = perceptor.input_size
        if size not in seen:
            seen[size] = [cutouts.apply(image[None], d, size) for image, d in zip(images, draws, strict=True)]
        counts = [len(part) for part in seen[size]]
        embedded = torch.split(perceptor.embed_images(torch.cat(seen[size])), counts)
        for j, run in enumerate(runs):
            now = run.targets
            loss = losses.prompt_loss(embedded[j], now.embeddings[i], now.weights, now.stops)
            sums[j] = sums[j] + loss * run.perceptor_weights[i]
    return sums
