"""Read a user's captioned pictures from a folder to train on.

The captions are in one of three places:

- `captions.csv`: a header `file,text`, then a line for each caption;
- `captions.jsonl`: an object with `file` and `text` on each line;
- a text file beside each picture, as `cat.txt` for `cat.png`, one caption a line.
"""

import csv
import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image, ImageOps

from engine import incoming
from engine.models import upstream
from training.pictures.corpus import Captions
from training.pictures.pages import Pixels, mapped
from training.pictures.tokens import CONTEXT, split

SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
LISTS: Final = ("captions.csv", "captions.jsonl")
FEWEST: Final = 8  # From so few pictures, the models learn these by heart and nothing else.
SIDE: Final = 128
_NAMED = 5


class FitError(Exception):
    """The training cannot run; the message says what to mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Captioned:
    """A picture's file and its captions."""

    path: Path
    captions: tuple[str, ...]


def read(folder: Path, context: int = CONTEXT) -> list[Captioned]:
    """Return all captioned pictures of `folder` and the folders in it, sorted by name.

    `context` is how many tokens the models read, start and end included.

    Raises:
        FitError: it is no folder, has too few pictures, or captions that are missing, empty or too long.
    """
    if not folder.is_dir():
        raise FitError(f"{folder} is not a folder.")
    lists = [folder / name for name in LISTS if (folder / name).is_file()]
    if len(lists) > 1:
        raise FitError(f"{folder} has both {' and '.join(LISTS)}. Keep one of them.")
    found = _listed(folder, lists[0]) if lists else _beside(folder)
    if len(found) < FEWEST:
        raise FitError(
            f"{folder} has {len(found) or 'no'} pictures ({', '.join(SUFFIXES)}), and at least {FEWEST} are needed; "
            "some thousands are better."
        )
    _check_lengths(found, context - 2)
    return found


def _beside(folder: Path) -> list[Captioned]:
    """Return the pictures, each with the captions of the text file of its name."""
    pictures = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    found = [Captioned(path=path, captions=_lines(path.with_suffix(".txt"))) for path in pictures]
    silent = [picture.path.name for picture in found if not picture.captions]
    if silent:
        raise FitError(
            f"{_some(silent)} {'has' if len(silent) == 1 else 'have'} no caption. Write what a picture shows into a "
            f"text file of the same name, as {Path(silent[0]).with_suffix('.txt')}, or all captions into {LISTS[0]}."
        )
    return found


def _lines(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        return ()
    lines = _text(path).splitlines()
    return tuple(" ".join(line.split()) for line in lines if line.strip())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FitError(f"{path} cannot be read as UTF-8 text: {error}") from None


def _listed(folder: Path, path: Path) -> list[Captioned]:
    """Return the pictures of a list; a picture on several lines has several captions."""
    captions: dict[Path, list[str]] = {}
    for number, file, text in _csv(path) if path.suffix == ".csv" else _jsonl(path):
        if not (folder / file).is_file():
            raise FitError(f"{path.name}, line {number}: there is no picture {file} in {folder}.")
        if not text.strip():
            raise FitError(f"{path.name}, line {number}: the caption of {file} is empty.")
        captions.setdefault(folder / file, []).append(" ".join(text.split()))
    return [Captioned(path=file, captions=tuple(captions[file])) for file in sorted(captions)]


def _csv(path: Path) -> Iterator[tuple[int, str, str]]:
    reader = csv.DictReader(_text(path).splitlines(), restval="")
    if not {"file", "text"} <= set(reader.fieldnames or ()):
        raise FitError(f"{path} needs a first line with the names of its columns: file,text")
    for row in reader:
        yield reader.line_num, row["file"], row["text"]


def _jsonl(path: Path) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            read = json.loads(line)
            yield number, str(read["file"]), str(read["text"])
        except (ValueError, KeyError, TypeError):
            wanted = '{"file": "cat.png", "text": "a black cat"}'
            raise FitError(f"{path.name}, line {number}: it must be an object like {wanted}") from None


def _check_lengths(found: Sequence[Captioned], most: int) -> None:
    encode = upstream.clip_tokenizer().encode

    def length(text: str) -> int:
        return sum(len(encode(word)) for word in split(text))

    counts = {picture.path.name: max(map(length, picture.captions)) for picture in found}
    long = [f"{name} ({count} tokens)" for name, count in counts.items() if count > most]
    if long:
        raise FitError(
            f"These captions are too long: {_some(long)}. The models read up to {most} tokens, about "
            f"{most * 4 // 5} words: shorten them, or write several lines."
        )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def fingerprint(folder: Path, found: Sequence[Captioned]) -> str:
    """Return eight digits that change with the pictures' names, sizes and captions."""
    told = [(str(one.path.relative_to(folder)), one.path.stat().st_size, one.captions) for one in found]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:8]


def pixels(found: Sequence[Captioned], path: Path, side: int = SIDE) -> Pixels:
    """Return the middle squares of the pictures, (n, side, side, 3), from the file `path`, written if missing.

    Raises FitError, which names the pictures that cannot be read.
    """

    def cut_all(squares: Pixels) -> None:
        unreadable = []
        for row, picture in enumerate(found):
            try:
                squares[row] = square(picture.path, side)
            except incoming.PictureError as error:
                unreadable.append(f"{picture.path.name} ({error})")
        if unreadable:
            raise FitError(f"These pictures cannot be read: {_some(unreadable)}. Mend or remove them.")

    return mapped(path, (len(found), side, side, 3), cut_all)


def square(path: Path, side: int = SIDE) -> Pixels:
    """Return the middle of a picture in sRGB, (side, side, 3), upright, with white behind what is transparent."""
    picture = incoming.on_white(incoming.read(path).image)
    return np.asarray(ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS))


class CaptionedPictures:
    """A Corpus of pictures whose attributes are not known.

    A caption is true of its own picture. Pictures that share a caption, directly or through a third picture, count as
    alike: each of their captions is true of all of them.
    """

    alike = 1
    sizes: tuple[int, ...] = ()

    def __init__(self, small: Pixels, captions: Sequence[Sequence[str]]) -> None:
        self.pixels, self.captions = small, captions
        self.groups = _groups(captions)

    def describe(self, rows: Sequence[int], rng: random.Random) -> Captions:
        """Draw one caption of each picture."""
        texts = [rng.choice(self.captions[row]) for row in rows]
        groups = torch.tensor([[self.groups[row]] for row in rows])
        return Captions(texts=texts, stated=groups, shown=groups)


def _groups(captions: Sequence[Sequence[str]]) -> list[int]:
    """Return a number for each picture, the same for two that share a caption."""
    first: dict[str, int] = {}  # caption to the first picture that has it
    leader = list(range(len(captions)))

    def lead(row: int) -> int:
        while leader[row] != row:
            leader[row] = row = leader[leader[row]]
        return row

    for row, texts in enumerate(captions):
        for text in texts:
            leader[lead(row)] = lead(first.setdefault(text, row))
    return [lead(row) for row in range(len(captions))]
