"""`python -m benchmarks.alignment.things`: measure if the things that prompts name can be seen in their pictures."""

import dataclasses
import random
import tomllib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import torch
import typer
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.alignment.scores import to_tensor
from benchmarks.alignment.sheet import sheet
from benchmarks.judge import reader
from benchmarks.options import (
    STARTER,
    WEIGHTS,
    AsJson,
    Bundle,
    Iterations,
    Processes,
    Weights,
    command,
    write_json,
)
from benchmarks.paint import PaintSettings, PaintTask, loaded, paint_through, spread
from benchmarks.shares import Share, mean_interval, share
from engine.messages import PromptError, vocabulary
from training.picturebook.words import WEATHER_WORDS, WEATHERS
from training.things.scenes import COLOURS
from training.things.table import Thing, things

FIRST: Final = 5  # a thing counts as seen if it is among the reader's first five of all things
PEOPLE: Final = Path(__file__).with_name("people.toml")
_STYLES: Final = ("a watercolor of", "an oil painting of", "a charcoal drawing of")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ThingPrompt:
    """A prompt, and what its picture must show; "" for what the prompt leaves open."""

    kind: str
    prompt: str
    things: tuple[str, ...]
    colour: str = ""
    weather: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A picture after its first iteration, which is its start, and at its end."""

    start: Image.Image
    end: Image.Image


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SeenThings:
    """Hold what the reader sees in one picture."""

    first: bool  # every thing asked for is the likeliest, or among as many likeliest as are asked for
    five: bool  # every thing asked for is among the first five
    belief: float  # the mean probability of the things asked for
    colour: bool
    weather: bool


def from_table(many: int) -> list[ThingPrompt]:
    """Return ``many`` things drawn from the table, each bare, then with a colour, a weather or a style."""
    rng = random.Random(7)
    chosen = rng.sample(list(things().values()), many)
    bare = [
        ThingPrompt(kind="bare", prompt=thing.phrase if i % 2 else thing.name, things=(thing.name,))
        for i, thing in enumerate(chosen)
    ]
    return bare + [_with_more(thing, i % 3, rng) for i, thing in enumerate(chosen)]


def _with_more(thing: Thing, which: int, rng: random.Random) -> ThingPrompt:
    named = (thing.name,)
    if which == 0:
        colour = rng.choice(COLOURS)
        phrase = f"{'an' if colour[0] in 'aeiou' else 'a'} {colour}" if thing.article else colour
        return ThingPrompt(kind="colour", prompt=f"{phrase} {thing.name}", things=named, colour=colour)
    if which == 1:
        weather = rng.choice(WEATHERS)
        words = rng.choice(WEATHER_WORDS[weather])
        return ThingPrompt(kind="weather", prompt=f"{thing.phrase} {words}", things=named, weather=weather)
    return ThingPrompt(kind="style", prompt=f"{rng.choice(_STYLES)} {thing.phrase}", things=named)


def from_people() -> list[ThingPrompt]:
    """Return the prompts that people would type, of those that the table has things for."""
    listed = tomllib.loads(PEOPLE.read_text(encoding="utf-8"))["prompts"]
    return [ThingPrompt(kind="people", prompt=prompt, things=tuple(named)) for prompt, named in listed.items() if named]


def painted(settings: PaintSettings, task: PaintTask) -> Pair | None:
    """Paint a prompt as a member would see it; None if it is refused for its words."""
    assert task.prompt is not None
    try:
        vocabulary.check(task.prompt, loaded(settings).info())
    except PromptError:
        return None
    start, *_, end = [step.image for step in paint_through(settings, task, (1,))] * 2
    return Pair(start=start, end=end)


def read(judge: reader.ThingReader, asked: Sequence[ThingPrompt], images: Sequence[Image.Image]) -> list[SeenThings]:
    """Return what the reader sees in the picture of each prompt."""
    scores = reader.read(judge, to_tensor(images))
    index = {name: i for i, name in enumerate(judge.names)}
    chances = scores["things"].softmax(1)
    order = chances.argsort(1, descending=True).tolist()
    found = []
    for row, one in enumerate(asked):
        wanted = {index[name] for name in one.things}
        found.append(
            SeenThings(
                first=wanted <= set(order[row][: len(wanted)]),
                five=wanted <= set(order[row][:FIRST]),
                belief=float(chances[row, list(wanted)].mean()),
                colour=COLOURS[int(scores["colour"][row].argmax())] == one.colour,
                weather=WEATHERS[int(scores["weather"][row].argmax())] == one.weather,
            )
        )
    return found


def shares(asked: Sequence[ThingPrompt], seen: Sequence[SeenThings | None]) -> dict[str, dict[str, Share]]:
    """Return by kind of prompt the shares of pictures that show what was asked for; a refused one shows nothing."""
    found: dict[str, dict[str, Share]] = {}
    for kind in dict.fromkeys(one.kind for one in asked):
        rows = [(one, what) for one, what in zip(asked, seen, strict=True) if one.kind == kind]
        found[kind] = {
            "first": share([what is not None and what.first for _, what in rows]),
            "first five": share([what is not None and what.five for _, what in rows]),
            "refused": share([what is None for _, what in rows]),
        }
        for name in ("colour", "weather"):
            if judged := [what for one, what in rows if getattr(one, name)]:
                found[kind][name] = share([what is not None and getattr(what, name) for what in judged])
    return found


def main(
    many: Annotated[int, typer.Option("--things", min=1, help="Things of the table, each painted twice.")] = 120,
    people: Annotated[bool, typer.Option("--people/--no-people", help="Paint people's prompts too.")] = True,
    sheet_path: Annotated[Path | None, typer.Option("--sheet", help="Write the labelled pictures there.")] = None,
    weights: Weights = WEIGHTS,
    bundle: Bundle = STARTER,
    iterations: Iterations = None,
    processes: Processes = 1,
    as_json: AsJson = False,
) -> None:
    """Paint each prompt once, the seed its number, and let the reader of things say what is there."""
    asked = from_table(many) + (from_people() if people else [])
    settings = PaintSettings(bundle=bundle, weights_dir=weights, iterations=iterations, recalls=True)
    tasks = [PaintTask(prompt=one.prompt, seed=i) for i, one in enumerate(asked, start=1)]
    with command(as_json) as console:
        judge = reader.load()
        pairs = list(
            track(spread(partial(painted, settings), tasks, processes), "Painting", total=len(tasks), console=console)
        )
        torch.set_num_threads(1)
        starts = _seen(judge, asked, [pair.start if pair else None for pair in pairs])
        ends = _seen(judge, asked, [pair.end if pair else None for pair in pairs])
        if sheet_path is not None:
            _write_sheet(sheet_path, asked, pairs, ends)
        report(console, asked, starts, ends)
    gain = _gain(starts, ends)
    write_json(
        as_json,
        {
            "kinds": {
                kind: {name: {"value": one.value, "interval": one.interval()} for name, one in found.items()}
                for kind, found in shares(asked, ends).items()
            },
            "loop": {"mean": sum(gain) / len(gain), "interval": mean_interval(gain)},
        },
    )


def _seen(
    judge: reader.ThingReader, asked: Sequence[ThingPrompt], images: Sequence[Image.Image | None]
) -> list[SeenThings | None]:
    shown = [(one, image) for one, image in zip(asked, images, strict=True) if image is not None]
    found = iter(read(judge, [one for one, _ in shown], [image for _, image in shown]))
    return [None if image is None else next(found) for image in images]


def _gain(starts: Sequence[SeenThings | None], ends: Sequence[SeenThings | None]) -> list[float]:
    """Return for each picture how much likelier the loop made the things asked for."""
    return [end.belief - start.belief for start, end in zip(starts, ends, strict=True) if start and end]


def report(
    console: Console,
    asked: Sequence[ThingPrompt],
    starts: Sequence[SeenThings | None],
    ends: Sequence[SeenThings | None],
) -> None:
    """Print a table of the shares, and what the loop changed."""
    table = Table("prompts", "what", "of", "the start alone", "after the loop", "95 % interval")
    before = shares(asked, starts)
    for kind, found in shares(asked, ends).items():
        for name, one in found.items():
            table.add_row(kind, name, str(one.of), f"{before[kind][name].value:.1%}", f"{one.value:.1%}", one.between())
    console.print(table)
    gain = _gain(starts, ends)
    low, high = mean_interval(gain)
    console.print(
        f"The loop changes the probability of the things asked for by {sum(gain) / len(gain):+.3f} "
        f"({low:+.3f} to {high:+.3f}), {len(gain)} pictures in pairs."
    )


def _write_sheet(
    path: Path, asked: Sequence[ThingPrompt], pairs: Sequence[Pair | None], seen: Sequence[SeenThings | None]
) -> None:
    rows = [[pair.end] if pair else [Image.new("RGB", (128, 128), "dimgray")] for pair in pairs]
    sheet(rows, [one.prompt for one in asked], [bool(one and one.five) for one in seen]).save(path)


if __name__ == "__main__":
    typer.run(main)
