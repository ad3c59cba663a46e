"""Complete a wish: find its style, and the settings that hold where it leaves them open."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from bot.config import LimitsSection
from bot.domain.job import Kind
from bot.domain.place import Place
from bot.domain.setting import PREFERENCES, Scope
from bot.domain.style import Style
from bot.errors import BadSetting
from bot.members.settings import SettingsStore
from bot.members.styles import StyleStore
from bot.texts import refusals
from bot.words.prompts import Wish
from bot.words.values import parse_size
from engine.messages import BundleInfo
from engine.messages.styles import NO_STYLE

_LEFT_OPEN = {
    Kind.IMAGINE: PREFERENCES,
    Kind.EDIT: ("strength",),  # the rest comes from the picture
    Kind.REMIX: (),
    Kind.UPSCALE: (),
}
_Held: TypeAlias = Mapping[str, tuple[Any, Scope]]
_WHOSE = {Scope.USER: "your", Scope.CHANNEL: "this channel's", Scope.GUILD: "this server's"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A wish in its style, and the settings that hold where it leaves them open."""

    wish: Wish
    held: Mapping[str, Any] = field(default_factory=dict)  # settings of the member, the channel or the server
    style: Style | None = None
    notes: tuple[str, ...] = ()  # about settings that could not be kept to


class Wishes:
    """Completes wishes with the settings that hold in a place, and with a style."""

    def __init__(self, settings: SettingsStore, styles: StyleStore) -> None:
        self._settings = settings
        self._styles = styles

    async def complete(
        self,
        wish: Wish,
        kind: Kind,
        place: Place,
        user_id: int,
        *,
        bundles: Mapping[str, BundleInfo],
        default_bundle: str,
        limits: LimitsSection,
    ) -> Completed:
        """Return the wish in its style and the settings held. A setting that does not fit is left out and named.

        Raises :class:`bot.errors.BadSetting` if the wish names a style that is not there.
        """
        if kind not in _LEFT_OPEN:
            return Completed(wish=wish)
        found = await self._settings.preferences(user_id, place.settings_channel_id, place.guild_id)
        held = {name: value for name, value in found.items() if name in _LEFT_OPEN[kind]}
        unkept: list[str] = []
        if wish.bundle is None and "bundle" in held:
            if held["bundle"][0] in bundles:
                wish = replace(wish, bundle=held["bundle"][0])
            else:
                unkept.append("bundle")
        values = _fitting(wish, held, bundles.get(wish.bundle or default_bundle), limits, unkept)
        style = await self._style(wish, held, user_id, place.guild_id, unkept)
        if style is not None:
            wish = replace(wish, prompt=style.apply(wish.prompt))
        notes = tuple(refusals.not_kept_to(_WHOSE[held[name][1]], name, held[name][0]) for name in unkept)
        return Completed(wish=wish, held=values, style=style, notes=notes)

    async def _style(
        self, wish: Wish, held: _Held, user_id: int, guild_id: int | None, unkept: list[str]
    ) -> Style | None:
        name = wish.style or (held["style"][0] if "style" in held else NO_STYLE)
        if name == NO_STYLE:
            return None
        try:
            return await self._styles.find(name, user_id, guild_id)
        except BadSetting:
            if wish.style is not None:
                raise
            unkept.append("style")
            return None


def _fitting(
    wish: Wish, held: _Held, info: BundleInfo | None, limits: LimitsSection, unkept: list[str]
) -> dict[str, Any]:
    """Return the settings held, as far as the bundle and the limits allow them."""
    values = {name: value for name, (value, _) in held.items() if name in ("size", "iterations", "strength")}
    if "size" in values:
        values["size"] = size = parse_size(values["size"])
        if info is not None and math.prod(info.snap(*size)) > min(info.max_pixels, limits.max_pixels):
            del values["size"]
            if wish.size is None:
                unkept.append("size")
    if "iterations" in values:
        most = min(limits.max_iterations, info.max_iterations if info else limits.max_iterations)
        values["iterations"] = min(values["iterations"], most)
    return values
