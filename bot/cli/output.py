"""Paint and report in a terminal: a bar on stderr, files on disk, the recipe on stdout."""

import asyncio
import inspect
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from bot.cli import files, terminal
from bot.cli.commissions import Commission, weighed
from bot.cli.engine_run import Extras, Interrupted, Painting, PaintingFailed, Reporter, paint
from bot.config import Config
from bot.engines.client import EngineDied
from bot.errors import BadSetting
from engine.messages import Film, Progress, Spec

_INPUTS = ("image", "init", "picture", "mask", "file", "image_prompt")  # options that name files to read

FilmFile = Annotated[Path | None, typer.Option("--film", help="A film of the run to write: .mp4 or .webp.")]
Checkpoint = Annotated[Path | None, typer.Option(help="A file to save the run in, for resume, continue and branch.")]
Every = Annotated[int, typer.Option(help="Save it every so many iterations, besides at the end.")]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="Where to write the PNG; named after the prompt if left out.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else there.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPlan:
    """Hold what a command is to paint."""

    make: Callable[[Config], Commission]
    region: bool = False  # write where it painted, too
    saved_in: Path | None = None  # save the run there unless --checkpoint names another file
    reads: tuple[Path, ...] = ()  # files that must not be overwritten


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The options of every command that paints: what to write, and how to report."""

    out: Out = None
    film: FilmFile = None
    checkpoint: Checkpoint = None
    every: Every = 0
    as_json: AsJson = False
    config: terminal.ConfigPath = None

    def checked(self, plan: OutputPlan) -> Extras:
        """Return what the engine is to keep. Raises :class:`BadSetting` for a file that cannot be written."""
        folder = files.check_out(self.out)
        named = [path for path in (self.film, self.checkpoint) if path is not None]
        for path in named:
            files.check_file(path)
        files.check_apart(plan.reads, named if self.out is None or folder else [self.out, *named])
        if self.every and self.checkpoint is None:
            raise BadSetting("--every needs a file to save the run in: give --checkpoint FILE too.")
        if self.every < 0:
            raise BadSetting("--every is a number of iterations, 1 or more.")
        return Extras(film=_film(self.film), checkpoint=self.checkpoint, every=self.every)


def painting(command: Callable[..., OutputPlan], *sources: Callable[..., object]) -> Callable[..., None]:
    """Return the command that paints a plan, with the options of :class:`Kept`.

    ``command`` gets its own parameters by name, and those of ``sources`` that have defaults.
    """

    def paint(**options: Any) -> None:
        kept = Kept(**{field.name: options.pop(field.name) for field in fields(Kept)})
        with terminal.explained():
            plan = command(**options)
        reads = [*_reads(options), kept.config or Path("config.toml")]
        kept = replace(kept, checkpoint=kept.checkpoint or plan.saved_in)
        if plan.saved_in and kept.checkpoint and files.same(plan.saved_in, kept.checkpoint):
            reads = [path for path in reads if not files.same(path, plan.saved_in)]
        paint_one(replace(plan, reads=tuple(reads)), kept)

    parameters = dict(inspect.signature(command, eval_str=True).parameters)
    for source in (*sources, Kept):
        shared = inspect.signature(source, eval_str=True).parameters
        parameters |= {name: one for name, one in shared.items() if one.default is not one.empty}
    shown = [one.replace(kind=one.KEYWORD_ONLY) for one in parameters.values() if one.kind is not one.VAR_KEYWORD]
    paint.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    paint.__doc__ = command.__doc__
    return paint


def _reads(options: Mapping[str, Any]) -> Iterator[Path]:
    for name in _INPUTS:
        match options.get(name):
            case Path() as path:
                yield path
            case list() as texts:
                yield from (weighed(text)[0] for text in texts)


def paint_one(plan: OutputPlan, kept: Kept) -> None:
    """Paint a picture, write its files and print their names. Ends the program if that fails or is stopped."""
    with terminal.explained():
        extras, config = kept.checked(plan), Config.load(kept.config)
        painting, written = run(
            [plan.make(config)],
            config,
            extras,
            lambda painting: _write(painting, plan, kept),
            lambda spec: _check(spec, plan, kept),
        )[0]
    if kept.as_json:
        typer.echo(_json(painting, written))
    else:
        typer.echo("\n".join([painting.recipe, *(str(path) for path in written.values())]))
    if painting.finished.stopped:
        further = f" `resume {written['checkpoint']}` goes on from there." if "checkpoint" in written else ""
        terminal.complain(f"{stopped(painting)}, kept in {written['path']}.{further}")
        raise typer.Exit(terminal.INTERRUPTED)


def stopped(painting: Painting) -> str:
    """Return the beginning of a sentence about a run that Ctrl-C ended."""
    return f"Stopped at {painting.finished.iteration} of {painting.spec.iterations}"


def run(
    commissions: Sequence[Commission],
    config: Config,
    extras: Extras,
    write: Callable[[Painting], dict[str, Path]],
    check: Callable[[Spec], None] = lambda spec: None,
) -> list[tuple[Painting, dict[str, Path]]]:
    """Paint all and write each as soon as it is done. Return the pictures, and the files of each by their names.

    ``check`` may refuse a picture before it is painted. There are fewer pictures than commissions if Ctrl-C ended it.
    Raises :class:`bot.errors.UserError`, and ends the program for any other failure.
    """
    paintings: list[tuple[Painting, dict[str, Path]]] = []
    try:
        with _shown(
            terminal.stderr, len(commissions), lambda painting: paintings.append((painting, write(painting))), check
        ) as reporter:
            asyncio.run(paint(commissions, config, reporter, extras))
    except PaintingFailed as error:
        terminal.complain(str(error))
        raise typer.Exit(terminal.BAD_USAGE if error.bad_request else terminal.FAILED) from None
    except EngineDied as error:
        terminal.complain(f"{error}. `python -m bot doctor` looks for the cause.")
        raise typer.Exit(terminal.FAILED) from None
    except OSError as error:
        terminal.complain(f"The picture could not be written: {error}")
        raise typer.Exit(terminal.FAILED) from None
    except Interrupted:
        terminal.complain("Interrupted.")
        raise typer.Exit(terminal.INTERRUPTED) from None
    return paintings


def _write(painting: Painting, plan: OutputPlan, kept: Kept) -> dict[str, Path]:
    """Write the files of a picture, and return them by their names."""
    written = _pictures(painting.spec, plan, kept)
    files.write(written["path"], painting.png)
    if "region" in written:
        if painting.mask is None:
            del written["region"]
        else:
            files.write(written["region"], painting.mask)
    if kept.film is not None and painting.finished.film is not None:
        written["film"] = kept.film
        files.write(kept.film, painting.finished.film)
    elif kept.film is not None:
        terminal.complain("The film could not be made; the picture is there.")
    if kept.checkpoint is not None and kept.checkpoint.exists():
        written["checkpoint"] = kept.checkpoint
    return written


def _pictures(spec: Spec, plan: OutputPlan, kept: Kept) -> dict[str, Path]:
    """Return the pictures to write by their names."""
    out = kept.out or Path()
    path = out / files.picture_name(spec) if out.is_dir() else out
    region = path.with_name(f"{path.stem}-region.png")
    return {"path": path, "region": region} if plan.region else {"path": path}


def _check(spec: Spec, plan: OutputPlan, kept: Kept) -> None:
    """Raise :class:`BadSetting` if a picture's name, which the prompt may have made, is taken or too long."""
    paths = list(_pictures(spec, plan, kept).values())
    for path in paths:
        files.check_file(path)
    files.check_apart(plan.reads, [*paths, *(path for path in (kept.film, kept.checkpoint) if path is not None)])


def _json(painting: Painting, written: dict[str, Path]) -> str:
    """Return one line."""
    finished, spec = painting.finished, painting.spec
    return json.dumps(
        {
            "seed": spec.seed,
            "size": f"{spec.width}x{spec.height}",
            "iterations": finished.iteration,
            "loss": finished.loss if math.isfinite(finished.loss) else None,  # JSON has no NaN
            "seconds": round(finished.seconds, 3),
            "device": painting.device,
            **{name: str(path) for name, path in written.items()},
            "stopped": finished.stopped,
            "recipe": painting.recipe,
        }
    )


def _film(path: Path | None) -> Film | None:
    if path is None:
        return None
    try:
        return Film(path.suffix.lower().lstrip("."))
    except ValueError:
        raise BadSetting(f"A film is {' or '.join(f'.{film}' for film in Film)}, and {path.name} is neither.") from None


@contextmanager
def _shown(
    console: Console, total: int, done: Callable[[Painting], None], check: Callable[[Spec], None]
) -> Iterator[Reporter]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        shown = bar.add_task("loading the models", total=None, loss="")
        begun = 0

        def begin(spec: Spec) -> None:
            nonlocal begun
            check(spec)
            begun += 1
            which = f" {begun} of {total}" if total > 1 else ""
            bar.reset(shown, total=spec.iterations, description=f"painting{which}", loss="")

        def step(event: Progress) -> None:
            bar.update(shown, completed=event.iteration, total=event.iterations, loss=f"loss {event.loss:.4f}")

        yield Reporter(say=lambda text: bar.console.print(text, markup=False), begin=begin, step=step, done=done)
