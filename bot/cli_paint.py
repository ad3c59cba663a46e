"""``imagine`` and ``edit`` in a terminal: the bar on stderr, the picture on disk, the recipe on stdout."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from bot.config import Config
from bot.errors import BadSetting
from bot.files import write_atomically
from bot.painting import Painting, Show, Task, paint
from engine.messages import Progress, Spec

_LONGEST_NAME = 60  # characters of a file name made from a prompt


def paint_to_file(task: Task, out: Path | None, config: Config, console: Console) -> tuple[Painting, Path]:
    """Paint, with progress on ``console``, and write the PNG.

    Raises what :func:`bot.painting.paint` raises, and OSError when the picture cannot be written.
    """
    folder = _check_out(out)
    with _shown(console) as show:
        painting = asyncio.run(paint(task, config, show))
    path = out if out is not None and folder is None else (folder or Path()) / _name(painting.spec)
    write_atomically(path, painting.png)
    return painting, path


def as_json(painting: Painting, path: Path) -> str:
    """One line."""
    finished, spec = painting.finished, painting.spec
    return json.dumps(
        {
            "seed": spec.seed,
            "size": f"{spec.width}x{spec.height}",
            "iterations": finished.iteration,
            "loss": finished.loss,
            "seconds": round(finished.seconds, 3),
            "device": painting.device,
            "path": str(path),
            "stopped": finished.stopped,
            "recipe": painting.recipe,
        }
    )


def _check_out(out: Path | None) -> Path | None:
    """The folder to make up a name in, if ``out`` is one. Raises :class:`BadSetting` before anything is painted."""
    if out is None:
        return None
    folder = out if out.is_dir() else out.absolute().parent
    if not folder.is_dir():
        raise BadSetting(f"The folder {folder} does not exist. Make it, or write --out somewhere else.")
    if not os.access(folder, os.W_OK):
        raise BadSetting(f"I may not write into {folder}. Write --out somewhere else.")
    if folder == out:
        return folder
    if out.suffix.lower() != ".png":
        raise BadSetting(f"I write PNG. Name the picture {out.with_suffix('.png').name}.")
    return None


def _name(spec: Spec) -> str:
    words = "-".join(re.findall(r"\w+", spec.prompt.lower()))[:_LONGEST_NAME].strip("-")
    return f"{words or 'picture'}-{spec.seed}.png"


@contextmanager
def _shown(console: Console) -> Iterator[Show]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        shown = bar.add_task("loading the models", total=None, loss="")

        def begin(spec: Spec) -> None:
            bar.reset(shown, total=spec.iterations, description="painting", loss="")

        def step(event: Progress) -> None:
            bar.update(shown, completed=event.iteration, total=event.iterations, loss=f"loss {event.loss:.4f}")

        yield Show(say=lambda text: bar.console.print(text, markup=False), begin=begin, step=step)
