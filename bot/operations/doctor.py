"""``python -m bot doctor``: everything the bot needs, looked at one by one, with what to mend."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import discord
from rich.console import Console

from bot.config import Config
from bot.database import connection, faults
from bot.database.connection import Database
from bot.database.migrating import revisions
from bot.engines.client import EngineDied, ProcessEngineClient, engine_settings
from bot.errors import ConfigError, NoDatabase, WeightsFailed
from bot.gateway.connector import make_connector
from bot.jobs.files import write_atomically
from bot.weights import catalogue

API = "https://discord.com/api/v10"
ANSWER_SECONDS = 15.0
PORTAL = "https://discord.com/developers/applications"
# What the bot uses where it is invited; the README's invite link grants exactly these.
NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    attach_files=True,
    read_message_history=True,
    add_reactions=True,
)
_MESSAGE_CONTENT = discord.ApplicationFlags.gateway_message_content.flag
_MESSAGE_CONTENT_LIMITED = discord.ApplicationFlags.gateway_message_content_limited.flag


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line: what was looked at, whether it is well, and what was found or is to be mended."""

    about: str
    well: bool
    text: str


async def examine(config: Config, console: Console) -> bool:
    """Print a line per finding as it is found. True when all is well."""
    all_well = True
    for check in (check_files, check_database, check_discord, check_weights, check_engine):
        async for finding in check(config):
            show(finding, console)
            all_well = all_well and finding.well
    return all_well


def show(finding: Finding, console: Console) -> None:
    mark = "[green]✓[/]" if finding.well else "[red]✗[/]"
    console.print(mark, f"{finding.about}:", end=" ")
    console.print(finding.text, markup=False, soft_wrap=True)


async def check_files(config: Config) -> AsyncIterator[Finding]:
    """Check that a picture can be written."""
    folder = Path(config.queue.files)
    try:
        await asyncio.to_thread(_write_into, folder)
    except OSError as error:
        advice = "Make it writable for this user, or change [queue] files."
        yield Finding(about="files", well=False, text=f"{folder} cannot be written ({error.strerror}). {advice}")
    else:
        yield Finding(about="files", well=True, text=f"{folder} can be written")


def _write_into(folder: Path) -> None:
    """Raises OSError when that cannot be done."""
    probe = folder / ".doctor"
    write_atomically(probe, b"written by python -m bot doctor")
    probe.unlink()


async def check_database(config: Config) -> AsyncIterator[Finding]:
    """Check that the database answers and has the newest tables."""
    try:
        name = connection.shown(config.queue.database)
        file = _still_to_be_made(config.queue.database)
        if file is not None:
            await asyncio.to_thread(_write_into, file.parent)
            yield Finding(about="database", well=True, text=f"{name} will be made at the first start")
            return
        at, newest = await _revisions(config.queue.database)
    except NoDatabase as error:
        yield Finding(about="database", well=False, text=error.detail)
    except OSError as error:
        text = faults.explained(connection.address_of(config.queue.database), error)
        yield Finding(about="database", well=False, text=text)
    else:
        if at == newest:
            yield Finding(about="database", well=True, text=f"{name} is at revision {at}")
        else:
            text = f"{name} is at revision {at}, the newest is {newest}. Run `python -m bot migrate`."
            yield Finding(about="database", well=False, text=text)


async def _revisions(url: str) -> tuple[str | None, str | None]:
    database = Database(url)
    try:
        return await revisions(database)
    finally:
        await database.close()


def _still_to_be_made(url: str) -> Path | None:
    """Return the file of an SQLite database that is not there yet."""
    address = connection.address_of(url)
    file = Path(address.database) if address.get_backend_name() == "sqlite" and address.database else None
    return None if file is None or file.exists() else file


async def check_discord(config: Config) -> AsyncIterator[Finding]:
    """Check the token, the intents, and what the bot may do in its servers."""
    token = config.discord.token.get_secret_value()
    if not token:
        text = f"there is none. Copy it from {PORTAL} under Bot, and set FARADAY_TOKEN or [discord] token."
        yield Finding(about="token", well=False, text=text)
        return
    try:
        connector = make_connector(config)
    except ConfigError as error:
        yield Finding(about="Discord", well=False, text=str(error))
        return
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    headers = {"Authorization": f"Bot {token}"}
    async with aiohttp.ClientSession(connector=connector, headers=headers, timeout=timeout) as session:

        async def get(path: str) -> Any:
            async with session.get(API + path) as response:
                response.raise_for_status()
                return await response.json()

        try:
            async for finding in _ask_discord(config, get):
                yield finding
        except aiohttp.ClientResponseError as error:
            yield _refused(error)
        except (aiohttp.ClientError, OSError) as error:
            where = config.discord.connect_to or "discord.com"
            text = f"{where} cannot be reached: {error or type(error).__name__}. Check the network and the proxy."
            yield Finding(about="Discord", well=False, text=text)


async def _ask_discord(config: Config, get: Callable[[str], Awaitable[Any]]) -> AsyncIterator[Finding]:
    me = await get("/users/@me")
    yield Finding(about="token", well=True, text=f"it belongs to {me['username']} ({me['id']})")
    flags = int((await get("/applications/@me")).get("flags", 0))
    yield _intents(wanted=config.discord.message_content, flags=flags)
    guilds = await get("/users/@me/guilds")
    invite = discord.utils.oauth_url(int(me["id"]), permissions=NEEDED)
    if not guilds:
        yield Finding(about="servers", well=False, text=f"the bot is in none. Invite it: {invite}")
    for guild in guilds:
        yield _permissions(guild["name"], discord.Permissions(int(guild["permissions"])), invite)
    for guild_id in set(config.discord.guild_ids) - {int(guild["id"]) for guild in guilds}:
        text = f"{guild_id} is in [discord] guild_ids, but the bot is not in it. Invite it, or remove the id."
        yield Finding(about="servers", well=False, text=text)


def _refused(error: aiohttp.ClientResponseError) -> Finding:
    if error.status == 401:
        text = f"Discord refuses it. Copy it again from {PORTAL} under Bot, or reset it there."
        return Finding(about="token", well=False, text=text)
    text = f"Discord answered {error.status} {error.message}. Try again later."
    return Finding(about="Discord", well=False, text=text)


def _intents(*, wanted: bool, flags: int) -> Finding:
    granted = bool(flags & (_MESSAGE_CONTENT | _MESSAGE_CONTENT_LIMITED))
    if not wanted:
        return Finding(about="intents", well=True, text="none is needed that must be enabled")
    if granted:
        return Finding(about="intents", well=True, text="message content is enabled")
    text = f"message content is not enabled. Enable it at {PORTAL} under Bot, or set [discord] message_content = false."
    return Finding(about="intents", well=False, text=text)


def _permissions(guild: str, mine: discord.Permissions, invite: str) -> Finding:
    if mine.administrator or mine.is_superset(NEEDED):
        return Finding(about="permissions", well=True, text=f"{guild}: all that is needed")
    missing = ", ".join(name.replace("_", " ").title() for name, needed in NEEDED if needed and not getattr(mine, name))
    text = f"{guild}: {missing} missing. Grant them to the bot's role, or invite it again: {invite}"
    return Finding(about="permissions", well=False, text=text)


async def check_weights(config: Config) -> AsyncIterator[Finding]:
    """Check that each bundle's files are there; an engine without them would only say that it cannot start."""
    folder = Path(config.engine.weights_dir)
    try:
        known = await asyncio.to_thread(catalogue.bundles, folder)
    except WeightsFailed as error:
        yield Finding(about="weights", well=False, text=str(error))
        return
    for name in config.engine.bundles:
        if name not in known:
            text = f"there is no bundle {name}. Correct [engine] bundles; `python -m bot weights list` shows all."
            yield Finding(about="weights", well=False, text=text)
        elif missing := await asyncio.to_thread(known[name].missing):
            text = f"{name} lacks {', '.join(missing)}. Fetch what it needs: python -m bot weights fetch {name}"
            yield Finding(about="weights", well=False, text=text)


async def check_engine(config: Config) -> AsyncIterator[Finding]:
    """Check that the weights load on each device, and what it is."""
    for device in config.engine.device:
        async for finding in _check_device(config, device):
            yield finding


async def _check_device(config: Config, device: str) -> AsyncIterator[Finding]:
    client = ProcessEngineClient(engine_settings(config.engine, device), config.engine.ready_timeout)
    began = time.monotonic()
    try:
        ready = await client.start()
    except EngineDied as error:
        text = f"{error}. Check [engine] weights_dir, bundles and device."
        yield Finding(about="engine", well=False, text=text)
    else:
        seconds = time.monotonic() - began
        text = f"ready on {ready.device} in {seconds:.1f} s, threads: {ready.threads}, runs at once: {ready.slots}"
        text += f"; further engines: {', '.join(ready.others)}" if ready.others else ""
        yield Finding(about="engine", well=True, text=text)
        for info in ready.bundles:
            text = f"{info.name} ({info.title}), hash {info.weights_hash}"
            yield Finding(about="weights", well=True, text=text)
    finally:
        await client.close()
