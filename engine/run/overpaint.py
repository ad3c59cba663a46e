"""A run that goes on from its own picture with something painted over it (001 appendix C)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from engine import pictures

if TYPE_CHECKING:
    from engine.run.run import Run

PAINTED_OVER = 4 / 255
"""Mean change of a cell's pixels from which it counts as painted over; a JPEG's own changes are smaller."""


@torch.no_grad()
def paint_over(run: Run, painted: bytes) -> None:
    """Let ``run`` go on from ``painted``.

    z is encoded anew in the cells whose pixels changed, where the latent penalty then rests, and stays bit for bit in
    the others. A run that is still at half size goes to the whole one, for what was painted has details. Raises
    :class:`ValueError` when it is not a picture.
    """
    image = pictures.decode(painted, run.spec.width, run.spec.height).to(run.bundle.device)
    change = (image - run.picture()).abs().mean(1, keepdim=True)
    changed = functional.avg_pool2d(change, run.generator.f) > PAINTED_OVER
    if run.masked is not None:
        changed = changed & run.masked.free
    run.plateau.reset()
    if not changed.any():
        return
    run.refine()
    z = run.generator.encode(image)
    p = run.latent.begin(z, run.bundle.generator)
    run.z.copy_(torch.where(changed, p, run.z))
    if run.average is not None and run.average.value is not None:
        run.average.value = torch.where(changed, p, run.average.value)
    if run.rest is not None:
        run.rest = torch.where(changed, z, run.rest)
    if run.refined is not None:
        size = run.refined.shape[2:]
        repainted = functional.interpolate(changed.float(), size) > 0
        run.refined = torch.where(repainted, functional.interpolate(image, size, mode="area"), run.refined)
    if run.z in run.optimiser.state:
        moments = run.optimiser.state[run.z]["exp_avg"]
        moments.masked_fill_(changed, 0)  # it pointed away from what is not there now
