"""What a member left open, filled in from the settings that hold there; and the style, if one is wished for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.config import Limits
from bot.domain.job import Kind
from bot.domain.setting import PREFERENCES, Scope
from bot.domain.style import Style
from bot.errors import BadSetting
from bot.members.settings import SettingsStore
from bot.members.styles import StyleStore
from bot.texts import refusals
from bot.words.prompts import Wish, parse_size
from engine.messages import BundleInfo

_LEFT_OPEN = {
    Kind.IMAGINE: PREFERENCES,
    Kind.EDIT: ("strength",),  # everything else comes from the picture
    Kind.REMIX: (),  # the picture it changes says all
    Kind.UPSCALE: (),
}
_WHOSE = {Scope.USER: "your", Scope.CHANNEL: "this channel's", Scope.GUILD: "this server's"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A wish in its style, and the settings that hold where it leaves them open."""

    wish: Wish
    held: Mapping[str, Any] = field(default_factory=dict)  # settings of the member, the channel or the server
    style: Style | None = None
    notes: tuple[str, ...] = ()  # about settings that could not be kept to


class Wishes:
    """Completes wishes. What was asked for is never changed; a setting that does not fit is left out and named."""

    def __init__(self, settings: SettingsStore, styles: StyleStore) -> None:
        self._settings = settings
        self._styles = styles

    async def complete(
        self,
        wish: Wish,
        kind: Kind,
        *,
        user_id: int,
        channel_id: int,
        guild_id: int | None,
        bundles: Mapping[str, BundleInfo],
        default_bundle: str,
        limits: Limits,
    ) -> Completed:
        """Raises :class:`bot.errors.BadSetting` for a style that was asked for and is not there."""
        if kind not in _LEFT_OPEN:
            return Completed(wish=wish)
        held = await self._settings.preferences(user_id, channel_id, guild_id)
        held = {name: found for name, found in held.items() if name in _LEFT_OPEN[kind]}
        notes: list[str] = []
        if wish.bundle is None and "bundle" in held and held["bundle"][0] in bundles:
            wish = replace(wish, bundle=held["bundle"][0])
        elif wish.bundle is None and "bundle" in held:
            notes.append(_unkept("bundle", held))
        info = bundles.get(wish.bundle or default_bundle)
        values = _fitting(wish, held, info, limits, notes)
        style = await self._style(wish, held, user_id, guild_id, notes)
        if style is not None:
            wish = replace(wish, prompt=style.apply(wish.prompt))
        return Completed(wish=wish, held=values, style=style, notes=tuple(notes))

    async def _style(
        self, wish: Wish, held: Mapping[str, tuple[Any, Scope]], user_id: int, guild_id: int | None, notes: list[str]
    ) -> Style | None:
        if wish.style is not None:
            return None if wish.style == "none" else await self._styles.find(wish.style, user_id, guild_id)
        if "style" not in held:
            return None
        try:
            return await self._styles.find(held["style"][0], user_id, guild_id)
        except BadSetting:
            notes.append(_unkept("style", held))
            return None


def _fitting(
    wish: Wish, held: Mapping[str, tuple[Any, Scope]], info: BundleInfo | None, limits: Limits, notes: list[str]
) -> dict[str, Any]:
    """Return the settings held, as far as the bundle and the limits allow them."""
    values = {name: found[0] for name, found in held.items() if name in ("size", "iterations", "strength")}
    if "size" in values:
        values["size"] = size = parse_size(values["size"])
        if info is not None and _area(info.snap(*size)) > min(info.max_pixels, limits.max_pixels):
            del values["size"]
            if wish.size is None:
                notes.append(_unkept("size", held))
    if "iterations" in values:
        most = min(limits.max_iterations, info.max_iterations if info else limits.max_iterations)
        values["iterations"] = min(values["iterations"], most)
    return values


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _unkept(name: str, held: Mapping[str, tuple[Any, Scope]]) -> str:
    value, scope = held[name]
    return refusals.not_kept_to(_WHOSE[scope], name, value)
