"""Paint a fixed set of prompts with the starter bundle, one seed each, to look at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image
from rich.progress import track

from engine.api import generate
from engine.sheet import SheetCell, sheet

PROMPTS: Final = (
    "a red circle on a white background",
    "a striped blue square on a yellow background",
    "a yellow triangle on a purple background",
    "a blue star on an orange background",
    "a pink heart on a black background",
    "a wooden orange diamond on a white background",
    "a green ring on a gray background",
    "a white cross on a red background",
    "three purple hearts on a white background",
    "a large dotted turquoise circle on a brown background",
    "a yellow star above a red square on a black background",
    "a red house on grass on a sunny day",
    "a green tree on a cloudy day",
    "a blue car at night on a road",
    "a yellow bus in the rain on a road",
    "a red boat on the sea at sunset",
    "a pink flower on grass with mountains",
    "a purple balloon over the desert on a sunny day",
    "an orange cat on snowy ground",
    "a black cat at night",
    "a watercolor of a red tree on grass",
    "pixel art of a green car on a road",
    "an oil painting of a white boat on the sea on a sunny day",
    "a charcoal drawing of a house in falling snow",
)

EVERYDAY: Final = (
    "a dragon",
    "a cat",
    "an astronaut riding a horse",
    "pizza",
    "a castle at night",
    "my dog on the beach",
    "a robot",
    "sunflowers",
    "a dragon over a castle",
    "a cup of coffee",
    "a wizard",
    "a pirate ship",
    "a blue elephant",
    "two penguins in the snow",
    "a sword",
    "a knight in the snow",
    "a spaceship",
    "an owl at night",
    "a red guitar",
    "my cat sleeping on a sofa",
    "a lighthouse",
    "a unicorn on a rainbow",
    "a house in the mountains",
    "an octopus",
    "a birthday cake",
    "a lion next to an elephant",
    "a train",
    "a ghost",
    "a mushroom",
    "a fox in the rain",
    "the moon",
    "a rose",
    "a banana",
    "a shark in the sea",
    "a king",
    "a green car",
    "three balloons",
    "a t-rex",
    "sushi",
    "a volcano",
    "a bee on a flower",
    "a snowman",
    "a teddy bear",
    "a whale",
    "a bicycle",
    "a skull",
    "an alien in a ufo",
    "a christmas tree at night",
)  # as people type, written down before any of them was painted


def paint_sheet(
    prompts: Sequence[str], weights_dir: Path, iterations: int | None, columns: int = 6, side: int = 256
) -> Image.Image:
    """Paint every prompt, the first with seed 1, and lay all on one labelled sheet of pictures `side` pixels wide."""
    cells = []
    for seed, prompt in enumerate(track(prompts, "Painting"), start=1):
        *_, last = generate(prompt, weights_dir=weights_dir, iterations=iterations, seed=seed)
        cells.append(SheetCell(pictures=(last.image,), label=prompt))
    return sheet(cells, columns, side, lines=2)
