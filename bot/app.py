"""The composition root: what the bot is made of, how it comes up and goes down."""

import asyncio
import logging
import socket
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord

from bot.components.pager import PageButton
from bot.components.pages import Render
from bot.config import Config
from bot.database.connection import Database
from bot.database.migrating import migrate
from bot.engines.announcer import patient
from bot.engines.client import EngineClient, ProcessEngineClient, engine_settings
from bot.engines.dispatcher import Backoff, Dispatcher
from bot.gateway import registering
from bot.jobs.archive import Archive
from bot.jobs.fairness import Fairness
from bot.jobs.files import Files
from bot.jobs.queue import Queue
from bot.jobs.records import Records
from bot.members.defaults import Wishes
from bot.members.privacy import MemberData
from bot.members.ratings import RatingStore
from bot.members.settings import SettingsStore
from bot.members.styles import StyleStore
from bot.moderation.desk import Desk
from bot.moderation.gate import Gate
from bot.moderation.reports import Reports
from bot.moderation.rules import Rules
from bot.moderation.screen import Screen
from bot.operations import presence
from bot.operations.control import SOCKET, Control
from bot.operations.reload import Reloaded, merge
from bot.operations.retention import Retention
from bot.operations.status import Counts, Operated
from bot.operations.web import Web
from bot.posts.film import Sending
from bot.posts.grid_sheets import Sheets
from bot.posts.pacing import Pacer
from bot.posts.publisher import Publisher
from bot.requests.admission import Admission
from bot.requests.describe import Looking
from bot.requests.picture_actions import FollowUps
from bot.requests.removal import Removal
from bot.requests.report import Reporting
from bot.requests.submit import Submitter

log = logging.getLogger(__name__)

COGS = (
    "cogs.imagine",
    "cogs.edit",
    "cogs.grid",
    "cogs.describe",
    "cogs.replies",
    "cogs.reactions",
    "cogs.controls",
    "cogs.sequels",
    "cogs.ratings",
    "cogs.upscale",
    "cogs.menus",
    "cogs.removal",
    "cogs.privacy",
    "cogs.admin",
    "cogs.moderation",
    "cogs.line",
    "cogs.history",
    "cogs.show",
    "cogs.styles",
    "cogs.settings",
    "cogs.help",
)
_READY_POLL = 0.1  # seconds


class FaradayBot(Operated):
    """The Discord client and, from :meth:`setup_hook` on, everything behind it.

    ``clients`` are the engines; by default processes on this machine, one a device. To be made inside the running loop.
    """

    followups: FollowUps
    removal: Removal
    reporting: Reporting

    def __init__(
        self,
        config: Config,
        clients: Sequence[EngineClient] | None = None,
        *,
        backoff: Backoff | None = None,
        pacer: Pacer | None = None,
        config_path: Path | None = None,
    ) -> None:
        super().__init__(config)
        self._config_path = config_path
        self._database = Database(config.queue.database)
        self.files = Files(Path(config.queue.files))
        self.archive = Archive(self._database)
        self.pages: dict[str, Render] = {}  # by name; the cogs put theirs in
        self.settings = SettingsStore(self._database)
        self.styles = StyleStore(self._database)
        self.ratings = RatingStore(self._database)
        self.queue = Queue(
            self._database, self.files, max_attempts=config.engine.max_attempts, fairness=_fairness(config)
        )
        self.screen = Screen(self, self.settings, lambda: self.config.moderation)
        pacer = pacer or Pacer()
        posted = patient(self.queue, backoff or Backoff())  # what stands on Discord must be noted
        sheets = Sheets(self, posted, self.archive, self.files, self.screen, pacer)
        self.publisher = Publisher(self, posted, lambda: self.dispatcher, self.screen, sheets, pacer)
        self.dispatcher = Dispatcher(
            self.queue,
            self.files,
            [engine_process(config, device) for device in config.engine.device] if clients is None else clients,
            self.publisher,
            config.engine,
            backoff=backoff,
            another=lambda device: engine_process(config, device),
        )
        self.records = Records(self._database)
        self.rules = Rules(self._database)
        self.removal = Removal(self.records, self.files, self.publisher, self.dispatcher, self.rules)
        self.privacy = MemberData(self._database)
        self.retention = Retention(self.files, self.records, lambda: self.config.storage)
        self.gate = gate = Gate(self.rules)
        self.desk = Desk(self.rules, gate, self.removal)
        self.reporting = Reporting(
            self, self.queue, self.files, Reports(self._database), self.settings, self.desk, self.removal
        )
        self.admission = Admission(lambda: self.config, self.dispatcher, self.files, gate, self.settings)
        wishes = Wishes(self.settings, self.styles)
        self.submitter = Submitter(config, self.queue, self.dispatcher, self.publisher, self.admission, wishes)
        self.looking = Looking(lambda: self.config, self.dispatcher, self.files, self.admission, self.screen)
        sending = Sending(self, self.files)
        self.followups = FollowUps(self, self.submitter, self.publisher, self.screen, self.admission, sending)
        self.counts = Counts(self.queue)
        self.web = Web(self)
        self.web_port: int | None = None
        self.control: Control | None = None
        self._work: list[asyncio.Task[Any]] = []
        self._closing: asyncio.Task[None] | None = None

    async def setup_hook(self) -> None:
        """Set up once, after the token was accepted and before the gateway: the database, the engines, the commands."""
        await migrate(self._database)
        self.add_dynamic_items(PageButton)
        for cog in COGS:
            await self.load_extension(cog)
        dispatching = asyncio.create_task(self.dispatcher.run(), name="dispatcher")
        dispatching.add_done_callback(self._end_with)
        self._work = [dispatching, asyncio.create_task(self._announce(), name="announce")]
        if self.config.discord.sync_commands:
            self._work.append(asyncio.create_task(registering.register(self), name="register"))
        await self._open_to_operators()

    async def _open_to_operators(self) -> None:
        """Start what helps operators. Members paint even if a part of it cannot start."""
        settings = self.config.operators
        self._work.append(asyncio.create_task(self.retention.run(self.removal.resume), name="retention"))
        if settings.presence:
            self._work.append(asyncio.create_task(presence.keep(self), name="presence"))
        try:
            if settings.http_port:
                self.web_port = await self.web.open(settings.http_host, settings.http_port)
            if settings.control and hasattr(socket, "AF_UNIX"):
                self.control = Control(self, self.files.root / SOCKET)
                await self.control.open()
        except OSError as error:
            log.error("operators: %s", error)

    async def reload_config(self) -> Reloaded:
        """Read the configuration again and go on with what of it can change live. Raises :class:`ConfigError`."""
        reloaded = merge(self.config, await asyncio.to_thread(Config.load, self._config_path))
        self.config = reloaded.config
        self.submitter.reconfigure(reloaded.config)
        logging.getLogger().setLevel(reloaded.config.log.level)
        return reloaded

    def _end_with(self, dispatching: asyncio.Task[None]) -> None:
        """Close the bot if the work broke down. A supervisor starts it again; it must not look alive meanwhile."""
        if not dispatching.cancelled() and (error := dispatching.exception()):
            log.critical("the dispatcher broke down", exc_info=error)
            self._closing = asyncio.create_task(self.close())

    async def _announce(self) -> None:
        await self.wait_until_ready()
        while self.dispatcher.ready is None:  # noqa: ASYNC110 - an engine's start has no event of its own
            await asyncio.sleep(_READY_POLL)
        log.info("ready: connected as %s", self.user)

    async def on_message(self, message: discord.Message) -> None:
        """Do nothing: messages are for the cogs; there are no prefix commands."""

    async def close(self) -> None:
        """Let go in an order that loses nothing: the engines first, then what they had to say, then Discord."""
        if self.is_connecting():
            return
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        self._work.clear()
        await self.web.close()
        if self.control is not None:
            await self.control.close()
        await self.publisher.close()
        await super().close()
        await self._database.close()


def _fairness(config: Config) -> Fairness:
    return Fairness(
        recent=timedelta(seconds=config.fairness.recent_seconds), large_at_once=config.fairness.large_at_once
    )


def engine_process(config: Config, device: str) -> EngineClient:
    return ProcessEngineClient(engine_settings(config.engine, device), config.engine.ready_timeout)
