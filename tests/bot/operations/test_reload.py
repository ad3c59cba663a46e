"""What a changed configuration changes while the bot runs."""

from __future__ import annotations

from bot.config import Config
from bot.operations.reload import merge


def config(**tables: object) -> Config:
    return Config.model_validate(tables)


def test_limits_change_at_once_and_connections_wait_for_a_restart() -> None:
    old = config()
    new = config(limits={"max_pixels": 4}, discord={"token": "secret"}, queue={"max_waiting": 2, "files": "x"})
    reloaded = merge(old, new)
    assert reloaded.applied == ("[queue] max_waiting", "[limits] max_pixels")
    assert reloaded.waiting == ("[discord] token", "[queue] files")
    assert reloaded.config.limits.max_pixels == 4 and reloaded.config.queue.max_waiting == 2
    assert reloaded.config.discord == old.discord and reloaded.config.queue.files == old.queue.files
    assert "secret" not in reloaded.describe()


def test_no_change_is_said() -> None:
    assert merge(config(), config()).describe() == "Nothing has changed in the configuration."
