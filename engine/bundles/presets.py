"""Presets: the editing studies of paper §4 as named settings, from ``presets.toml`` or from a bundle."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from engine.messages import Preset, settings


@cache
def table() -> Mapping[str, Mapping[str, Any]]:
    """Return title and settings of every preset of ``presets.toml`` by name."""
    return tomllib.loads(Path(__file__).with_name("presets.toml").read_text(encoding="utf-8"))


def for_bundle(own: Mapping[str, Mapping[str, Any]]) -> tuple[Preset, ...]:
    """Return all presets. A bundle's ``own`` replaces the general one of the same name and keeps its title.

    Raises :class:`ValueError` for a setting that no :class:`engine.messages.Spec` has, or for a new preset without a
    title.
    """
    merged = {name: dict(values) for name, values in table().items()}
    for name, values in own.items():
        title = merged.get(name, {}).get("title", "")
        merged[name] = {"title": title, **values}
    return tuple(_preset(name, values) for name, values in merged.items())


def _preset(name: str, values: Mapping[str, Any]) -> Preset:
    chosen = tuple((key, value) for key, value in values.items() if key != "title")
    if unknown := [key for key, value in chosen if key not in settings() or not settings()[key].holds(value, {})]:
        raise ValueError(f"the preset {name!r} has settings that no picture has: {', '.join(unknown)}")
    if not values.get("title"):
        raise ValueError(f"the preset {name!r} needs a title")
    return Preset(name=name, title=values["title"], values=chosen)
