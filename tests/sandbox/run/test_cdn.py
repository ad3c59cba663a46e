"""Names and sizes of uploads."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from sandbox.records.cdn import picture_size, safe_name


@pytest.mark.parametrize(
    ("format_", "options"),
    [
        ("PNG", {}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("GIF", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"save_all": True, "append_images": [Image.new("RGB", (33, 21), "red")]}),
    ],
)
def test_a_pictures_size_is_read_from_its_header(format_: str, options: dict[str, object]) -> None:
    out = io.BytesIO()
    Image.new("RGB", (33, 21), "blue").save(out, format_, **options)
    assert picture_size(out.getvalue()) == (33, 21)
    for length in range(0, 40, 3):
        picture_size(out.getvalue()[:length])  # cut off anywhere, it may not know, but must not fail


def test_what_is_no_picture_has_no_size() -> None:
    assert picture_size(b"") is None
    assert picture_size(Path("LICENSE").read_bytes()) is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [("a red car.png", "a_red_car.png"), ("../../etc/passwd", "passwd"), ("c:\\x\\y?.png", "y.png"), ("§§", "unknown")],
)
def test_file_names_are_made_safe(given: str, kept: str) -> None:
    assert safe_name(given) == kept
