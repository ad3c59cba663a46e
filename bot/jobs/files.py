"""Keep the files of jobs: uploads, checkpoints and finished pictures."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

_IMAGE_PROMPT = "image-prompt-"


class Files:
    """One directory per job under ``root``. Writes are atomic and survive a power cut."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, job_id: int) -> Path:
        return self.root / str(job_id)

    def init_image(self, job_id: int) -> Path:
        """Return the picture that the run starts from."""
        return self.folder(job_id) / "init"

    def mask(self, job_id: int) -> Path:
        """Return the mask as it was sent, in the init image's size."""
        return self.folder(job_id) / "mask"

    def image_prompt(self, job_id: int, number: int) -> Path:
        """Return a picture that guides the run, counted from 0."""
        return self.folder(job_id) / f"{_IMAGE_PROMPT}{number}"

    def region(self, job_id: int) -> Path:
        """Return where the run replaced what words named, as a grey PNG."""
        return self.folder(job_id) / "region.png"

    def checkpoint(self, job_id: int) -> Path:
        """Return the newest state of the run, from which it can be continued."""
        return self.folder(job_id) / "checkpoint"

    def film(self, job_id: int) -> Path:
        """Return the timelapse of a finished run, as an MP4."""
        return self.folder(job_id) / "film.mp4"

    def final(self, job_id: int) -> Path:
        """Return the finished picture, as a PNG."""
        return self.folder(job_id) / "final.png"

    def is_picture(self, name: str) -> bool:
        """Return whether a file of that name is a finished picture."""
        return name == self.final(0).name

    def is_upload(self, name: str) -> bool:
        """Return whether a file of that name was uploaded."""
        return name in (self.init_image(0).name, self.mask(0).name) or name.startswith(_IMAGE_PROMPT)

    def is_frame(self, name: str) -> bool:
        """Return whether a file of that name was left by a run: a checkpoint, a film or a region."""
        return not (self.is_picture(name) or self.is_upload(name))

    def job_ids(self) -> list[int]:
        """Return the ids of all jobs that have a folder."""
        folders = self.root.iterdir() if self.root.exists() else ()
        return sorted(int(folder.name) for folder in folders if folder.name.isdecimal())

    def prune(self, job_id: int, unwanted: Callable[[str], bool]) -> int:
        """Delete a job's unwanted files, and its folder once it is empty. Return how many files those were."""
        folder, deleted = self.folder(job_id), 0
        for path in list(folder.iterdir()) if folder.exists() else ():
            if unwanted(path.name):
                path.unlink(missing_ok=True)
                deleted += 1
        with contextlib.suppress(OSError):  # it still holds something
            folder.rmdir()
        return deleted

    async def write(self, path: Path, content: bytes) -> None:
        """Replace ``path`` by ``content``, wholly or not at all. Raises OSError."""
        await asyncio.to_thread(write_atomically, path, content)

    async def read(self, path: Path) -> bytes | None:
        """Return the content, or None if there is no such file."""
        return await asyncio.to_thread(_read, path)

    async def remove(self, path: Path) -> None:
        await asyncio.to_thread(path.unlink, missing_ok=True)

    async def clear(self, job_id: int) -> None:
        """Remove all files of a job, for example those that an older database left."""
        await asyncio.to_thread(shutil.rmtree, self.folder(job_id), ignore_errors=True)


def write_atomically(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace a file so that a crash leaves either the old one or the new one. ``mode`` is its permissions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # the whole name might make it too long
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the rename durable. Windows needs no such call."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
