"""Read and check the pictures of a request: those that were sent, and those of the job that it goes on from."""

import asyncio
import hashlib
from dataclasses import dataclass, replace
from typing import assert_never

from bot.config import Config, LimitsSection
from bot.domain.job import Job, Kind
from bot.errors import BadSetting, NothingToEdit
from bot.images import masks, uploads
from bot.jobs.files import Files
from bot.jobs.inputs import InputLost, Inputs
from bot.requests.request import Painted, Request, Upload
from bot.texts import moderation
from bot.words import prompts, recipe
from engine.messages import Spec
from engine.messages.resolution import UPSCALE_IS_WHOLE
from engine.messages.sizes import InitSize


@dataclass(frozen=True, slots=True, kw_only=True)
class InitImage:
    """The picture that a run starts from."""

    image: bytes  # encoded
    size: InitSize
    input_hash: str  # SHA-256, in hex, of the file that it came from
    notes: tuple[str, ...] = ()  # about what was changed
    facts: tuple[str, ...] = ()  # for the recipe, like those of Gathered


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All pictures of a job to be, with the SHA-256, in hex, of the files that they came from."""

    init: InitImage | None = None
    mask: bytes | None = None
    mask_hash: str | None = None
    image_prompts: tuple[bytes, ...] = ()
    image_prompt_hashes: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()  # for the recipe: what became of the files' colour profiles

    def fitted(self, spec: Spec) -> Inputs:
        """Return the pictures at the size that the run starts with. Blocks."""
        size = spec.width // spec.upscale, spec.height // spec.upscale
        return Inputs(
            init_image=uploads.fit(self.init.image, *size) if self.init else None,
            mask=uploads.fit_mask(self.mask, *size) if self.mask else None,
            image_prompts=self.image_prompts,
        )


async def gather(request: Request, config: Config, files: Files) -> Gathered:
    """Return the pictures of a request. Raises :class:`bot.errors.UserError` if they are unusable or gone."""
    match request.picture:
        case Painted(job=job) if request.kind.repeats:
            return await _repeated(job, config, files)
        case Painted(job=job):
            init = await _painted(job, config, files)
            gathered = await asyncio.to_thread(prepare, request, config.limits, init)
            # The same words and pictures guide an upscale.
            guides = await _guides_of(job, config, files) if request.kind is Kind.UPSCALE else gathered
            return replace(guides, init=init)
        case _:
            return await asyncio.to_thread(prepare, request, config.limits)


def prepare(request: Request, limits: LimitsSection, init: InitImage | None = None) -> Gathered:
    """Return the pictures that were sent, and ``init`` if the bot painted what the request starts from. Blocks.

    Raises :class:`bot.errors.UserError` for a picture that cannot be used.
    """
    if request.kind is Kind.UPSCALE and (request.mask or request.image_prompts):
        raise BadSetting(UPSCALE_IS_WHOLE)
    match request.picture:
        case None:
            if request.kind is not Kind.IMAGINE:
                raise NothingToEdit()
        case Upload(content=content):
            init = _sent(content, limits, upscaling=request.kind is Kind.UPSCALE)
        case Painted():
            pass
        case _:
            assert_never(request.picture)
    guides = [prepared_upload(content, limits) for content in request.image_prompts]
    profiles = {f"image prompt {number}": guide.profile for number, guide in enumerate(guides, 1)}
    gathered = Gathered(
        init=init,
        image_prompts=tuple(guide.png for guide in guides),
        image_prompt_hashes=tuple(guide.input_hash for guide in guides),
        facts=(*(init.facts if init else ()), *recipe.profiles_read(profiles)),
    )
    if request.mask is None:
        return gathered
    mask = prepared_upload(request.mask, limits)
    return replace(
        gathered,
        mask=masks.read(request.mask, init.image if init else None),
        mask_hash=mask.input_hash,
        facts=(*gathered.facts, *recipe.profiles_read({"mask": mask.profile})),
    )


def prepared_upload(content: bytes, limits: LimitsSection) -> uploads.Prepared:
    """Return a file as a picture. Raises as :func:`bot.images.uploads.prepare_image`."""
    return uploads.prepare_image(content, max_bytes=limits.max_upload_bytes, max_pixels=limits.max_input_pixels)


def _sent(content: bytes, limits: LimitsSection, *, upscaling: bool) -> InitImage:
    prepared = prepared_upload(content, limits)
    size = prepared.width, prepared.height
    line = recipe.read(content) if upscaling else None
    return InitImage(
        image=prepared.png,
        size=InitSize(
            width=prepared.width,
            height=prepared.height,
            painted=line is not None and prompts.parse(line).size == size,
        ),
        input_hash=prepared.input_hash,
        notes=prepared.notes,
        facts=recipe.profiles_read({"input": prepared.profile}),
    )


async def _painted(job: Job, config: Config, files: Files) -> InitImage:
    """Return the bot's own picture as the engine made it."""
    image = None if job.removed in moderation.WISHED else await files.read(files.final(job.id))
    if image is None:
        raise _lost(job, config)
    return _of_job(job, image, hashlib.sha256(image).hexdigest())


async def _repeated(job: Job, config: Config, files: Files) -> Gathered:
    """Return the pictures that the job's run was made with."""
    inputs = await _inputs_of(job, config, files)
    image = inputs.init_image
    return Gathered(
        init=None if image is None or job.input_hash is None else _of_job(job, image, job.input_hash),
        mask=inputs.mask,
        mask_hash=job.mask_hash,
        image_prompts=inputs.image_prompts,
        image_prompt_hashes=job.image_prompt_hashes,
        facts=job.input_facts,
    )


async def _guides_of(job: Job, config: Config, files: Files) -> Gathered:
    if not job.image_prompt_hashes:
        return Gathered()
    inputs = await _inputs_of(job, config, files)
    facts = tuple(fact for fact in job.input_facts if fact.startswith("image prompt"))
    return Gathered(image_prompts=inputs.image_prompts, image_prompt_hashes=job.image_prompt_hashes, facts=facts)


async def _inputs_of(job: Job, config: Config, files: Files) -> Inputs:
    if job.removed in moderation.WISHED:  # the member's wish holds even if no file is needed
        raise _lost(job, config)
    try:
        return await Inputs.read(files, job.id, job)
    except InputLost:
        raise _lost(job, config) from None


def _of_job(job: Job, image: bytes, input_hash: str) -> InitImage:
    size = InitSize(width=job.spec.width, height=job.spec.height, painted=True)
    return InitImage(image=image, size=size, input_hash=input_hash)


def _lost(job: Job, config: Config) -> NothingToEdit:
    return NothingToEdit(moderation.gone(job.removed, config.storage.pictures_days))
