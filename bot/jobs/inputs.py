"""Store and read the pictures that a run needs."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.job import NewJob
from bot.jobs.files import Files


class InputLost(Exception):
    """A picture that a job needs is missing from the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Hold encoded pictures for :class:`engine.messages.StartRun`."""

    init_image: bytes | None = None
    mask: bytes | None = None
    image_prompts: tuple[bytes, ...] = ()

    def check(self, job: NewJob) -> None:
        """Raise ValueError unless ``job`` has a hash for each picture and no other hash."""
        for name, there in (("input", self.init_image), ("mask", self.mask)):
            if (there is None) != (getattr(job, f"{name}_hash") is None):
                raise ValueError(f"{name}_hash must be set exactly when there is such a picture")
        if len(self.image_prompts) != len(job.image_prompt_hashes):
            raise ValueError("image_prompt_hashes must have one for each image prompt")

    async def write(self, files: Files, job_id: int) -> None:
        """Store the pictures. Raises OSError, for example if the disk is full."""
        for path, content in (
            (files.init_image(job_id), self.init_image),
            (files.mask(job_id), self.mask),
            *((files.image_prompt(job_id, number), one) for number, one in enumerate(self.image_prompts)),
        ):
            if content is not None:
                await files.write(path, content)

    @classmethod
    async def read(cls, files: Files, job_id: int, job: NewJob) -> Inputs:
        """Read the pictures of a job. Raises :class:`InputLost` if one is missing."""
        prompts = [files.image_prompt(job_id, number) for number in range(len(job.image_prompt_hashes))]
        init_image = await files.read(files.init_image(job_id)) if job.input_hash else None
        mask = await files.read(files.mask(job_id)) if job.mask_hash else None
        image_prompts = [content for path in prompts if (content := await files.read(path)) is not None]
        inputs = cls(init_image=init_image, mask=mask, image_prompts=tuple(image_prompts))
        try:
            inputs.check(job)
        except ValueError:
            raise InputLost from None
        return inputs
