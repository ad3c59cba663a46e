"""Resolve a request to the spec of its picture. Discord and the command line both come here."""

from collections.abc import Mapping
from typing import Any

from bot.config import LimitsSection
from bot.domain.job import Kind
from bot.errors import refusing
from bot.requests.gathering import Gathered
from bot.requests.request import Painted, Request
from engine.messages import BundleInfo, resolution
from engine.messages.resolution import Asked, Machine, Means, Resolved


def bundle_of(request: Request, known: Mapping[str, Any] | tuple[str, ...], default: str) -> str:
    """Return the name of the bundle to paint with. Raises :class:`bot.errors.BadSetting` for one not in ``known``."""
    name = request.wish.bundle
    if name is None:
        name = default
        if isinstance(request.picture, Painted):
            painted_with = request.picture.job.spec.bundle
            name = painted_with if painted_with in known or request.kind is not Kind.EDIT else name
    with refusing():
        return resolution.bundle_named(name, known)


def resolve(
    request: Request,
    gathered: Gathered,
    info: BundleInfo,
    limits: LimitsSection,
    machine: Machine,
    held: Mapping[str, Any] | None = None,
) -> Resolved:
    """Return the spec of a completed request, and notes for the requester.

    ``held`` are the settings of the member, the channel and the server. Raises :class:`bot.errors.BadSetting`.
    """
    asked = request.wish.asked(held)
    means = Means(
        info=info,
        machine=machine,
        bounds=limits.bounds,
        init=gathered.init.size if gathered.init else None,
        image_prompts=len(gathered.image_prompts),
        masked=gathered.mask is not None,
    )
    with refusing():
        spec, notes = _resolved(request, asked, means)
    return spec, (*request.wish.notes, *notes)


def _resolved(request: Request, asked: Asked, means: Means) -> Resolved:
    match request.kind, request.picture:
        case Kind.RERUN | Kind.REMIX, Painted(job=job):
            return resolution.remixed(job.spec, asked, means)
        case Kind.CONTINUE, Painted(job=job):
            return resolution.continued(job.spec, job.iteration, means)
        case Kind.UPSCALE, Painted(job=job):
            return resolution.upscaled(job.spec, asked, means)
        case kind, _:
            return resolution.painted(asked, means, editing=kind is Kind.EDIT)
