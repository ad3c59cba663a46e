"""Embeds and components as Discord gives them back: files resolved to links, numbers and defaults filled in."""

from collections.abc import Iterator
from typing import Any

from sandbox.records.cdn import PROXY_HOST, Cdn
from sandbox.records.model import Json, Message
from sandbox.records.parts import Attachment

SCHEME = "attachment://"
_COMPONENT_DEFAULTS: dict[int, Json] = {
    3: {"min_values": 1, "max_values": 1},
    9: {},
    11: {"description": None, "spoiler": False},
    13: {"spoiler": False},
    14: {"spacing": 1, "divider": True},
    17: {"accent_color": None, "spoiler": False},
}
_SELECTS = (3, 5, 6, 7, 8)


def embedded_names(embeds: list[Json]) -> set[str]:
    """Return names of the files that embeds show through ``attachment://name``."""
    urls = (part.get(key) or "" for embed in embeds for part, key in _picture_slots(embed))
    return {url.removeprefix(SCHEME) for url in urls if url.startswith(SCHEME)}


def _picture_slots(embed: Json) -> Iterator[tuple[Json, str]]:
    for part, key in (("image", "url"), ("thumbnail", "url"), ("author", "icon_url"), ("footer", "icon_url")):
        if isinstance(embed.get(part), dict):
            yield embed[part], key


def embeds(message: Message, cdn: Cdn) -> list[Json]:
    """Return a message's embeds with fresh links to their pictures."""
    return [_embed(embed, message.files, cdn) for embed in message.embeds]


def _embed(embed: Json, files: list[Attachment], cdn: Cdn) -> Json:
    shown: Json = {"type": "rich"}
    for key, value in embed.items():
        if value is not None:
            shown[key] = dict(value) if isinstance(value, dict) else value
    if "fields" in shown:
        shown["fields"] = [field | {"inline": bool(field.get("inline"))} for field in shown["fields"]]
    for part, key in _picture_slots(shown):
        file = _named(part.get(key) or "", files)
        if file is None:
            continue
        proxy_key = key.replace("url", "proxy_url") if key == "url" else "proxy_icon_url"
        part[key], part[proxy_key] = cdn.url(file), cdn.url(file, PROXY_HOST)
        if key == "url" and file.size is not None:
            part["width"], part["height"] = file.size
    return shown


def _named(url: str, files: list[Attachment]) -> Attachment | None:
    if not url.startswith(SCHEME):
        return None
    return next((file for file in files if file.filename == url.removeprefix(SCHEME)), None)


def components(message: Message, cdn: Cdn) -> list[Json]:
    """Return a message's components, numbered from 1 in reading order as Discord does."""
    counter = iter(range(1, 1000))
    return [_component(component, message.files, cdn, counter) for component in message.components]


def _component(component: Json, files: list[Attachment], cdn: Cdn, counter: Iterator[int]) -> Json:
    number = next(counter)
    shown: Json = {"id": number} | _COMPONENT_DEFAULTS.get(component["type"], {})
    shown |= _given(component)
    if component["type"] in _SELECTS:
        shown.setdefault("min_values", 1)
        shown.setdefault("max_values", 1)
    if "components" in component:
        shown["components"] = [_component(part, files, cdn, counter) for part in component["components"]]
    if isinstance(component.get("accessory"), dict):
        shown["accessory"] = _component(component["accessory"], files, cdn, counter)
    if "items" in component:
        shown["items"] = [_gallery_item(item, files, cdn) for item in component["items"]]
    if "media" in component:
        shown["media"] = _medium(component["media"], files, cdn)
    if "file" in component:
        shown["file"] = _medium(component["file"], files, cdn)
        file = _named(component["file"]["url"], files)
        shown["name"], shown["size"] = (file.filename, len(file.bytes)) if file else (None, None)
    return shown


def _given(part: Any) -> Any:
    """Return the value without what is null, at any depth. The emoji of a button may have no ``id``."""
    if isinstance(part, list):
        return [_given(each) for each in part]
    return {key: _given(value) for key, value in part.items() if value is not None} if isinstance(part, dict) else part


def _gallery_item(item: Json, files: list[Attachment], cdn: Cdn) -> Json:
    given: Json = _given(item)
    return {"description": None, "spoiler": False} | given | {"media": _medium(item["media"], files, cdn)}


def _medium(medium: Json, files: list[Attachment], cdn: Cdn) -> Json:
    file = _named(medium["url"], files)
    if file is None:
        return {"id": "0", "url": medium["url"], "proxy_url": medium["url"]}
    shown: dict[str, Any] = {
        "id": str(file.id),
        "attachment_id": str(file.id),
        "url": cdn.url(file),
        "proxy_url": cdn.url(file, PROXY_HOST),
        "content_type": file.content_type,
    }
    if file.size is not None:
        shown["width"], shown["height"] = file.size
    return shown
