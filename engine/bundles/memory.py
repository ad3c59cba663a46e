"""A memory of things: patches of a generator's codes, found by the words of a prompt.

A picture is a grid of codes, and a thing is a patch of them. So models whose perceptors never saw a dragon can begin
with one. This is retrieval-augmented generation (Blattmann et al. 2022, Sheynin et al. 2022) in a VQGAN's terms.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from engine.messages import Vocabulary, split_words
from engine.models.weights import WeightsError

FILE = "memory.safetensors"
GROUND = -1  # in place of a code: the ground that the thing was encoded on
GRAY = 215 / 255  # the level of that ground
_TABLE = "things"
_SCENES = ("backdrops", "vectors")  # the tensors of Backdrops
_SOME = 8  # things that a refusal names
RELATIONS = (
    "above atop below beneath beside inside into next onto rides riding sitting under upon wearing wears within".split()
)
"""Words between two things that say how they lie; engine.run.recall reads them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A thing that can be recalled."""

    name: str
    words: tuple[str, ...]  # all that it is called: singular, plural, aliases
    place: str  # stands, flies, floats, lies, or fills the picture
    size: int  # 1 as an insect, 2 a cup, 3 a dog, 4 a car, 5 a house


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """One drawing of a thing, as codes."""

    thing: int  # its index in Memory.things
    drawing: str  # as "noto/dragon"
    codes: Tensor  # (h, w) int64, GROUND where nothing of the thing is
    outline: Tensor  # (h * f / 2, w * f / 2) bool: what it covers, at half the pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Backdrops:
    """Empty scenes, found by what the bundle's first perceptor sees in them."""

    codes: Tensor  # (n, h, w) int64
    vectors: Tensor  # (n, d), of unit length

    def near(self, sentence: Tensor, many: int) -> list[int]:
        """Return the ``many`` scenes nearest to a sentence's embedding (1, d), the nearest first."""
        found: list[int] = (self.vectors @ sentence[0].cpu().float()).topk(min(many, len(self.codes))).indices.tolist()
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """All that is remembered."""

    things: tuple[Remembered, ...]
    patches: tuple[Patch, ...]
    backdrops: Backdrops | None = None

    def of(self, thing: int) -> list[Patch]:
        """Return the drawings of a thing, in the order of the file."""
        return [one for one in self.patches if one.thing == thing]

    def added_to(self, vocabulary: Vocabulary) -> Vocabulary:
        """Return the vocabulary with the words of all that is remembered."""
        words = (word for thing in self.things for phrase in thing.words for word in split_words(phrase))
        known = tuple(dict.fromkeys((*vocabulary.words, *words, *RELATIONS)))
        some = ", ".join(thing.name for thing in self.things[:: max(1, len(self.things) // _SOME)])
        return Vocabulary(words=known, kinds=(("many things", some), *vocabulary.kinds))

    # Two memories are equal only if they are one, so that they can be keys of caches.
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def beside(vocabulary: Path) -> Memory | None:
    """Return the memory in the folder of a vocabulary; None if there is none. Raises as :func:`load`."""
    path = vocabulary.with_name(FILE)
    return load(path) if path.is_file() else None


def load(path: Path) -> Memory:
    """Return the memory in a file. Raises :class:`engine.models.weights.WeightsError`."""
    try:
        with safe_open(path, framework="pt") as file:
            read = json.loads(file.metadata()[_TABLE])
            codes, bits = file.get_tensor("codes").long(), file.get_tensor("outlines").numpy()
            scenes = [file.get_tensor(name) for name in _SCENES] if _SCENES[0] in file.keys() else None
        things = tuple(
            Remembered(name=one["name"], words=tuple(one["words"]), place=one["place"], size=one["size"])
            for one in read["things"]
        )
        outlines = torch.from_numpy(np.unpackbits(bits)).bool()
        patches = tuple(_patches(read["patches"], codes, outlines, read["half"]))
        backdrops = Backdrops(codes=scenes[0].long(), vectors=F.normalize(scenes[1].float(), dim=1)) if scenes else None
        return Memory(things=things, patches=patches, backdrops=backdrops)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise WeightsError(f"{path} is no memory of things ({error!r}). Fetch it again, or delete it.") from None


def _patches(rows: Sequence[Sequence[Any]], codes: Tensor, outlines: Tensor, half: int) -> list[Patch]:
    """Return the patches that ``rows`` list; ``half`` is f / 2."""
    found, at = list[Patch](), 0
    for thing, drawing, height, width in rows:
        end, area = at + height * width, half * half
        cells = codes[at:end].view(height, width)
        outline = outlines[area * at : area * end].view(half * height, half * width)
        found.append(Patch(thing=thing, drawing=drawing, codes=cells, outline=outline))
        at = end
    return found


def save(memory: Memory, path: Path) -> None:
    """Write the file that :func:`load` reads."""
    first = memory.patches[0]
    table = {
        "half": first.outline.shape[0] // first.codes.shape[0],
        "things": [
            {"name": one.name, "words": one.words, "place": one.place, "size": one.size} for one in memory.things
        ],
        "patches": [[one.thing, one.drawing, *one.codes.shape] for one in memory.patches],
    }
    codes = torch.cat([one.codes.flatten() for one in memory.patches]).to(torch.int16)
    bits = np.packbits(torch.cat([one.outline.flatten() for one in memory.patches]).numpy())
    text = json.dumps(table, separators=(",", ":"), ensure_ascii=False)
    tensors = {"codes": codes, "outlines": torch.from_numpy(bits)}
    if memory.backdrops is not None:
        scenes = memory.backdrops.codes.to(torch.int16), memory.backdrops.vectors.half()
        tensors |= dict(zip(_SCENES, scenes, strict=True))
    save_file(tensors, path, metadata={_TABLE: text})
