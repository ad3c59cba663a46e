"""A user's own captioned pictures: what is read, and what is said of folders that cannot be used."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import icc
from training.pictures import folder
from training.pictures.folder import CaptionedPictures, FitError, pixels, read, square

Draw = Callable[[str], Path]


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Draws a picture of that name."""

    def picture(name: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (40, 30), (sum(name.encode()) % 256, 80, 120)).save(path)
        return path

    return picture


@pytest.fixture
def ten(tmp_path: Path, draw: Draw) -> Path:
    """A folder of ten pictures with a text file each."""
    for number in range(10):
        draw(f"{number}.png").with_suffix(".txt").write_text(f"picture {number}\n\n a  second line\n")
    return tmp_path


def test_text_files_have_a_caption_on_each_line(ten: Path, draw: Draw) -> None:
    draw("deep/11.JPG").with_suffix(".txt").write_text("one in a folder")
    found = read(ten)
    assert len(found) == 11
    assert (found[0].path, found[0].captions) == (ten / "0.png", ("picture 0", "a second line"))
    assert found[-1].captions == ("one in a folder",)


@pytest.mark.parametrize("name", folder.LISTS)
def test_a_list_has_a_line_for_each_caption_and_need_not_name_every_file(tmp_path: Path, draw: Draw, name: str) -> None:
    rows = [(draw(f"{number}.png").name, f"number {number}, of ten") for number in range(9)]
    rows.append(("0.png", "zero"))
    draw("unlisted.png")
    if name.endswith("csv"):
        lines = ["file,text", *(f'{file},"{text}"' for file, text in rows)]
    else:
        lines = [json.dumps({"file": file, "text": text}) for file, text in rows]
    (tmp_path / name).write_text("\n".join(lines) + "\n")
    found = read(tmp_path)
    assert len(found) == 9 and found[0].captions == ("number 0, of ten", "zero")


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "has no pictures"),
        ({"captions.csv": "picture;words\n"}, "needs a first line with the names of its columns: file,text"),
        ({"captions.csv": "file,text\nlost.png,a lost picture\n"}, "line 2: there is no picture lost.png"),
        ({"captions.csv": "file,text\n0.txt,\n", "0.txt": ""}, "line 2: the caption of 0.txt is empty"),
        ({"captions.jsonl": '\n{"file": "a.png"}\n'}, 'line 2: it must be an object like {"file"'),
        ({"captions.jsonl": "[]"}, "line 1: it must be an object"),
        ({"captions.csv": "file,text\n", "captions.jsonl": ""}, "Keep one of them"),
        ({"captions.csv": b"\xff\xfe\x00"}, "cannot be read as UTF-8"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, files: dict[str, str | bytes], says: str) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(FitError) as refusal:
        read(tmp_path)
    assert says in str(refusal.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FitError, match="nowhere is not a folder"):
        read(tmp_path / "nowhere")


def test_pictures_without_a_caption_are_named(ten: Path) -> None:
    for number in range(7):
        (ten / f"{number}.txt").write_text(" \n" if number else "")
    with pytest.raises(FitError) as refusal:
        read(ten)
    assert "0.png, 1.png, 2.png, 3.png, 4.png and 2 more have no caption" in str(refusal.value)
    assert "as 0.txt" in str(refusal.value)


def test_captions_that_are_too_long_are_named_with_their_length(ten: Path) -> None:
    (ten / "3.txt").write_text("word " * 30)
    read(ten)
    (ten / "3.txt").write_text("word " * 31)
    with pytest.raises(FitError, match=r"3\.png \(31 tokens\)\. The models read up to 30 tokens"):
        read(ten)


def test_pictures_become_upright_opaque_squares(tmp_path: Path) -> None:
    wide = Image.new("RGB", (400, 200), "red")
    wide.paste("blue", (200, 0, 400, 200))
    wide.paste("green", (0, 0, 60, 200))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side: what is left in the file was above
    wide.save(tmp_path / "turned.jpg", exif=exif)
    turned = square(tmp_path / "turned.jpg").astype(int)
    for row, colour in ((4, (254, 0, 0)), (50, (254, 0, 0)), (78, (0, 0, 254)), (124, (0, 0, 254))):
        assert np.abs(turned[row] - colour).max() < 12
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    Image.new("1", (10, 500), 1).save(tmp_path / "line.png")
    for name in ("clear.png", "line.png"):
        assert square(tmp_path / name).shape == (128, 128, 3) and (square(tmp_path / name) == 255).all()


def test_pictures_are_prepared_once(ten: Path) -> None:
    path = ten / "runs" / "pictures.npy"
    found = read(ten)
    prepared = pixels(found, path)
    assert prepared.shape == (10, 128, 128, 3) and (prepared[0, 0, 0] == square(ten / "0.png")[0, 0]).all()
    (ten / "0.png").unlink()
    assert (pixels(found, path) == prepared).all()


def test_unreadable_pictures_are_named_and_nothing_is_left(ten: Path) -> None:
    (ten / "3.png").write_bytes((ten / "3.png").read_bytes()[:60])
    (ten / "7.png").write_text("no picture at all")
    found, path = read(ten), ten / "runs" / "pictures.npy"
    with pytest.raises(FitError) as refusal:
        pixels(found, path)
    assert (
        "3.png (" in str(refusal.value) and "7.png (" in str(refusal.value) and "Mend or remove" in str(refusal.value)
    )
    assert not list(path.parent.iterdir())


def test_the_fingerprint_changes_with_captions_and_pictures(ten: Path, draw: Draw) -> None:
    prints = [folder.fingerprint(ten, read(ten)) for _ in range(2)]
    assert prints[0] == prints[1]
    (ten / "3.txt").write_text("something else")
    prints.append(folder.fingerprint(ten, read(ten)))
    draw("deep/11.png").with_suffix(".txt").write_text("one more")
    prints.append(folder.fingerprint(ten, read(ten)))
    assert len(set(prints)) == 3


def test_pictures_that_share_a_caption_are_no_negatives_for_each_other() -> None:
    captions = [("a cat", "a pet"), ("a dog", "a pet"), ("a car",), ("a wolf", "a dog"), ("a bus",)]
    source = CaptionedPictures(np.zeros((5, 64, 64, 3), np.uint8), captions)
    described = source.describe([0, 1, 2, 3, 4, 2], random.Random(0))
    assert all(text in captions[row] for text, row in zip(described.texts, (0, 1, 2, 3, 4, 2), strict=True))
    pets = [0, 1, 3]
    expected = [[i == j or (i in pets and j in pets) or {i, j} == {2, 5} for j in range(6)] for i in range(6)]
    assert described.true.tolist() == expected


def test_a_phones_colours_are_learned_as_they_were_seen(tmp_path: Path) -> None:
    p3 = (132, 179, 235)
    Image.new("RGB", (40, 30), p3).save(tmp_path / "sky.png", icc_profile=icc.rgb_profile(icc.DISPLAY_P3))
    assert np.abs(square(tmp_path / "sky.png") - icc.in_srgb(icc.DISPLAY_P3, p3)).max() < 1
