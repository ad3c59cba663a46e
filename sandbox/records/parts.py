"""The parts of messages: uploads, attachments and components."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class File:
    """A file to upload: its name, its bytes, and optionally its type and alt text."""

    filename: str
    content: bytes
    content_type: str | None = None
    description: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Attachment:
    id: int
    channel_id: int
    filename: str
    bytes: bytes
    content_type: str | None
    description: str | None = None
    size: tuple[int, int] | None = None  # width and height in pixels, of pictures
    ephemeral: bool = False
    embedded: bool = False  # shown inside an embed (attachment://name), so not listed on its own


def walk_components(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return all components of a message or modal, containers before what they hold."""
    found: list[dict[str, Any]] = []
    for component in components:
        found.append(component)
        found.extend(walk_components(component.get("components") or []))
        found.extend(walk_components([component[key] for key in ("accessory", "component") if component.get(key)]))
    return found
