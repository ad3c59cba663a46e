"""The demo's story, with the scripted engine: what changes under a picture must not make it wait for ever."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

from rich.console import Console

from sandbox.run.demo import BotProcess, Story, shown
from sandbox.run.terminal import LiveTranscript
from tests.e2e.conftest import Studio


class _StudioBot(BotProcess):
    """The studio's bot runs in this process already."""

    ended = False
    ready = True

    def __init__(self) -> None: ...

    def log_text(self) -> str:
        return ""


async def test_the_demo_goes_from_picture_to_edit_to_rerun(studio: Studio, tmp_path: Path) -> None:
    out = io.StringIO()
    screen = LiveTranscript(
        Console(file=out, width=200), studio.sandbox.world, studio.channel, studio.ada.user, tmp_path
    )
    async with asyncio.timeout(60), shown(screen):
        finals = await Story(studio.sandbox, studio.channel, studio.ada, _StudioBot(), screen).play()
    assert [file.name for message in finals for file in screen.pictures[message.id]] == [
        "faraday-1.png",
        "faraday-2.png",
        "faraday-3.png",
    ]
    assert "reacts 🔁" in out.getvalue() and "/edit" in out.getvalue()
