"""List, fetch, check and add weights: ``python -m bot weights``."""

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from bot.cli.terminal import FAILED, INTERRUPTED, complain, explained, stderr, stdout
from bot.config import Config
from bot.errors import WeightsFailed
from bot.weights import adding, catalogue, overview
from bot.weights.catalogue import Checkpoint
from bot.weights.conversion import Told
from bot.weights.fetch import Fetcher, convert_file
from bot.weights.transfer import TransferReport
from bot.weights.verify import verify as verify_files

app = typer.Typer(
    help="See, fetch, check and add weights.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Settings = Annotated[
    Path | None, typer.Option("--settings", help="The settings, as config.toml, that say where the weights lie.")
]
Names = Annotated[list[str], typer.Argument(help="Bundles or checkpoints, by the names that `weights list` shows.")]
MaybeNames = Annotated[list[str] | None, typer.Argument(help="Bundles or checkpoints; all that are here if left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value on stdout, and nothing else there.")]
Yaml = Annotated[Path | None, typer.Option("--config", help="The VQGAN's yaml.")]


def _weights_dir(settings: Path | None) -> Path:
    return Path(Config.load(settings).engine.weights_dir)


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(work)
    except KeyboardInterrupt:
        complain("Interrupted. What has arrived is kept: the same command goes on from there.")
        raise typer.Exit(INTERRUPTED) from None


@app.command("list")
def list_(settings: Settings = None, as_json: AsJson = False) -> None:
    """List every bundle and every published checkpoint, and say which are here."""
    with explained():
        folder = _weights_dir(settings)
        bundles, checkpoints = overview.bundles(folder), overview.checkpoints(folder)
    if as_json:
        typer.echo(json.dumps({"bundles": bundles, "checkpoints": checkpoints}))
        return
    for title, rows in ((r"Bundles, to name in \[engine] bundles", bundles), ("Published checkpoints", checkpoints)):
        table = Table("name", "here", "size", "what", title=title, title_justify="left", box=None)
        for row in rows:
            table.add_row(row["name"], "yes" if row["here"] else "no", row["size"], row["what"])
        Console(highlight=False).print(table)
    typer.echo("`python -m bot weights info NAME` says more, `weights fetch NAME` has it here.")


@app.command()
def info(name: Annotated[str, typer.Argument(help="A bundle or a checkpoint.")],
         settings: Settings = None, as_json: AsJson = False) -> None:  # fmt: skip
    """Say what a bundle or a checkpoint consists of, where it lies and what is known of it."""
    with explained():
        facts = overview.info(name, _weights_dir(settings))
    if as_json:
        typer.echo(json.dumps(facts))
        return
    for line in overview.lines(facts):
        stdout.print(line, markup=False)


@app.command()
def fetch(
    names: Names,
    again: Annotated[bool, typer.Option("--again", help="Fetch what is here too, and see whether it changed.")] = False,
    settings: Settings = None,
) -> None:
    """Download, check and convert what the bundles or checkpoints need and is not here."""
    with explained():
        folder = _weights_dir(settings)
        wanted = {one.name: one for name in names for one in catalogue.wanted(name, folder)}
        _run(_fetch(list(wanted.values()), folder, again=again))
        for name in names:
            bundle = catalogue.bundles(folder).get(name)
            if bundle is not None and (missing := bundle.missing()):
                raise WeightsFailed(f"{name} also needs {', '.join(missing)}, which nothing published makes.")


async def _fetch(wanted: list[Checkpoint], folder: Path, *, again: bool) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
               TimeRemainingColumn())  # fmt: skip
    async with aiohttp.ClientSession(trust_env=True, auto_decompress=False) as session:
        for checkpoint in wanted:
            with Progress(*columns, console=stderr, transient=True) as bar:
                shown = bar.add_task(checkpoint.name, total=None)
                report = TransferReport(
                    say=lambda text, bar=bar: bar.console.print(text, markup=False, soft_wrap=True),  # type: ignore[misc]
                    at=lambda done, total, bar=bar, shown=shown: bar.update(shown, completed=done, total=total),  # type: ignore[misc]
                )
                fetched = await Fetcher(weights_dir=folder, session=session, report=report).fetch(
                    checkpoint, again=again
                )
            path = folder / checkpoint.weights
            typer.echo(f"{checkpoint.name}: {path}" if fetched else f"{checkpoint.name} is here already: {path}")


@app.command()
def verify(names: MaybeNames = None, settings: Settings = None) -> None:
    """Read the weights that are here and compare them with what was recorded when they were made."""
    with explained():
        files = overview.files(names, _weights_dir(settings))
        _run(_verify(files))


async def _verify(files: list[Path]) -> None:
    well = True
    async for verdict in verify_files(files):
        mark = {True: "[green]✓[/]", False: "[red]✗[/]", None: "·"}[verdict.well]
        stdout.print(mark, end=" ")
        stdout.print(f"{verdict.file} {verdict.text}", markup=False)
        well = well and verdict.well is not False
    if not well:
        raise typer.Exit(FAILED)


@app.command()
def convert(
    name: Annotated[str, typer.Argument(help="The checkpoint of the catalogue that the file is.")],
    file: Annotated[Path, typer.Argument(help="The published file: a .ckpt or .pt.")],
    config: Yaml = None,
    settings: Settings = None,
) -> None:
    """Convert a published file that you got elsewhere, for example because its address is dead."""
    with explained():
        if name not in catalogue.checkpoints():
            raise WeightsFailed(f"There is no checkpoint “{name}”. There are: {', '.join(catalogue.checkpoints())}.")
        checkpoint, folder = catalogue.checkpoints()[name], _weights_dir(settings)
        _run(convert_file(checkpoint, file, config, folder))
        typer.echo(f"{name}: {folder / checkpoint.weights}")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the bundle is to be called.")],
    vqgan: Annotated[Path, typer.Option(help="Your VQGAN's Lightning checkpoint.")],
    config: Annotated[Path, typer.Option(help="Its yaml.")],
    perceptor: Annotated[
        list[str] | None, typer.Option(help="A CLIP that guides it, by name or file; several make an ensemble.")
    ] = None,
    activation: Annotated[
        str | None,
        typer.Option(help="How a CLIP of your own computes, without its config: gelu, quickgelu, gelu-tanh."),
    ] = None,
    heads: Annotated[int | None, typer.Option(help="The attention heads of its picture side.")] = None,
    text_heads: Annotated[int | None, typer.Option(help="The attention heads of its text side.")] = None,
    title: Annotated[str | None, typer.Option(help="What members read.")] = None,
    settings: Settings = None,
) -> None:
    """Make a bundle of your own VQGAN."""
    with explained():
        folder = _weights_dir(settings)
        perceptors = tuple(perceptor or [adding.DEFAULT_PERCEPTOR])
        told = Told(activation=activation, heads=heads, text_heads=text_heads)
        own = adding.Own(name=name, vqgan=vqgan, config=config, perceptors=perceptors, told=told, title=title)
        _run(_add(own, folder))


async def _add(own: adding.Own, folder: Path) -> None:
    missing = await adding.add(own, folder)
    typer.echo(f'{folder / own.name} is a bundle. Name it in config.toml: [engine] bundles = ["{own.name}"]')
    if missing:
        typer.echo(f"Its perceptors are still to be fetched: python -m bot weights fetch {' '.join(missing)}")
