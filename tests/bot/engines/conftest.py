"""What the tests of a dispatcher share."""

import pytest

from bot.jobs.files import Files
from bot.jobs.queue import Queue
from tests.bot.studio import Channel, Studio


@pytest.fixture
def studio(queue: Queue, files: Files) -> Studio:
    return Studio(queue, files, Channel())
