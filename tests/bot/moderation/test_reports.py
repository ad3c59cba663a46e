"""Reports on real databases."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from bot.database.connection import Database
from bot.domain.moderation import Outcome
from bot.moderation.reports import Reports
from tests.bot.conftest import ON_BOTH

pytestmark = ON_BOTH
GUILD, ADA, BOB, MOD = 2**62, 1, 2, 5


async def test_one_report_of_each_member_and_picture_once_moderators_know(database: Database) -> None:
    reports = Reports(database)
    lost = await reports.add(7, GUILD, ADA, "never posted")
    first = await reports.add(7, GUILD, ADA, "ugly")
    assert await reports.get(lost.id) is None and await reports.open_about(7) is None
    await reports.told(first.id, channel_id=10, message_id=11)
    with pytest.raises(IntegrityError):
        await reports.add(7, GUILD, ADA, "again")
    second = await reports.add(7, GUILD, BOB, "")
    await reports.told(second.id, channel_id=10, message_id=12)
    found = await reports.find(7, ADA)
    assert found and (found.reason, found.message_id, found.outcome) == ("ugly", 11, None)
    assert await reports.open_about(7) == found and await reports.find(8, ADA) is None


async def test_a_decision_settles_all_open_reports_of_the_picture(database: Database) -> None:
    reports = Reports(database)
    for job_id, member in ((7, ADA), (7, BOB), (8, ADA)):
        report = await reports.add(job_id, GUILD, member, "")
        await reports.told(report.id, channel_id=10, message_id=report.id)
    assert await reports.settle(7, Outcome.DISMISSED, by=MOD) == 2
    assert await reports.settle(7, Outcome.DELETED, by=MOD) == 0
    assert await reports.open_about(7) is None and await reports.open_about(8) is not None
    settled = await reports.find(7, BOB)
    assert settled and (settled.outcome, settled.settled_by) == (Outcome.DISMISSED, MOD) and settled.settled_at
