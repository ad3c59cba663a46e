"""/privacy: what is kept, a copy of it, and its end."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from bot.cli import app
from bot.domain.job import State
from sandbox import Permissions
from sandbox.records.clock import PATIENCE_S

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Studio


async def test_a_member_sees_and_gets_all_that_is_kept_of_them(studio: Studio) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car", seed=7)
    await studio.final()
    await (await studio.ada.slash(studio.channel, "settings mine", size="64x64")).text()
    answer = await studio.ada.slash(studio.channel, "privacy show")
    text = await answer.text()
    assert text == answer.ephemeral_text
    storage = studio.config.storage
    assert (
        f"finished pictures: {storage.pictures_days} days" in text and "1 of your pictures, 1 of your settings" in text
    )
    assert "how it ended: until you erase it" in text
    answer = await studio.ada.slash(studio.channel, "privacy export")
    sent = await studio.sandbox.until(lambda: [one for one in answer.followups if one.attachments])
    archive = zipfile.ZipFile(io.BytesIO(sent[0].attachments[0].bytes))
    assert sent[0].ephemeral and "files/1/final.png" in archive.namelist()
    kept = json.loads(archive.read("data.json"))
    assert kept["jobs"][0]["spec"]["prompt"] == "a red car" and kept["settings"][0]["value"] == "64x64"


async def test_erasing_cancels_and_deletes_everything_and_leaves_others_theirs(studio: Studio) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car", seed=7)
    final = await studio.final()
    await studio.bob.say(final.channel, ".edit a blue boat", reply_to=final)
    await studio.final(2)
    await (await studio.ada.slash(studio.channel, "settings mine", size="64x64")).text()
    studio.engine.holding = True
    await studio.ada.slash(studio.channel, "imagine", prompt="a red bus")
    await studio.card("2 of 4 iterations")
    answer = await studio.ada.slash(studio.channel, "privacy erase")
    assert "**Do you want that?**" in await answer.text() and answer.message
    await studio.ada.click(answer.message, label="Erase everything")
    await studio.sandbox.until(lambda: answer.message and "2 pictures" in answer.message.content)
    bot = studio.bot
    await studio.sandbox.until(lambda: not any("a red" in message.content for message in studio.everywhere()))
    async with asyncio.timeout(PATIENCE_S):
        while await bot.records.erased():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert await bot.queue.get(1) is None and await bot.queue.get(3) is None
    assert not bot.files.folder(1).exists() and not bot.files.folder(3).exists()
    left = {name: len(rows) for name, rows in (await bot.privacy.collect(studio.ada.id)).items() if rows}
    assert left == {"usage": 2}  # when, for the limits of the day
    others = await bot.queue.get(2)
    assert others and others.state is State.DELIVERED and others.parent_id is None
    assert len(studio.finals()) == 1 and bot.files.init_image(2).exists()


async def test_erasing_gives_back_no_daily_quota_and_keeps_nothing_else(studio: Studio) -> None:
    role = studio.guild.create_role("managers", permissions=int(Permissions.MANAGE_GUILD))
    eve = studio.guild.add_member("eve", roles=(role,))
    await (await eve.slash(studio.channel, "settings server", max_per_day=1)).text()
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    await studio.final()
    answer = await studio.ada.slash(studio.channel, "privacy erase")
    assert "For 24 hours I still count" in await answer.text() and answer.message
    await studio.stop()
    await studio.start()
    await studio.ada.click(answer.message, label="Erase everything")
    await studio.sandbox.until(lambda: not studio.finals())
    async with asyncio.timeout(PATIENCE_S):
        while await studio.bot.queue.get(1):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    refused = await (await studio.ada.slash(studio.channel, "imagine", prompt="a boat")).text()
    assert refused.startswith("You asked for 1 picture in the last 24 hours") and "room again <t:" in refused
    left = {name: rows for name, rows in (await studio.bot.privacy.collect(studio.ada.id)).items() if rows}
    (usage,) = left.pop("usage")
    assert not left and set(usage) == {
        "id",
        "requester_id",
        "guild_id",
        "created_at",
        "counts",
        "started_at",
        "seconds",
    }
    assert (
        "Faraday keeps 1 of your erased pictures (times only)."
        in await (await studio.ada.slash(studio.channel, "privacy show")).text()
    )


async def test_an_operator_does_the_same_and_the_bot_finishes_it_at_its_next_start(
    studio: Studio, tmp_path: Path
) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    await studio.final()
    await studio.stop()
    queue = studio.config.queue
    path = tmp_path / "operator.toml"
    path.write_text(f'[queue]\ndatabase = "{queue.database}"\nfiles = "{queue.files}"\n')

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app.app, ["privacy", *arguments, "--config", str(path)])
        assert done.exit_code == 0, done.output
        return done.output

    member = str(studio.ada.id)
    assert "1 of your pictures" in await asyncio.to_thread(run, "show", member)
    await asyncio.to_thread(run, "export", member, "--out", str(tmp_path / "kept.zip"))
    assert "files/1/final.png" in zipfile.ZipFile(tmp_path / "kept.zip").namelist()
    assert "For the bot to delete: 1 picture." in await asyncio.to_thread(run, "erase", member, "--yes")
    await studio.start()
    await studio.sandbox.until(lambda: not studio.finals() and not studio.bot.files.folder(1).exists())
