"""One step of several compatible runs: one decode and one pass of each perceptor carry all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from engine.device import transfers
from engine.method import cutouts, latent, losses
from engine.method.cutouts import Numbers, Plan
from engine.run.run import Run

Plans = Mapping[int, list[Plan]]
"""The plan of each run's cutouts by a perceptor's input size."""


def step(runs: Sequence[Run], chunk: int | None = None) -> None:
    """Advance every run by one iteration. The runs share :meth:`engine.run.descent.Descent.batch_key`.

    ``chunk`` is the number of cutouts of each run to look at at a time, None for all; it changes only the rounding.
    The loss of a run is that of paper §2.4: the weighted distances to its prompts, plus its penalty.
    The losses are independent, so one backward pass of their sum gives each run its own gradient. Nothing here waits
    for the device: the cutouts' random numbers go there in one copy, and losses are read later.
    """
    torch.set_num_threads(runs[0].spec.threads)
    draws = [run.draw() for run in runs]
    images = latent.clamp_with_grad(runs[0].generator.decode(_codes(runs)))
    images = torch.cat([run.joined(image[None]) for run, image in zip(runs, images, strict=True)])
    if chunk is None:
        distances = _distances(runs, draws, images)
    else:
        distances = _gathered(runs, draws, images, chunk)
    penalties = [run.penalty(image[None]) for run, image in zip(runs, images, strict=True)]
    totals = [distance + penalty for distance, penalty in zip(distances, penalties, strict=True)]
    torch.stack(totals).sum().backward()
    for run, total in zip(runs, totals, strict=True):
        run.descend(total.detach())


def _plans(runs: Sequence[Run], draws: Sequence[cutouts.Draw], images: Tensor) -> Plans:
    """Return the plans of the drawings for ``images`` (n, 3, H, W), their numbers on the device."""
    height, width = images.shape[-2:]
    plans = {size: [cutouts.plan(drawn, width, height, size) for drawn in draws] for size in _sizes(runs)}
    numbers = [tensor for of_size in plans.values() for plan in of_size for tensor in plan.numbers]
    sent = iter(transfers.to_device(numbers, images.device))
    for of_size in plans.values():
        of_size[:] = [replace(plan, numbers=Numbers(*(next(sent) for _ in plan.numbers))) for plan in of_size]
    return plans


def _sizes(runs: Sequence[Run]) -> list[int]:
    """Return the input sizes of the perceptors that any run asks."""
    asked = [p for i, p in enumerate(runs[0].perceptors) if any(run.perceptor_weights[i] for run in runs)]
    return list(dict.fromkeys(perceptor.input_size for perceptor in asked))


def _codes(runs: Sequence[Run]) -> Tensor:
    """Return what to decode, (n, e, h, w). Runs with the same kind of latent are quantised at once."""
    generator = runs[0].bundle.generator
    codes: dict[int, Tensor] = {}
    for method in {run.latent: None for run in runs}:
        mine = [i for i, run in enumerate(runs) if run.latent is method]
        drawn = [method.draw(runs[i].z, runs[i].rng) for i in mine]
        numbers = transfers.to_device([one for one in drawn if one is not None], runs[0].bundle.device)
        z_q = method.z_q(torch.cat([runs[i].z for i in mine]), torch.cat(numbers) if numbers else None, generator)
        codes |= dict(zip(mine, z_q.split(1), strict=True))
    return torch.cat([run.held(codes[i]) for i, run in enumerate(runs)])


def _distances(runs: Sequence[Run], draws: Sequence[cutouts.Draw], images: Tensor) -> list[Tensor]:
    """Return the prompt loss of each run, averaged over the perceptors by their weights."""
    seen = {
        size: [cutouts.follow(plan, image[None]) for image, plan in zip(images, plans, strict=True)]
        for size, plans in _plans(runs, draws, images).items()
    }
    sums = [images.new_zeros(()) for _ in runs]
    for i, perceptor in enumerate(runs[0].perceptors):
        if not any(run.perceptor_weights[i] for run in runs):
            continue
        parts = seen[perceptor.input_size]
        embedded = torch.split(perceptor.embed_images(torch.cat(parts)), [len(part) for part in parts])
        for j, run in enumerate(runs):
            now = run.targets
            loss = losses.prompt_loss(embedded[j], now.embeddings[i], now.weights, now.stops)
            sums[j] = sums[j] + loss * run.perceptor_weights[i]
    return sums


class _Gathered(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: Tensor, values: Tensor, gradients: Tensor) -> Tensor:
        ctx.save_for_backward(gradients)
        return values.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (gradients,), (grad,) = ctx.saved_tensors, grads
        return gradients * grad.view(-1, 1, 1, 1), None, None


def _gathered(runs: Sequence[Run], draws: Sequence[cutouts.Draw], images: Tensor, chunk: int) -> list[Tensor]:
    """Return :func:`_distances` of all cutouts, from at most ``chunk`` of each run at a time.

    Their gradients are gathered at the picture and go back through the decoder once. The chunks' means are weighted by
    their lengths, so the result is the same except for rounding.
    """
    counts = [len(drawn.noise) for drawn in draws]
    seen = images.detach().requires_grad_()
    values = images.new_zeros(len(runs))
    for first in range(0, max(counts), chunk):
        mine = [i for i, count in enumerate(counts) if first < count]
        parts = [cutouts.part(draws[i], first, first + chunk) for i in mine]
        means = _distances([runs[i] for i in mine], parts, torch.stack([seen[i] for i in mine]))
        weighed = [mean * (len(part.noise) / counts[i]) for i, part, mean in zip(mine, parts, means, strict=True)]
        torch.stack(weighed).sum().backward()
        for i, value in zip(mine, weighed, strict=True):
            values[i] += value.detach()
    assert seen.grad is not None
    return list(_Gathered.apply(images, values, seen.grad).unbind())  # type: ignore[no-untyped-call]
