"""What the page's server tells and takes, over its own sockets and without a browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox import Channel, File, Member, Permissions, Sandbox
from sandbox.page import BotPhase, ChatPage, Persona, Stage
from sandbox.page.feed import PAGE


class Browser:
    """Speaks the page's side of the websocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._count = 0
        self.hello: dict[str, Any] = {}
        self.news: dict[str, dict[str, Any]] = {}  # the last of each kind
        self.messages: dict[str, dict[str, Any]] = {}

    async def ask(self, wish: str, **fields: Any) -> dict[str, Any]:
        """The result; an AssertionError with the page's sentence when it was refused."""
        answer = await self.answer(wish, **fields)
        assert "error" not in answer, answer["error"]
        result: dict[str, Any] = answer["result"]
        return result

    async def answer(self, wish: Any, **fields: Any) -> dict[str, Any]:
        self._count += 1
        await self._socket.send_json({"do": wish, "n": self._count, **fields})
        return await self._until(lambda news: news["t"] == "answer" and news["n"] == self._count)

    async def until(self, true: Any) -> None:
        """Read on until the predicate holds."""
        while not true():
            self._take(await self._socket.receive_json(timeout=30))

    async def _until(self, wanted: Any) -> dict[str, Any]:
        while True:
            news: dict[str, Any] = await self._socket.receive_json(timeout=30)
            self._take(news)
            if wanted(news):
                return news

    def _take(self, news: dict[str, Any]) -> None:
        self.news[news["t"]] = news
        if news["t"] == "messages":
            if news["anew"]:
                self.messages.clear()
            self.messages.update({one["id"]: one for one in news["changed"]})
            for id in news["gone"]:
                del self.messages[id]

    async def send_text(self, text: str) -> None:
        await self._socket.send_str(text)

    @property
    def texts(self) -> list[str]:
        return [self.messages[id]["content"] for id in sorted(self.messages, key=int)]


class Club:
    """A server with two people in it, and its page."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        guild = sandbox.create_guild("Club")
        self.channel = guild.create_text_channel("general")
        self.other = guild.create_text_channel("other")
        self.ada, self.bob = guild.add_member("ada"), guild.add_member("bob")
        people = [Persona(user=self.ada.user, part="member"), Persona(user=self.bob.user, part="member")]
        self.page = ChatPage(Stage(sandbox=sandbox, personas=people, home=self.channel))

    @asynccontextmanager
    async def browser(self, who: Member | None = None, channel: Channel | None = None) -> AsyncIterator[Browser]:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{self.page.address}socket") as socket:
            browser = Browser(socket)
            browser.hello = await socket.receive_json(timeout=30)
            if who is not None:
                await browser.ask("speak_as", user=str(who.id))
            await browser.ask("open", channel=str((channel or self.channel).id))
            yield browser


@pytest.fixture
async def club(tmp_path: Path) -> AsyncIterator[Club]:
    async with Sandbox(tmp_path) as sandbox:
        club = Club(sandbox)
        async with club.page:
            yield club


async def test_a_browser_is_told_the_place_and_every_change(club: Club) -> None:
    async with club.browser() as browser:
        assert [each["name"] for each in browser.hello["personas"]] == ["ada", "bob"]
        assert [guild["name"] for guild in browser.news["directory"]["guilds"]] == ["Club"]
        assert browser.news["place"]["can"]["send"] and browser.news["bot"]["phase"] == BotPhase.STARTING
        message = await club.bob.say(club.channel, "hello")
        await browser.until(lambda: browser.texts == ["hello"])
        await club.bob.edit(message, "hello again")
        await browser.until(lambda: browser.texts == ["hello again"])
        await club.ada.react(message, "⬆️")
        await browser.until(lambda: browser.messages[str(message.id)]["reactions"])
        assert browser.messages[str(message.id)]["reactions"][0]["me"]
        await club.bob.delete(message)
        await browser.until(lambda: not browser.messages)


async def test_members_speak_reply_edit_react_and_delete(club: Club) -> None:
    here = {"channel": str(club.channel.id)}
    async with club.browser() as browser:
        first = (await browser.ask("say", **here, text="hello"))["message"]
        await browser.ask("say", **here, text="answer", reply_to=first, ping=False)
        assert [message.content for message in club.channel.messages] == ["hello", "answer"]
        assert club.channel.messages[1].referenced_message is club.channel.messages[0]
        assert not club.channel.messages[1].mentions
        await browser.ask("edit", **here, message=first, text="changed")
        await browser.ask("react", **here, message=first, emoji="👍")
        assert club.channel.messages[0].reactions[0].users == [club.ada.user]
        await browser.ask("react", **here, message=first, emoji="👍")
        assert not club.channel.messages[0].reactions
        thread = (await browser.ask("open_thread", **here, message=first, name="aside"))["channel"]
        assert club.channel.threads[0].id == int(thread)
        await browser.ask("delete", **here, message=first)
        assert [message.content for message in club.channel.messages] == ["answer"]


async def test_files_go_up_first_and_then_with_a_message(club: Club) -> None:
    async with club.browser() as browser, aiohttp.ClientSession() as session:
        async with session.post(f"{club.page.address}uploads?name=my notes.txt", data=b"words") as response:
            key = (await response.json())["upload"]
        await browser.ask("say", channel=str(club.channel.id), text="", files=[key])
        await browser.until(lambda: browser.messages)
        [message] = browser.messages.values()
        [file] = message["files"]
        assert (file["name"], file["bytes"]) == ("my_notes.txt", 5)
        async with session.get(club.page.address.rstrip("/") + file["url"]) as response:
            assert await response.read() == b"words"
        async with session.get(f"{club.page.address}files/attachments/1/2/none.png") as response:
            assert response.status == 404


async def test_a_page_from_elsewhere_is_refused(club: Club) -> None:
    """Any web site may try to reach a port on loopback from its visitors' browsers."""
    async with aiohttp.ClientSession() as session:
        for headers in ({"Origin": "https://example.org"}, {"Host": "rebound.example.org"}):
            async with session.get(club.page.address, headers=headers) as response:
                assert response.status == 403
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(f"{club.page.address}socket", headers=headers)
        async with session.get(club.page.address) as response:
            assert "default-src 'self'" in response.headers["Content-Security-Policy"]


async def test_what_makes_no_sense_is_answered_and_changes_nothing(club: Club) -> None:
    here = {"channel": str(club.channel.id)}
    async with club.browser() as browser:
        await browser.send_text("no JSON")
        await browser.send_text("[1, 2]")
        odd: list[tuple[Any, dict[str, Any]]] = [
            ("fly", {}),
            (None, {}),
            ("say", {}),
            ("say", {"channel": "x", "text": "y"}),
            ("say", {**here, "text": 7}),
            ("say", {**here, "text": " "}),
            ("say", {**here, "text": "x" * 2001}),
            ("say", {**here, "text": "y", "files": ["gone"]}),
            ("say", {**here, "text": "y", "reply_to": "12"}),
            ("edit", {**here, "message": "1", "text": "y"}),
            ("open", {"channel": "1"}),
            ("speak_as", {"user": str(club.sandbox.bot_user.id)}),
            ("slash", {**here, "name": "nothing"}),
            ("click", {**here, "message": "1", "custom_id": "x"}),
            ("submit", {**here, "interaction": "1", "fields": {}}),
            ("order_fault", {"name": "earthquake"}),
            ("restart_bot", {}),
        ]
        for wish, fields in odd:
            answer = await browser.answer(wish, **fields)
            assert answer.get("error"), (wish, fields)
        assert not club.channel.messages
        await browser.ask("say", **here, text="still here")


async def test_nobody_is_told_what_they_may_not_see(club: Club) -> None:
    secret = await club.ada.say(club.other, "secret")
    club.other.set_permissions(deny=int(Permissions.VIEW_CHANNEL), member=club.bob)
    async with club.browser(club.bob) as browser:
        assert "other" not in json.dumps(browser.news["directory"])
        for wish in ("open", "delete"):
            answer = await browser.answer(wish, channel=str(club.other.id), message=str(secret.id))
            assert answer["error"] == "That channel is gone."
        await browser.ask("speak_as", user=str(club.ada.id))
        assert "other" in json.dumps(browser.news["directory"])
        direct = browser.news["directory"]["direct"]["id"]
        await browser.ask("speak_as", user=str(club.bob.id))
        assert "error" in await browser.answer("open", channel=direct)


async def test_a_long_channel_opens_with_its_newest_messages_and_gives_older_ones_on_demand(club: Club) -> None:
    for number in range(2 * PAGE + 7):
        await club.ada.say(club.channel, f"number {number}")
    async with club.browser() as browser:
        assert len(browser.texts) == PAGE and browser.news["messages"]["more"]
        await browser.ask("older")
        assert len(browser.texts) == 2 * PAGE
        await browser.ask("older")
        assert browser.texts == [f"number {number}" for number in range(2 * PAGE + 7)]
        assert not browser.news["messages"]["more"]
        early = club.channel.messages[20]
        await browser.ask("open", channel=str(club.channel.id), to=str(early.id))
        assert str(early.id) in browser.messages and browser.news["messages"]["more"]


async def test_a_click_on_a_file_that_was_just_replaced_still_finds_it(club: Club) -> None:
    """A frame may go while a browser is fetching it."""
    message = await club.ada.say(club.channel, "", files=[File("frame.png", b"x")])
    async with club.browser() as browser, aiohttp.ClientSession() as session:
        [file] = browser.messages[str(message.id)]["files"]
        await club.ada.delete(message)
        async with session.get(club.page.address.rstrip("/") + file["url"]) as response:
            assert response.status == 200


async def test_a_fault_is_ordered_counted_and_taken_back(club: Club) -> None:
    async with club.browser() as browser:
        named = {one["name"]: one for one in browser.news["faults"]["offered"]}
        assert {"server_error", "rate_limited", "gateway_close"} <= set(named)
        await browser.ask("order_fault", name="server_error", parameters={"times": 3})
        await browser.until(lambda: browser.news["faults"]["pending"] == 3)
        answer = await browser.answer("order_fault", name="server_error", parameters={"times": "many"})
        assert "times must be" in answer["error"]
        await browser.ask("clear_faults")
        await browser.until(lambda: browser.news["faults"]["pending"] == 0)


async def test_two_browsers_see_the_same(club: Club) -> None:
    async with club.browser() as one, club.browser(club.bob) as other:
        await one.ask("say", channel=str(club.channel.id), text="to both")
        await asyncio.gather(one.until(lambda: one.texts), other.until(lambda: other.texts))
        assert one.texts == other.texts == ["to both"]
