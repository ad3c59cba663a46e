"""Files of a job are replaced wholly or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.jobs.files import Files


async def test_what_was_written_is_read_back_and_removed(files: Files) -> None:
    path = files.final(3)
    assert await files.read(path) is None
    await files.write(path, b"one")
    await files.write(path, b"two")
    assert await files.read(path) == b"two"
    assert [entry.name for entry in files.folder(3).iterdir()] == ["final.png"]
    await files.remove(path)
    await files.remove(path)
    assert await files.read(path) is None


async def test_a_write_that_fails_keeps_the_old_content_and_leaves_no_rest(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    await files.write(files.checkpoint(3), b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        await files.write(files.checkpoint(3), b"new")
    assert await files.read(files.checkpoint(3)) == b"old"
    assert [entry.name for entry in files.folder(3).iterdir()] == ["checkpoint"]


async def test_clear_takes_all_files_of_one_job(files: Files) -> None:
    for job_id in (3, 33):
        await files.write(files.init_image(job_id), b"init")
    await files.clear(3)
    await files.clear(3)
    assert not files.folder(3).exists()
    assert await files.read(files.init_image(33)) == b"init"


def test_each_file_has_its_own_place(tmp_path: Path) -> None:
    files = Files(tmp_path)
    places = {
        places(job)
        for job in (1, 2)
        for places in (files.init_image, files.mask, files.region, files.checkpoint, files.final)
    }
    places |= {files.image_prompt(job, number) for job in (1, 2) for number in (0, 1)}
    assert len(places) == 14
