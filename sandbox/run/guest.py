"""Any discord.py bot in the local Discord, with the page to try it on: ``python -m sandbox --bot COMMAND``."""

import asyncio
import os
import shlex
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from sandbox import state
from sandbox.page import BotPhase, BotState, ChatPage, Persona, Stage
from sandbox.records.model import Channel, User
from sandbox.run.demo import stop
from sandbox.server import Sandbox
from sandbox.verbs.leftovers import TRAFFIC_IN_PLAY
from sandbox.verbs.permissions import Permissions

ADDRESS, CA_FILE, TOKEN = "SANDBOX_ADDRESS", "SANDBOX_CA_FILE", "DISCORD_TOKEN"
PAGE_PORT = 8765


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestOptions:
    """Say how to run a bot that is not Faraday."""

    command: str  # starts the bot, as in a shell
    host: str = "127.0.0.1"  # where the sandbox and its page listen; anything but loopback lets others in
    port: int = 0  # of the sandbox; 0 takes a free one
    page_port: int = PAGE_PORT  # likewise, of the page
    message_content: bool = False  # a privileged intent, as switched in the developer portal
    members: bool = False  # likewise
    token_variable: str = TOKEN  # where the bot looks for its token
    keep: Path | None = None  # a folder to continue from and to save into


class Guest:
    """Runs the bot's process. A bot that ends is started again only when the page asks for it."""

    def __init__(self, sandbox: Sandbox, options: GuestOptions, console: Console) -> None:
        self._sandbox = sandbox
        self._command = shlex.split(options.command)
        self._token_variable = options.token_variable
        self._console = console
        self._ordered = asyncio.Event()
        self._ended = ""

    @property
    def state(self) -> BotState:
        if self._ended:
            return BotState(phase=BotPhase.STOPPED, detail=self._ended)
        phase = BotPhase.READY if self._sandbox.gateway.connected else BotPhase.STARTING
        return BotState(phase=phase, detail="" if phase is BotPhase.READY else "The bot is starting.")

    async def restart(self) -> None:
        self._ordered.set()

    async def run(self) -> None:
        """Start the bot, and again when that is ordered, until cancelled. Raises OSError for an unknown command."""
        while True:
            self._ordered.clear()
            self._say("")
            process = await asyncio.create_subprocess_exec(*self._command, env=self._environment())
            try:
                await until_one_ends(self._ordered.wait(), process.wait())
            finally:
                await stop(process)
            if not self._ordered.is_set():
                self._say(f"The bot ended with code {process.returncode}.")
                self._console.print(self._ended + " The page can start it again.", style="yellow")
                await self._ordered.wait()

    def _environment(self) -> dict[str, str]:
        sandbox = self._sandbox
        return os.environ | {
            ADDRESS: sandbox.address,
            CA_FILE: str(sandbox.ca_file.absolute()),
            self._token_variable: sandbox.token,
        }

    def _say(self, ended: str) -> None:
        self._ended = ended
        self._sandbox.world.changed()


def _furnish(sandbox: Sandbox) -> Channel:
    """Make a server with two channels, and its people."""
    guild = sandbox.create_guild("Studio", bot_permissions=int(Permissions.ADMINISTRATOR))
    general = guild.create_text_channel("general")
    guild.create_text_channel("second")
    moderators = guild.create_role("moderator", permissions=int(Permissions.MANAGE_MESSAGES))
    guild.add_member("ada")
    guild.add_member("max", roles=(moderators,))
    return general


def _personas(sandbox: Sandbox) -> list[Persona]:
    def part(user: User) -> str:
        return {"owner": "owner", "max": "moderator"}.get(user.name, "member")

    people = [user for user in sandbox.world.users.values() if not user.bot]
    return [Persona(user=user, part=part(user)) for user in sorted(people, key=lambda user: part(user) != "member")]


async def run(console: Console, options: GuestOptions, *, told_to_stop: asyncio.Event) -> None:
    """Run the bot, the sandbox and the page until told to stop.

    Raises OSError for a taken port or an unknown command, and StateError if what was kept cannot be read.
    """
    sandbox = Sandbox(
        host=options.host,
        port=options.port,
        message_content=options.message_content,
        server_members=options.members,
        traffic_kept=TRAFFIC_IN_PLAY,
    )
    if options.keep is not None and state.exists(options.keep):
        sandbox.load(options.keep)
    home = next((one for one in sandbox.world.channels.values() if one.name == "general"), None) or _furnish(sandbox)
    guest = Guest(sandbox, options, console)
    stage = Stage(
        sandbox=sandbox,
        personas=_personas(sandbox),
        home=home,
        bot_state=lambda: guest.state,
        restart=guest.restart,
    )
    async with sandbox, ChatPage(stage, host=options.host, port=options.page_port) as page:
        _welcome(console, sandbox, page, options)
        try:
            await until_one_ends(guest.run(), told_to_stop.wait())
        finally:
            if options.keep is not None:
                sandbox.save(options.keep)


async def until_one_ends(*work: Coroutine[Any, Any, object]) -> None:
    """Do all the work until one part ends, then cancel the others. Raises the error that ended it."""
    tasks = [asyncio.create_task(part) for part in work]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for result in ended:
        if isinstance(result, Exception):
            raise result


def _welcome(console: Console, sandbox: Sandbox, page: ChatPage, options: GuestOptions) -> None:
    console.print(f"\n  Open  [bold]{page.address}[/bold]\n")
    console.print(f"The local Discord listens on {sandbox.address}. Ctrl-C ends it, and the bot with it.")
    if options.keep is not None:
        console.print(f"What happens is kept in {options.keep} for the next time.", style="dim")
