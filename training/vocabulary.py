"""Write the words that a bundle knows beside its weights, so that people hear of words it does not know."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from engine.messages import Vocabulary, split_words
from engine.models.clip import CLIP
from engine.models.weights import save_vocabulary
from training.models.evaluate import load_clip
from training.picturebook.captions import caption
from training.pictures.pages import TRAINING_SEED, family

FAMILIES: Final = 8_000  # enough families for every word of the grammar
KINDS: Final[Mapping[str, str]] = {
    "things": "house, car, tree, boat, flower, cat, star, heart",
    "colours": "red, orange, turquoise, gray",
    "materials": "wooden, striped",
    "grounds": "on grass, at sea",
    "weathers": "at night, in the rain",
    "styles": "watercolor, pixel art",
}
"""Some words of the picture book by kind, as examples for people."""


def known(captions: Iterable[str], perceptor: CLIP, kinds: Mapping[str, str]) -> Vocabulary:
    """Return all words of the captions that the perceptor reads, the most frequent first."""
    found = Counter(word for text in captions for word in split_words(text))
    words = (word for word, _ in found.most_common() if perceptor.reads(word))
    return Vocabulary(words=tuple(words), kinds=tuple(kinds.items()))


def export_vocabulary(folder: Path) -> None:
    """Write the `vocabulary.json` of a bundle that was trained on the picture book."""
    rng = random.Random(0)
    texts = (caption(picture, rng).text for seed in range(FAMILIES) for picture in family(TRAINING_SEED + seed))
    save_vocabulary(known(texts, load_clip(folder, "vit"), KINDS), folder / "vocabulary.json")
