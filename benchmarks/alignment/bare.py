"""`python -m benchmarks.alignment.bare`: do prompts that name no colour show their thing, and not in gray?"""

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from PIL import Image

from benchmarks.alignment.sheet import sheet
from benchmarks.judge.attributes import VALUES
from benchmarks.judge.judge import Judge
from benchmarks.shares import Share, share
from training.picturebook.words import SHAPES, SUBJECTS, THING_WORDS


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """A prompt without colours, and what its picture must show."""

    prompt: str
    thing: str
    count: int = 1


def prompts() -> list[Bare]:
    """Four prompts for each thing, as people type them."""
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
    """Whether each picture shows its thing, and the shares: thing, count, colour read as gray."""
    from benchmarks.alignment.scores import to_tensor

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
    as_written: Annotated[bool, typer.Option("--as-written", help="Draw no words, as before they were.")] = False,
    sheet_path: Annotated[Path | None, typer.Option("--sheet", help="Write the labelled pictures there.")] = None,
    weights: Annotated[Path, typer.Option(help="The folder of the bundles.")] = Path("weights"),
    bundle: Annotated[str, typer.Option(help="Which bundle paints.")] = "starter",
    processes: Annotated[int, typer.Option(min=1, help="Pictures painted at once.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one object.")] = False,
) -> None:
    """Paint each bare prompt once, the seed its number, and let the judge read the pictures."""
    from benchmarks.judge.judge import load
    from benchmarks.paint import PaintSettings, PaintTask, paint_all

    asked = prompts()
    settings = PaintSettings(bundle=bundle, weights_dir=weights, completes=not as_written)
    tasks = [PaintTask(prompt=bare.prompt, seed=i) for i, bare in enumerate(asked, start=1)]
    images = [painted.image for painted in paint_all(tasks, settings, processes)]
    things, shares = read(load(), asked, images)
    if sheet_path is not None:
        sheet([[image] for image in images], [bare.prompt for bare in asked], things).save(sheet_path)
    figures: dict[str, Any] = {"prompts": len(asked), "as_written": as_written}
    figures |= {name: {"value": found.value, "interval": found.interval()} for name, found in shares.items()}
    if as_json:
        typer.echo(json.dumps(figures))
        return
    for name, found in shares.items():
        low, high = found.interval()
        typer.echo(f"{name}: {found.value:.1%} ({found.right} of {found.of}, {low:.1%} to {high:.1%})")


if __name__ == "__main__":
    typer.run(main)
