"""Read what members type: a prompt, and the settings after it.

Settings follow the prompt in any order, as ``name value``, ``name: value``, ``name=value`` or ``--name value``, with or
without commas between them::

    .edit a blue car, strength 0.4, seed 7
    @Faraday a blue car --size 128x192 --noise-seeds 1,2 --replace "a red car"
    .edit replace "the dog" with "a fox"
    .edit style watercolor, x2

A plain name counts only at the end and with a value of its kind, so that ordinary words stay part of the prompt.
``--name`` is always a setting, and every setting of the engine has a name. A recipe can be typed as it stands: its
bracket gives the arithmetic and the weights.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.errors import BadSetting, refusing
from bot.texts import refusals
from engine.messages import Precision, settings
from engine.messages.resolution import Asked, check_asked, setting_named, typed
from engine.messages.sizes import check_size, no_size

END = "--"
"""Parts a prompt from its settings if the prompt itself reads like settings."""
VALUE = r'"(?:[^"\\]|\\.)*"|(?:(?!--)[^\s;"])+'
"""A value: one word, or anything between quotation marks. A backslash stands before a mark that belongs to it."""
_BARE = re.compile(r"(?!.*--)[\w.+:,-]*\w")
_COMMANDS = ("/edit", ".edit")
_IMAGINE = ("/imagine", ".imagine")
_PROVENANCE = re.compile(r"\s*\[weights (?P<weights>[0-9a-f]+), (?P<rest>[^\[\]]*)\]\s*$")
_ARITHMETIC = re.compile(rf"(?P<precision>{'|'.join(Precision)}), (?P<threads>\d+) threads?,")
_STRAY = re.compile(r"(?:^|\s)--(?P<name>[^\W\d_][\w-]*)")
_BETWEEN = " ,;·"
_SIGN, _GAP = r"\s*[:=]\s*", r"(?:\s*[:=]\s*|\s+)"
_PLAIN = {
    "seed": _GAP + r"(?P<seed>\d+)",
    "strength": _GAP + r"(?P<strength>\d*\.?\d+)",
    "size": _GAP + r"(?P<size>\d+ ?[x×] ?\d+)",
    "iterations": _GAP + r"(?P<iterations>\d+)",
    "bundle": _SIGN + r"(?P<bundle>[\w.-]+)",  # only with a sign: "a bundle of straw" is a prompt
    "style": _SIGN + r"(?P<style>[\w-]+)",
    "preset": _SIGN + r"(?P<preset>[\w-]+)",
}
_MARKED = re.compile(rf"(?:^|[\s,;·])--(?P<name>[\w-]+)(?:\s*[:=]\s*|\s+)(?P<value>{VALUE})$")
_QUOTED = r"(?:“([^“”]+)”|\"([^\"]+)\")"
_REPLACE = re.compile(rf"replace {_QUOTED} (?:with|by) {_QUOTED}", re.IGNORECASE)
_STYLED = re.compile(r"(?:^|[,;·])\s*style\s+(?P<style>[\w-]+)$", re.IGNORECASE)  # "in gothic style please" is prompt
_LARGER = re.compile(r"(?:^|[\s,;·])[x×](?P<upscale>[24])$", re.IGNORECASE)
_UNMARKED = re.compile(rf"(?:^|[\s,;·])(?:{'|'.join(name + rest for name, rest in _PLAIN.items())})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A prompt and what a member set. None leaves a setting open."""

    prompt: str
    size: tuple[int, int] | None = None  # width and height in pixels
    iterations: int | None = None
    seed: int | None = None
    strength: float | None = None
    bundle: str | None = None
    style: str | None = None  # a name, or "none" for no style
    preset: str | None = None  # a bundle's settings for a kind of edit
    more: Mapping[str, Any] = field(default_factory=dict)  # the engine's other settings by name
    weights: str | None = None  # the hash of those that a recipe was painted with

    def asked(self, held: Mapping[str, Any] | None = None) -> Asked:
        """Return what the wish asks for, above the settings ``held`` by the member, the channel or the server."""
        own = {name: getattr(self, name) for name in ("size", "iterations", "seed", "strength")}
        return Asked(
            prompt=self.prompt,
            settings={**{name: value for name, value in own.items() if value is not None}, **self.more},
            preset=self.preset,
            held=held or {},
            weights=self.weights,
        )


def edit_text(content: str, bot_id: int) -> str | None:
    """Return what follows ``/edit``, ``.edit`` or a mention of the bot at the start, or None if there is none."""
    content = content.strip()
    for start in (*_COMMANDS, f"<@{bot_id}>", f"<@!{bot_id}>"):
        rest = content[len(start) :]
        if content.lower().startswith(start) and (start.startswith("<") or not rest[:1].isalnum()):
            return _without_command(rest.lstrip(" \t\n,:")) if start.startswith("<") else rest.strip()
    return None


def imagine_text(content: str, bot_id: int) -> str | None:
    """Return what follows ``/imagine`` or ``.imagine`` at the start or after a mention, or None if there is none."""
    content = _unmentioned(content, bot_id)
    for start in _IMAGINE:
        if content.lower().startswith(start) and not content[len(start) : len(start) + 1].isalnum():
            return content[len(start) :].strip()
    return None


def commands_edit(content: str, bot_id: int) -> bool:
    """Return whether ``/edit`` or ``.edit`` stands at the start, or right after a mention of the bot."""
    content = _unmentioned(content, bot_id)
    return _without_command(content) != content


def _unmentioned(content: str, bot_id: int) -> str:
    return re.sub(rf"^<@!?{bot_id}>[\s,:]*", "", content.strip())


def _without_command(text: str) -> str:
    """Return the text after the command, if there is one."""
    for start in _COMMANDS:
        if text.lower().startswith(start) and not text[len(start) : len(start) + 1].isalnum():
            return text[len(start) :].strip()
    return text.strip()


def parse(text: str, *, plain: bool = True) -> Wish:
    """Return the wish in ``text``. If a setting is given twice, only the last is one, and the rest is prompt.

    Without ``plain`` only ``--name`` is a setting, for commands that have fields for the usual settings. Raises
    :class:`BadSetting` for a ``--name`` that is unknown or not at the end, and for a value out of range.
    """
    text, wish = _origin(" ".join(text.split()))
    given = set[str]()
    while found := _last_setting(text, plain):
        name, value, start = found
        if name in given:
            break
        given.add(name)
        wish = _set(wish, name, value)
        text = text[:start].rstrip(_BETWEEN)
        if text == END or text.endswith(f" {END}"):
            return replace(wish, prompt=text.removesuffix(END).rstrip())
    if stray := _STRAY.search(text):
        raise BadSetting(refusals.misplaced(typed(_named(stray["name"]))))
    if plain and (replacing := _REPLACE.fullmatch(text)):
        old, new = (part for part in replacing.groups() if part)
        return replace(wish, prompt=new, more={**wish.more, "replace": old})
    return replace(wish, prompt=text)


def with_options(text: str, size: str | None, *, plain: bool = False, **options: Any) -> Wish:
    """Return the wish in ``text``, with what the options of a command say instead. Raises :class:`BadSetting`."""
    given = {"size": parse_size(size) if size else None, **options}
    return replace(
        parse(text, plain=plain), **{name: value for name, value in given.items() if value not in (None, "")}
    )


def _origin(text: str) -> tuple[str, Wish]:
    """Return what stands before a recipe's bracket, and what the bracket says."""
    found = _PROVENANCE.search(text)
    if found is None:
        return text, Wish(prompt="")
    arithmetic = _ARITHMETIC.match(found["rest"])
    more = (
        {} if arithmetic is None else {name: read_setting(name, text) for name, text in arithmetic.groupdict().items()}
    )
    return text[: found.start()], Wish(prompt="", style="none", more=more, weights=found["weights"])


def _set(wish: Wish, name: str, value: str) -> Wish:
    changed: dict[str, Any]
    match name:
        case "size":
            changed = {"size": parse_size(value)}
        case "bundle" | "style" | "preset":
            changed = {name: value}
        case "seed" | "strength" | "iterations":
            changed = {name: read_setting(name, value)}
        case _:
            changed = {"more": {**wish.more, name: read_setting(name, value)}}
    return replace(wish, **changed)


def _named(name: str) -> str:
    with refusing():
        return setting_named(name)


def _last_setting(text: str, plain: bool) -> tuple[str, str, int] | None:
    """Return the setting that ``text`` ends with: its field, its value, and where it begins."""
    text = text.rstrip(_BETWEEN + ".")
    if found := _MARKED.search(text):
        return _named(found["name"]), unquoted(found["value"]), found.start()
    if plain and (found := _LARGER.search(text)):
        return "upscale", found["upscale"], found.start()
    if plain and (found := _STYLED.search(text)):
        return "style", found["style"], found.start()
    if plain and (found := _UNMARKED.search(text)):
        name, value = next((name, value) for name, value in found.groupdict().items() if value is not None)
        return name, value, found.start()
    return None


def parse_size(text: str) -> tuple[int, int]:
    """Return (width, height) from ``256x384``, or from ``256`` for a square. Raises :class:`BadSetting`."""
    found = re.fullmatch(r"\s*(\d{1,5})\s*(?:[x×*,]\s*(\d{1,5}))?\s*(?:px)?\s*", text, re.IGNORECASE)
    if found is None:
        raise BadSetting(no_size(text))
    size = int(found[1]), int(found[2] or found[1])
    with refusing():
        check_size(size)
    return size


def read_setting(name: str, text: str) -> Any:
    """Return the value that ``text`` has as the setting ``name``. Raises :class:`bot.errors.BadSetting`."""
    try:
        value = settings()[name].read(text)
    except ValueError:
        value = text
    with refusing():
        check_asked({name: value})
    return value


def option(name: str, text: str) -> str:
    """Return the setting as :func:`parse` reads it back."""
    if not _BARE.fullmatch(text):
        text = '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
    return f"--{typed(name)} {text}"


def shown(name: str, value: object) -> str:
    """Return the setting with a value of the engine's table."""
    return option(name, settings()[name].show(value))


def unquoted(text: str) -> str:
    """Return what a :data:`VALUE` stands for."""
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text
