"""The pictures of a request: those that were sent, and those that the job has which it goes on from."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from typing import assert_never

from bot.config import Config
from bot.domain.job import Job, Kind
from bot.errors import BadSetting, NothingToEdit
from bot.images import masks, uploads
from bot.jobs.files import Files
from bot.jobs.inputs import InputLost, Inputs
from bot.requests.pictures import Painted, Upload
from bot.requests.request import Request
from bot.texts import refusals, safety
from bot.words.sizes import Source
from engine.messages import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """An encoded picture to start from; ``input_hash`` is the SHA-256 of the file that it came from."""

    image: bytes
    source: Source
    input_hash: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All pictures of a job to be, with the SHA-256 of the files that they came from."""

    start: Start | None = None
    mask: bytes | None = None
    mask_hash: str | None = None
    image_prompts: tuple[bytes, ...] = ()
    image_prompt_hashes: tuple[str, ...] = ()

    @property
    def source(self) -> Source | None:
        return self.start.source if self.start else None

    def fitted(self, spec: Spec) -> Inputs:
        """At the size that ``spec`` paints; an upscale begins with what it was. Blocks."""
        size = spec.width // spec.upscale, spec.height // spec.upscale
        return Inputs(
            init_image=uploads.fit(self.start.image, *size) if self.start else None,
            mask=uploads.fit_mask(self.mask, *size) if self.mask else None,
            image_prompts=self.image_prompts,
        )


async def gather(request: Request, config: Config, files: Files) -> Gathered:
    """Raises :class:`bot.errors.UserError` for pictures that cannot be used, and for those that are gone."""
    if request.kind is Kind.UPSCALE and (request.mask or request.image_prompts):
        raise BadSetting(refusals.UPSCALE_IS_WHOLE)
    match request.picture:
        case None:
            if request.kind is not Kind.IMAGINE:
                raise NothingToEdit()
            start = None
        case Upload(content=content):
            start = await _sent(content, config)
        case Painted(job=job) if request.kind.repeats:
            return await _repeated(job, config, files)
        case Painted(job=job):
            start = await _painted(job, config, files)
            if request.kind is Kind.UPSCALE:  # the same words and pictures guide it
                return replace(await _guides_of(job, config, files), start=start)
        case _:
            assert_never(request.picture)
    return await _with_sent(request, start, config)


async def _sent(content: bytes, config: Config) -> Start:
    prepared = await prepared_upload(content, config)
    return Start(
        image=prepared.png,
        source=Source(width=prepared.width, height=prepared.height),
        input_hash=prepared.input_hash,
        notes=prepared.notes,
    )


async def prepared_upload(content: bytes, config: Config) -> uploads.Prepared:
    """A member's file as a picture. Raises as :func:`bot.images.uploads.prepare_image`."""
    limits = config.limits
    return await asyncio.to_thread(
        uploads.prepare_image, content, max_bytes=limits.max_upload_bytes, max_pixels=limits.max_input_pixels
    )


async def _with_sent(request: Request, start: Start | None, config: Config) -> Gathered:
    guides = [await prepared_upload(content, config) for content in request.image_prompts]
    gathered = Gathered(
        start=start,
        image_prompts=tuple(guide.png for guide in guides),
        image_prompt_hashes=tuple(guide.input_hash for guide in guides),
    )
    if request.mask is None:
        return gathered
    shape = await prepared_upload(request.mask, config)
    await asyncio.to_thread(masks.check, request.mask, gathered.source)
    return replace(gathered, mask=request.mask, mask_hash=shape.input_hash)


async def _painted(job: Job, config: Config, files: Files) -> Start:
    """The bot's own picture as the engine made it."""
    image = None if job.removed in safety.WISHED else await files.read(files.final(job.id))
    if image is None:
        raise _lost(job, config)
    return _start_of(job, image, hashlib.sha256(image).hexdigest())


async def _repeated(job: Job, config: Config, files: Files) -> Gathered:
    """What its run was made with."""
    inputs = await _inputs_of(job, config, files)
    image = inputs.init_image
    return Gathered(
        start=None if image is None or job.input_hash is None else _start_of(job, image, job.input_hash),
        mask=inputs.mask,
        mask_hash=job.mask_hash,
        image_prompts=inputs.image_prompts,
        image_prompt_hashes=job.image_prompt_hashes,
    )


async def _guides_of(job: Job, config: Config, files: Files) -> Gathered:
    if not job.image_prompt_hashes:
        return Gathered()
    inputs = await _inputs_of(job, config, files)
    return Gathered(image_prompts=inputs.image_prompts, image_prompt_hashes=job.image_prompt_hashes)


async def _inputs_of(job: Job, config: Config, files: Files) -> Inputs:
    if job.removed in safety.WISHED:  # also where its files would not be needed
        raise _lost(job, config)
    try:
        return await Inputs.read(files, job.id, job)
    except InputLost:
        raise _lost(job, config) from None


def _start_of(job: Job, image: bytes, input_hash: str) -> Start:
    source = Source(width=job.spec.width, height=job.spec.height, painted=True)
    return Start(image=image, source=source, input_hash=input_hash)


def _lost(job: Job, config: Config) -> NothingToEdit:
    return NothingToEdit(safety.gone(job.removed, config.storage.pictures_days))
