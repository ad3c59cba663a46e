"""A lone file with "mask" in its name is the picture, unless the message is a reply."""

from typing import Any
from unittest.mock import Mock

import discord
import pytest

from bot.requests.pictures import attached


def file(name: str) -> Any:
    made = Mock(spec=discord.Attachment, content_type="image/png")
    made.filename = name
    return made


@pytest.mark.parametrize("name", ["gas-mask.png", "My Mask 2.PNG", "2024_mask.jpg"])
def test_a_lone_mask_is_the_picture_unless_it_comes_with_a_reply(name: str) -> None:
    lone = [file(name)]
    assert attached(lone, reply=False).pictures == tuple(lone)
    assert attached(lone, reply=True).masks == tuple(lone)


def test_a_mask_beside_a_picture_is_a_mask() -> None:
    files = [file("photo.png"), file("gas-mask.png")]
    found = attached(files, reply=False)
    assert (found.pictures, found.masks) == ((files[0],), (files[1],))
