"""What is kept of a member, on real databases: all of it is found, and all that is theirs goes."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from bot.database.connection import Database
from bot.database.tables import metadata
from bot.domain.job import Removed, State
from bot.domain.moderation import RuleKind
from bot.domain.setting import Scope
from bot.jobs.files import Files
from bot.jobs.queue import Queue
from bot.jobs.records import Records
from bot.members import takeout
from bot.members.privacy import KEPT_A_DAY, OF_MODERATORS, OWN, MemberData
from bot.members.ratings import RatingStore
from bot.members.settings import SettingsStore
from bot.members.styles import StyleStore
from bot.moderation.reports import Reports
from bot.moderation.rules import Rules
from tests.bot.conftest import ON_BOTH, MakeJob
from tests.bot.jobs.test_queue import to

ADA, BOB, MOD, GUILD = 1, 2, 5, 2**62


def test_every_table_is_known_to_be_about_members() -> None:
    assert set(metadata.tables) <= {*OWN, *OF_MODERATORS, *KEPT_A_DAY}


@pytest.fixture
async def kept(database: Database, queue: Queue, new_job: MakeJob) -> None:
    """A row of each kind for two members."""
    for member in (ADA, BOB):
        job_id = await to(State.DELIVERED, queue, new_job(requester_id=member))
        await RatingStore(database).rate(job_id, member, 4)
        await SettingsStore(database).change(Scope.USER, member, {"size": "64x64"})
        await StyleStore(database).save(member, "mine", "a sketch of {prompt}")
        await Reports(database).add(7, GUILD, member, "ugly")
        await Rules(database).add(GUILD, RuleKind.USER_BLOCKED, member, by=MOD)
        await Rules(database).note(GUILD, member, "report picture", "#7")
    await SettingsStore(database).change(Scope.CHANNEL, ADA, {"size": "96x96"})  # a channel of the same number


@ON_BOTH
async def test_all_rows_of_the_member_are_found_and_no_others(database: Database, kept: None) -> None:
    found = await MemberData(database).collect(ADA)
    assert {name: len(rows) for name, rows in found.items() if rows} == dict.fromkeys(
        ("jobs", "settings", "styles", "ratings", "reports", "blocks", "trail"), 1
    )
    (job,) = found["jobs"]
    assert job["requester_id"] == ADA and job["spec"]["prompt"] == "a red car at night" and job["state"] == "delivered"
    assert found["settings"][0]["value"] == "64x64" and found["reports"][0]["reason"] == "ugly"
    json.dumps(found)


@ON_BOTH
async def test_what_is_theirs_goes_and_what_moderators_decided_stays(
    database: Database, kept: None, queue: Queue
) -> None:
    privacy = MemberData(database)
    others = await privacy.collect(BOB)
    assert await privacy.forget(ADA) == 1
    left = {name: len(rows) for name, rows in (await privacy.collect(ADA)).items() if rows}
    assert left == {"jobs": 1, "blocks": 1, "trail": 1}
    (marked,) = await Records(database).erased()
    assert marked.requester_id == ADA and marked.removed is Removed.ERASED
    await Records(database).erase(marked.id)
    assert len((await privacy.collect(ADA))["usage"]) == 1
    assert await privacy.collect(BOB) == others
    assert (await SettingsStore(database).get(Scope.CHANNEL, ADA)).size == "96x96"


def test_a_takeout_has_every_file_in_zips_that_keep_to_the_limit(files: Files) -> None:
    for job_id, size in ((3, 70_000), (4, 70_000), (5, 200_000)):
        files.folder(job_id).mkdir(parents=True)
        files.final(job_id).write_bytes(bytes(size))
    files.init_image(3).write_bytes(b"upload")
    pages, left_out = takeout.pack({"jobs": [{"id": 3}, {"id": 4}, {"id": 5}, {"id": 6}]}, files, 160_000)
    assert left_out == ["files/5/final.png"] and len(pages) == 2
    names = []
    for page in pages:
        out = io.BytesIO()
        page.write(out)
        assert len(out.getvalue()) <= 160_000
        names.append(zipfile.ZipFile(out).namelist())
    assert names == [["data.json", "files/3/final.png", "files/3/init"], ["files/4/final.png"]]
    (whole,), none = takeout.pack({"jobs": [{"id": 5}]}, files)
    assert [name for name, _ in whole.files] == ["files/5/final.png"] and not none
