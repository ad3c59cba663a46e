from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.bot.weights.shelf import Shelf, open_shelf


@pytest.fixture
async def shelf() -> AsyncIterator[Shelf]:
    async with open_shelf() as shelf:
        yield shelf
