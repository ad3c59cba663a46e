"""`python -m benchmarks.alignment.bare`: measure if prompts without a colour show their thing, and not in gray."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image

from benchmarks.alignment.scores import to_tensor
from benchmarks.alignment.sheet import sheet
from benchmarks.judge.attributes import VALUES
from benchmarks.judge.judge import Judge, load
from benchmarks.options import STARTER, WEIGHTS, AsJson, Bundle, Processes, Weights, command, write_json
from benchmarks.paint import PaintSettings, PaintTask, paint_all
from benchmarks.shares import Share, share
from training.picturebook.words import SHAPES, SUBJECTS, THING_WORDS


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """A prompt without colours, and what its picture must show."""

    prompt: str
    thing: str
    count: int = 1


def prompts() -> list[Bare]:
    """Return four prompts for each thing, as people type them."""
    found: list[Bare] = []
    for thing in (*SUBJECTS, *SHAPES):
        (one, many), scene = THING_WORDS[thing][0], thing in SUBJECTS
        ground = "at sea" if thing == "boat" else "on grass"
        found += [
            Bare(prompt=f"a {one}", thing=thing),
            Bare(prompt=f"{one} at night" if scene else one, thing=thing),
            Bare(prompt=f"a {one} {ground}" if scene else f"a large {one}", thing=thing),
            Bare(prompt=f"two {many}", thing=thing, count=2),
        ]
    return found


def read(judge: Judge, asked: list[Bare], images: list[Image.Image]) -> tuple[list[bool], dict[str, Share]]:
    """Return whether each picture shows its thing, and the shares of right things, right counts and gray things."""
    rows = judge.attributes(to_tensor(images)).tolist()
    seen = [{name: VALUES[name][i] for name, i in zip(VALUES, row, strict=True)} for row in rows]
    pairs = list(zip(asked, seen, strict=True))
    things = [one["thing"] == bare.thing for bare, one in pairs]
    return things, {
        "thing": share(things),
        "count": share([one["count"] == bare.count for bare, one in pairs]),
        "gray": share([one["colour"] == "gray" for one in seen]),
    }


def main(
    as_written: Annotated[bool, typer.Option("--as-written", help="Add no words to the prompts.")] = False,
    sheet_path: Annotated[Path | None, typer.Option("--sheet", help="Write the labelled pictures there.")] = None,
    weights: Weights = WEIGHTS,
    bundle: Bundle = STARTER,
    processes: Processes = 1,
    as_json: AsJson = False,
) -> None:
    """Paint each bare prompt once, the seed its number, and let the judge read the pictures."""
    asked = prompts()
    settings = PaintSettings(bundle=bundle, weights_dir=weights, completes=not as_written)
    tasks = [PaintTask(prompt=bare.prompt, seed=i) for i, bare in enumerate(asked, start=1)]
    with command(as_json) as console:
        images = [painted.image for painted in paint_all(tasks, settings, processes)]
        things, shares = read(load(), asked, images)
        if sheet_path is not None:
            sheet([[image] for image in images], [bare.prompt for bare in asked], things).save(sheet_path)
    for name, found in shares.items():
        console.print(f"{name}: {found.value:.1%} ({found.right} of {found.of}, {found.between()})")
    figures = {name: {"value": found.value, "interval": found.interval()} for name, found in shares.items()}
    write_json(as_json, {"prompts": len(asked), "as_written": as_written, **figures})


if __name__ == "__main__":
    typer.run(main)
