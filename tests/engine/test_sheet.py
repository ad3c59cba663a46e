from __future__ import annotations

from PIL import Image

from engine.sheet import GAP, SheetCell, sheet


def test_a_sheet_shows_every_picture_whole_with_its_label_under_it() -> None:
    wide, tall = Image.new("RGB", (40, 20), "red"), Image.new("RGB", (20, 40), "blue")
    page = sheet(
        [SheetCell(pictures=(wide,), label="wide"), SheetCell(pictures=(tall,), label="tall")], columns=2, side=80
    )
    assert page.width == 2 * (80 + GAP) + GAP
    assert page.getpixel((GAP + 2, GAP + 40)) == (255, 0, 0)
    assert page.getpixel((GAP + 2, GAP + 2)) == (255, 255, 255)  # fitted, not stretched
    assert page.getpixel((2 * GAP + 80 + 40, GAP + 2)) == (0, 0, 255)
    under = page.crop((GAP, GAP + 80, GAP + 80, page.height))
    assert under.convert("L").getextrema()[0] == 0  # black letters


def test_a_sheet_without_labels_leaves_no_room_for_them_and_a_long_label_is_cut() -> None:
    cell = SheetCell(pictures=(Image.new("RGB", (8, 8)),))
    assert sheet([cell] * 3, columns=2, side=64).size == (2 * 72 + GAP, 2 * 72 + GAP)
    long = SheetCell(pictures=cell.pictures, label="a word " * 99)
    assert sheet([long], columns=1, side=64).height < 200
