"""Taking up a changed configuration while the bot runs, as far as that is possible."""

from dataclasses import dataclass

from bot.config import Config
from bot.texts import operators

# What nothing but a look at the configuration depends on. The rest is built into connections, engines and stores.
LIVE = frozenset({"limits", "quotas", "storage", "log", "moderation"})
LIVE_SETTINGS = frozenset({("queue", "max_waiting"), ("operators", "owner_ids")})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """The configuration to go on with, the settings that changed in it, and those that wait for a restart."""

    config: Config
    applied: tuple[str, ...]
    waiting: tuple[str, ...]

    def describe(self) -> str:
        """Return the changes for the operator."""
        return operators.reloaded(self.applied, self.waiting)


def merge(old: Config, new: Config) -> Reloaded:
    """Return ``old`` with all that may change live taken from ``new``."""
    applied, waiting, tables = [], [], {}
    for section in Config.model_fields:
        before, after = getattr(old, section), getattr(new, section)
        taken = {}
        for name in type(before).model_fields:
            if getattr(before, name) == getattr(after, name):
                continue
            if section in LIVE or (section, name) in LIVE_SETTINGS:
                taken[name] = getattr(after, name)
                applied.append(f"[{section}] {name}")
            else:
                waiting.append(f"[{section}] {name}")
        tables[section] = before.model_copy(update=taken)
    return Reloaded(config=old.model_copy(update=tables), applied=tuple(applied), waiting=tuple(waiting))
