"""What the starter bundle paints for a fixed set of prompts: the final judge is the eye."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image
from rich.progress import track

from engine.api import generate

PROMPTS: Final = (
    "a red circle on a white background",
    "a blue star on a yellow background",
    "a green heart on a white background",
    "a yellow triangle on a purple background",
    "a white cross on a red background",
    "an orange ring on a black background",
    "two blue squares on a white background",
    "a yellow circle left of a red square on a black background",
    "a blue car at night",
    "a red house on grass on a sunny day",
    "a yellow flower on grass",
    "a red boat on the sea at sunset",
    "a red car in the rain on a road",
    "a purple balloon over the desert",
    "a watercolor of a red tree on a sunny day",
    "pixel art of a yellow bus on a road",
)


def paint_sheet(
    prompts: Sequence[str], weights_dir: Path, iterations: int | None, seed: int, columns: int = 8, side: int = 160
) -> Image.Image:
    """Paint every prompt and lay the pictures side by side, each scaled to `side` pixels."""
    sheet = Image.new("RGB", (columns * side, -(-len(prompts) // columns) * side), "white")
    for i, prompt in enumerate(track(prompts, "Painting")):
        *_, last = generate(prompt, weights_dir=weights_dir, iterations=iterations, seed=seed)
        picture = last.image.resize((side, side), Image.Resampling.LANCZOS)
        sheet.paste(picture, (i % columns * side, i // columns * side))
    return sheet
