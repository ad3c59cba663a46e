"""The doctor, against the sandbox's Discord, real databases and spawned engines."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import bot.operations.doctor
from bot.config import Config
from bot.database.connection import Database
from bot.engines.client import ProcessEngineClient, Target
from bot.operations import doctor
from bot.operations.doctor import Finding
from sandbox import Sandbox
from tests.bot import engine_children as children

REVISIONS = Path(__file__).parents[3] / "migrations" / "versions"


async def findings(check: AsyncIterator[Finding]) -> list[tuple[str, bool, str]]:
    return [(finding.about, finding.well, finding.text) async for finding in check]


def engine_of(monkeypatch: pytest.MonkeyPatch, target: Target) -> None:
    spawn = functools.partial(ProcessEngineClient, target=target)
    monkeypatch.setattr(bot.operations.doctor, "ProcessEngineClient", spawn)


def configured(tmp_path: Path, **tables: dict[str, object]) -> Config:
    queue: dict[str, object] = {
        "database": f"sqlite+aiosqlite:///{tmp_path}/faraday.db",
        "files": str(tmp_path / "files"),
    }
    return Config.parse({"queue": queue, **tables}, source="test")


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    async with Sandbox(data_dir=tmp_path) as sandbox:
        yield sandbox


def connected(sandbox: Sandbox, tmp_path: Path, **changes: object) -> Config:
    discord = {"token": sandbox.token, "connect_to": sandbox.address, "ca_file": str(sandbox.ca_file)}
    return configured(tmp_path, discord={**discord, **changes})


async def test_a_whole_installation_is_found_well(
    sandbox: Sandbox, tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_of(monkeypatch, children.sketch)
    sandbox.create_guild("Studio")
    config = connected(sandbox, tmp_path)
    checks = (doctor.check_files, doctor.check_database, doctor.check_discord, doctor.check_engine)
    found = [finding for check in checks for finding in await findings(check(config))]
    assert [about for about, well, _ in found if well] == [
        "files", "database", "token", "intents", "permissions", "engine", "weights",
    ]  # fmt: skip
    assert len(found) == 7
    said = {about: text for about, _, text in found}
    newest = max(path.name[:4] for path in REVISIONS.glob("[0-9]*.py"))
    assert said["database"].endswith(f"faraday.db is at revision {newest}")
    assert str(sandbox.bot_user.id) in said["token"]
    assert said["permissions"] == "Studio: all that is needed"
    assert said["engine"].startswith("ready on cpu in ")
    assert said["weights"] == "starter (Starter), hash 0123456789ab"


async def test_folders_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file where the folder should be")
    ((_, well, text),) = await findings(doctor.check_files(configured(tmp_path)))
    assert not well and str(tmp_path / "files") in text and "change [queue] files" in text


async def test_a_database_to_be_made_is_well_an_old_or_broken_one_is_not(tmp_path: Path) -> None:
    config = configured(tmp_path)
    ((_, well, text),) = await findings(doctor.check_database(config))
    assert well and "will be made" in text
    assert not (tmp_path / "faraday.db").exists()
    (tmp_path / "faraday.db").touch()
    ((_, well, text),) = await findings(doctor.check_database(config))
    assert not well and "Run `python -m bot migrate`." in text
    (tmp_path / "faraday.db").write_text("no database, but long enough to be looked at" * 100)
    ((_, well, text),) = await findings(doctor.check_database(config))
    assert not well and "not a database" in text


async def test_a_missing_or_refused_token_says_where_to_get_one(sandbox: Sandbox, tmp_path: Path) -> None:
    for token, says in (("", "there is none"), ("wrong", "Discord refuses it")):
        ((about, well, text),) = await findings(doctor.check_discord(connected(sandbox, tmp_path, token=token)))
        assert about == "token" and not well
        assert says in text and "developers/applications" in text


async def test_missing_permissions_are_named_with_the_invitation_that_grants_them(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    embed_links = 1 << 14
    guild = sandbox.create_guild("Studio", bot_permissions=embed_links)
    guild.everyone.permissions = 0
    found = await findings(doctor.check_discord(connected(sandbox, tmp_path)))
    about, well, text = found[-1]
    assert about == "permissions" and not well
    assert text.startswith("Studio: ") and "Attach Files" in text and "Embed Links" not in text
    assert f"permissions={doctor.NEEDED.value}" in text


async def test_a_bot_in_no_server_and_servers_that_it_is_not_in_are_told(sandbox: Sandbox, tmp_path: Path) -> None:
    found = await findings(doctor.check_discord(connected(sandbox, tmp_path, guild_ids=[42])))
    texts = [text for about, well, text in found if about == "servers" and not well]
    assert "the bot is in none" in texts[0]
    assert texts[1].startswith("42 is in [discord] guild_ids")


@pytest.mark.parametrize(
    ("wanted", "flags", "well"),
    [(False, 0, True), (True, 0, False), (True, 1 << 18, True), (True, 1 << 19, True), (True, 1 << 20, False)],
)
def test_the_message_content_intent_must_be_enabled_if_it_is_configured(wanted: bool, flags: int, well: bool) -> None:
    assert doctor._intents(wanted=wanted, flags=flags).well is well


async def test_discord_out_of_reach_is_told(tmp_path: Path) -> None:
    config = configured(tmp_path, discord={"token": "abc", "connect_to": "127.0.0.1:9"})
    ((about, well, text),) = await findings(doctor.check_discord(config))
    assert about == "Discord" and not well and text.startswith("127.0.0.1:9 cannot be reached")


async def test_missing_weights_are_named_with_the_command_that_fetches_them(tmp_path: Path, weights_dir: Path) -> None:
    names = ["starter", "imagenet-16384", "nope"]
    engine: dict[str, object] = {"weights_dir": str(weights_dir), "bundles": names, "default_bundle": "starter"}
    lacking, unknown = await findings(doctor.check_weights(configured(tmp_path, engine=engine)))
    assert lacking[1] is False and "clip/ViT-B-32.safetensors" in lacking[2]
    assert lacking[2].endswith("python -m bot weights fetch imagenet-16384")
    assert unknown[1] is False and unknown[2].startswith("there is no bundle nope")


async def test_an_engine_that_cannot_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine_of(monkeypatch, children.without_weights)
    ((about, well, text),) = await findings(doctor.check_engine(configured(tmp_path)))
    assert about == "engine" and not well
    assert text.startswith("The weights are missing: run setup. Check [engine]")
