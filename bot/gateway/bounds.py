"""Keep every text within Discord's limits, at the one place that all of them pass: the body of a request.

A text that is too long would be refused with its whole message, and the member would see “thinking…” for ever.
"""

import json
import unicodedata
from collections.abc import Awaitable, Callable
from typing import Any, Final

import discord
from discord.webhook import async_

Json = dict[str, Any]

_MESSAGE: Final = {"content": 2000, "name": 100, "title": 45}  # of a message, a thread, a form
_EMBED: Final = {"title": 256, "description": 4096}
_FIELD: Final = {"name": 256, "value": 1024}
_OPTION: Final = {"label": 100, "description": 100}
_CHOICE: Final = {"name": 100}
_ATTACHMENT: Final = {"description": 1024}
_FOOTER: Final = {"text": 2048}
_AUTHOR: Final = {"name": 256}
_LABEL: Final = {2: 80, 4: 45}  # by a component's type: a button, a text input
_COMPONENT: Final = {"placeholder": 150, "content": 4000}
_INPUT: Final = {"placeholder": 100, "value": 4000}
_TEXT_INPUT: Final = 4  # the type of that component
_EMBEDS: Final = 6000  # characters of all embeds of a message together
_MOST: Final = 25  # fields of an embed, options of a menu, choices
_FENCE: Final = "```"
_JOINERS: Final = "\u200d\ufe0f\ufe0e\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"


def cut(text: str, most: int) -> str:
    """Return ``text`` in at most ``most`` characters, with “…” for the rest.

    Joined characters stay together, and a code block that was cut is closed.
    """
    if len(text) <= most:
        return text
    end = most - 1
    while end > 0 and (_joins(text[end]) or text[end - 1] == "\u200d"):
        end -= 1
    shown = f"{text[:end]}…"
    if shown.count(_FENCE) % 2 and most > len(_FENCE) + 2:
        shown = f"{text[: min(end, most - len(_FENCE) - 2)]}…\n{_FENCE}"
    return shown


def _joins(character: str) -> bool:
    return character in _JOINERS or unicodedata.combining(character) > 0


def bounded(body: Json) -> Json:
    """Return a message, a form, a thread or an answer to an interaction, every text in it as long as Discord takes."""
    done = _cut_all(body, _MESSAGE)
    for name in ("data", "message"):  # of an answer to an interaction, of a forum's first post
        if isinstance(done.get(name), dict):
            done[name] = bounded(done[name])
    _each(done, "embeds", _embed)
    _each(done, "attachments", lambda one: _cut_all(one, _ATTACHMENT))
    _each(done, "choices", lambda one: _cut_all(one, _CHOICE))
    _each(done, "components", _component)
    if done.get("embeds"):
        done["embeds"] = _together(done["embeds"])
    return done


def _cut_all(one: Json, limits: dict[str, int]) -> Json:
    return {name: cut(value, limits[name]) if name in limits and isinstance(value, str) else value
            for name, value in one.items()}  # fmt: skip


def _each(body: Json, name: str, change: Callable[[Json], Json]) -> None:
    if isinstance(body.get(name), list):
        body[name] = [change(one) if isinstance(one, dict) else one for one in body[name]]
        if name in ("fields", "options", "choices"):
            body[name] = body[name][:_MOST]


def _embed(embed: Json) -> Json:
    done = _cut_all(embed, _EMBED)
    _each(done, "fields", lambda one: _cut_all(one, _FIELD))
    for name, limits in (("footer", _FOOTER), ("author", _AUTHOR)):
        if isinstance(done.get(name), dict):
            done[name] = _cut_all(done[name], limits)
    return done


def _together(embeds: list[Json]) -> list[Json]:
    """Return the embeds with the later texts cut until all of them have at most _EMBEDS characters."""
    room = _EMBEDS
    for embed in embeds:
        parts = [embed, *embed.get("fields", ()), embed.get("footer") or {}, embed.get("author") or {}]
        for part in parts:
            for name in ("title", "description", "name", "value", "text"):
                if isinstance(text := part.get(name), str):
                    part[name] = cut(text, max(1, room))
                    room -= len(part[name])
    return embeds


def _component(one: Json) -> Json:
    kind = one.get("type")
    done = _cut_all(one, _INPUT if kind == _TEXT_INPUT else _COMPONENT)
    if isinstance(kind, int) and kind in _LABEL:
        done = _cut_all(done, {"label": _LABEL[kind]})
    _each(done, "options", lambda option: _cut_all(option, _OPTION))
    _each(done, "components", _component)
    for name in ("component", "accessory"):
        if isinstance(done.get(name), dict):
            done[name] = _component(done[name])
    return done


def bound(http: discord.http.HTTPClient) -> None:
    """Bound every body that this client sends, and every answer to an interaction, which takes another way."""
    http.request = _bounding(http.request)  # type: ignore[method-assign, assignment]
    adapter = async_.async_context.get()
    if not getattr(adapter, "is_bounded", False):
        adapter.request = _bounding(adapter.request)  # type: ignore[method-assign, assignment]
        adapter.is_bounded = True  # type: ignore[attr-defined]


def _bounding(request: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def sent(*args: Any, **about: Any) -> Any:
        for name in ("json", "payload"):
            if isinstance(about.get(name), dict):
                about[name] = bounded(about[name])
        for name in ("form", "multipart"):
            if about.get(name):
                about[name] = [_part(part) for part in about[name]]
        return await request(*args, **about)

    return sent


def _part(part: Json) -> Json:
    """Return a part of a form; that with the message is bounded."""
    if part.get("name") != "payload_json":
        return part
    return {**part, "value": discord.utils._to_json(bounded(json.loads(part["value"])))}
