"""Paint pictures in a terminal: ``paint``, ``edit``, ``upscale`` and ``grid``."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.commissions import asking, commission
from bot.cli.grid import paint_grid
from bot.cli.output import AsJson, OutputPlan, painting
from bot.cli.terminal import ConfigPath, OpenCommand, explained
from bot.config import Config
from bot.domain.job import Kind
from bot.errors import BadSetting
from bot.words.prompts import Wish, with_options

SETTINGS = "Every other setting may follow the words, as --cutouts 16; docs/engine.md lists them."
OPEN = {"ignore_unknown_options": True}  # those are settings of the engine, which the words' grammar reads

Words = Annotated[
    list[str] | None, typer.Argument(help="What to paint, as “a red car | fog:0.5”, or a recipe, in quotes.")
]
Seed = Annotated[int | None, typer.Option("--seed", "-s", help="Repeats a picture; drawn if left out.")]
Size = Annotated[str | None, typer.Option(metavar="WxH", help="Pixels, as 256x192; the bundle's own if left out.")]
Iterations = Annotated[
    int | None, typer.Option("--iterations", "-n", help="How long to paint; the bundle's own if left out.")
]
BundleName = Annotated[str | None, typer.Option("--bundle", "-b", help="The weights to paint with.")]
Strength = Annotated[float | None, typer.Option(help="From 0, keep the picture, to 1, free of it.")]
Guides = Annotated[
    list[str] | None,
    typer.Option("--image-prompt", metavar="FILE[:WEIGHT]", help="A picture to be guided towards; may be repeated."),
]
Mask = Annotated[
    Path | None, typer.Option("--mask", "-m", help="Where to paint: white, or erased in a copy of the picture.")
]
Replace = Annotated[str | None, typer.Option(help="What to find in the picture and paint anew, as “the dog”.")]
With = Annotated[str | None, typer.Option("--with", help="What to paint there, if there are no other words.")]
Preset = Annotated[str | None, typer.Option(help="Settings for a kind of edit: colour, weather, material, replace.")]


def _picture(
    kind: Kind,
    image: Path | None,
    words: Words = None,
    strength: Strength = None,
    image_prompt: Guides = None,
    mask: Mask = None,
    replace: Replace = None,
    with_: With = None,
    preset: Preset = None,
    seed: Seed = None,
    size: Size = None,
    iterations: Iterations = None,
    bundle: BundleName = None,
) -> OutputPlan:
    options = {"seed": seed, "iterations": iterations, "bundle": bundle, "strength": strength, "preset": preset}
    wish = _wish(words, size, replace, with_, options)
    request = asking(kind, wish, image, mask, tuple(image_prompt or ()))
    return OutputPlan(make=lambda config: commission(request, config), region="replace" in wish.more)


def paint(
    init: Annotated[Path | None, typer.Option("--init", "-i", help="A picture to start from.")] = None, **options: Any
) -> OutputPlan:
    """Paint a picture from words."""
    return _picture(Kind.IMAGINE, init, **options)


def edit(
    image: Annotated[Path, typer.Argument(help="The picture to edit: PNG, JPEG, WebP, GIF or AVIF.")], **options: Any
) -> OutputPlan:
    """Paint over a picture what the words say."""
    return _picture(Kind.EDIT, image, **options)


def upscale(
    picture: Annotated[Path, typer.Argument(help="The picture to enlarge.")],
    by: Annotated[int, typer.Option(help="2 or 4 times.")] = 2,
    prompt: Annotated[
        str | None, typer.Option("--prompt", "-p", help="What it shows; else what its recipe says.")
    ] = None,
    strength: Strength = None,
    seed: Seed = None,
    iterations: Iterations = None,
) -> OutputPlan:
    """Enlarge a picture and refine it, tile by tile."""
    if by not in (2, 4):
        raise BadSetting("A picture is enlarged --by 2 or --by 4.")
    wish = with_options(prompt or "", None, iterations=iterations, strength=strength, seed=seed)
    request = asking(Kind.UPSCALE, dataclasses.replace(wish, more={**wish.more, "upscale": by}), picture)
    return OutputPlan(make=lambda config: commission(request, config))


def grid(
    words: Words = None,
    styles: Annotated[str | None, typer.Option(help="Names of styles or words, as watercolor,oil,“in fog”.")] = None,
    seeds: Annotated[str | None, typer.Option(help="As 1-8, or 1,5,9.")] = None,
    size: Size = None,
    iterations: Iterations = None,
    bundle: BundleName = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The folder to write into; named after the prompt.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """Paint one prompt in several styles, by several seeds, or both: single pictures and a labelled sheet."""
    with explained():
        wish = _wish(words, size, None, None, {"iterations": iterations, "bundle": bundle})
        paint_grid(wish, styles, seeds, out, Config.load(config), config or Path("config.toml"), as_json=as_json)


def _wish(
    words: Sequence[str] | None, size: str | None, replace: str | None, with_: str | None, options: dict[str, Any]
) -> Wish:
    wish = with_options(" ".join(words or ()), size, **options)
    if with_ is not None and (not replace or wish.prompt):
        raise BadSetting(
            "--with says what to put in the place of what --replace names, where there are no other words."
        )
    if not replace:
        return wish
    more = {**wish.more, "replace": " ".join(replace.split())}
    return dataclasses.replace(wish, prompt=with_ or wish.prompt, more=more)


def register(app: typer.Typer) -> None:
    """Add the commands. ``imagine`` is ``paint`` by its name on Discord."""
    painted = painting(paint, _picture)
    for name, command, hidden in (("paint", painted, False), ("imagine", painted, True)):
        app.command(name, cls=OpenCommand, context_settings=OPEN, epilog=SETTINGS, hidden=hidden)(command)
    app.command("edit", cls=OpenCommand, context_settings=OPEN, epilog=SETTINGS)(painting(edit, _picture))
    app.command("upscale")(painting(upscale))
    app.command("grid", cls=OpenCommand, context_settings=OPEN, epilog=SETTINGS)(grid)
