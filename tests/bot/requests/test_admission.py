"""Who is let in is decided in one place, before anything is fetched."""

import asyncio
import re
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.domain.job import Kind
from bot.domain.place import Asker, Place
from bot.errors import CannotPost, Draining, NotAllowed, UserError
from bot.requests.request import Request
from bot.requests.submit import Submitter

ROOT = Path(__file__).parents[3]


class Refusing:
    """An admission that lets nobody in."""

    def __init__(self, error: UserError) -> None:
        self.error = error

    async def admit(self, asker: Asker) -> Any:
        raise self.error


@pytest.mark.parametrize("error", [NotAllowed("blocked"), CannotPost("no permission"), Draining()])
def test_nothing_is_fetched_for_a_member_who_is_not_let_in(error: UserError) -> None:
    fetched = []

    async def fetch(request: Request) -> Request:
        fetched.append(request)
        return request

    nothing: Any = None
    submitter = Submitter(nothing, nothing, nothing, nothing, Refusing(error), nothing)  # type: ignore[arg-type]
    place = Place(channel_id=1, guild_id=2, permissions=discord.Permissions.none())
    asked = Request(kind=Kind.EDIT, asker=Asker(user_id=3, place=place))
    with pytest.raises(type(error)):
        asyncio.run(submitter.submit(asked, fetch))
    with pytest.raises(type(error)):
        asyncio.run(submitter.submit_series(asked, fetch, 3))
    assert not fetched


def test_permissions_and_rules_are_asked_in_one_module() -> None:
    asks = re.compile(r"permissions\.check\(|_?gate\.check\(")
    found = {
        str(path.relative_to(ROOT))
        for folder in ("bot", "cogs")
        for path in (ROOT / folder).rglob("*.py")
        if asks.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"bot/requests/admission.py"}
