"""Read what members type: a prompt, and the settings after it.

Settings follow the prompt in any order, as ``--name value`` or ``--name=value``; plain words count after a comma, on a
line of their own, or alone::

    .edit a blue car, strength 0.4, seed 7
    @Faraday a blue car --size 128x192 --noise-seeds 1,2 --replace "a red car"
    .edit replace "the dog" with "a fox"
    .edit style watercolor, x2

Phones change dashes and quotation marks while people type. So any dash before the name of a setting is ``--``, and
quotation marks of any kind count. ``--name`` is always a setting, and every setting of the engine has a name. A
backslash before a dash or a plain name makes it text. A recipe can be pasted as it stands, with its fence or with the
whole message around it. Its bracket gives the arithmetic and the weights.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from bot.errors import BadSetting, refusing
from bot.texts import refusals
from bot.words.pasted import DASH, origin, unwrapped
from bot.words.values import QUOTATION, VALUE, read_setting, read_size, unquoted
from engine.messages import settings
from engine.messages.limits import Real, Whole
from engine.messages.prompts import escape, with_part
from engine.messages.resolution import Asked, names, setting_named, to_paint, typed
from engine.messages.sizes import Aspect

END = "--"
"""Parts a prompt from its settings if the prompt itself reads like settings."""
_STRAY = re.compile(rf"(?:^|\s)(?P<dash>[{DASH}]{{1,3}})(?P<name>[^\W\d_][\w-]*)(?P<digit>\s*[:=]?\s*[0-9])?")
_ENDED = re.compile(r"(?:^|\s)--$")
_ESCAPED = re.compile(
    rf"\\(?=[{DASH}]{{1,3}}\w|(?:seed|strength|size|iterations|bundle|style|preset|[x×][24])\b)", re.IGNORECASE
)
_BETWEEN = " ,;·\n"
_GAP = r"(?:\s*[:=]\s*|\s+)"
_PLAIN = (
    rf"seed{_GAP}(?P<seed>[0-9]+|[-−]1)",
    rf"strength{_GAP}(?P<strength>[0-9]*\.?[0-9]+)",
    rf"size{_GAP}(?P<size>[0-9]+ ?[x×] ?[0-9]+)",
    rf"iterations{_GAP}(?P<iterations>[0-9]+)",
    r"bundle\s*[:=]\s*(?P<bundle>[\w.-]+)",  # only with a sign: "a bundle of straw" is a prompt
    rf"style{_GAP}(?P<style>[\w-]+)",
    r"preset\s*[:=]\s*(?P<preset>[\w-]+)",
    r"[x×](?P<upscale>[24])",
)
_UNMARKED = re.compile(rf"(?:^|(?<=[\s,;·]))(?:{'|'.join(_PLAIN)})$", re.IGNORECASE)
_APART = re.compile(r"(?:^|[,;·\n]|(?:^|\s)(?:--|[–—]))\s*$")
_ASIDE = re.compile(r"\s[–—]\s*$")
"""A dash as in prose: "well – style matters"."""
_MARKED = re.compile(
    rf"(?:^|[\s,;·]|(?P<glued>(?<=[^\W_])))(?P<dash>[{DASH}]{{1,3}})(?P<name>[^\W_][\w-]*){_GAP}(?P<value>{VALUE})$"
)
_WITHOUT = re.compile(rf"(?:^|[\s,;·])(?:--|[–—])no{_GAP}(?P<value>(?:(?!\s[{DASH}]{{1,3}}\w).)+)$", re.IGNORECASE)
_REPLACE = re.compile(rf"replace ({QUOTATION}) (?:with|by) ({QUOTATION})", re.IGNORECASE)
_ALIASES = {"ar": "size", "aspect": "size", "iw": "image_weights", "no": "no"}
_SAID_OTHERWISE = {
    "steps": "iterations", "w": "size", "width": "size", "h": "size", "height": "size", "model": "bundle",
    "n": "count", "niji": "bundle", "sref": "style", "neg": "no", "negative": "no",
}  # fmt: skip
_FOREIGN = frozenset(
    "v version q quality s stylize chaos c cfg scale sampler clip-skip weird tile hd fast relax turbo repeat r stop "
    "uplight video cref cw sw raw profile p exp draft seedmode".split()
)
_AWAY = -0.5  # the weight of what must not be seen, as Midjourney has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A prompt and what a member set. None leaves a setting open."""

    prompt: str
    size: tuple[int, int] | Aspect | None = None  # width and height in pixels, or a shape
    iterations: int | None = None
    seed: int | None = None
    strength: float | None = None
    bundle: str | None = None
    style: str | None = None  # a name, or "none" for no style
    preset: str | None = None  # a bundle's settings for a kind of edit
    more: Mapping[str, Any] = field(default_factory=dict)  # the engine's other settings by name
    weights: str | None = None  # the hash of those that a recipe was painted with
    spoken: tuple[str, ...] = field(default=(), compare=False)  # the plain words that were read as settings

    @property
    def notes(self) -> tuple[str, ...]:
        """Return a sentence about what was taken out of the words, if anything was and words are left."""
        return (refusals.read_as_settings(self.spoken),) if self.spoken and self.prompt else ()

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


def parse(text: str, *, plain: bool = True) -> Wish:
    """Return the wish in ``text``. If a setting is given twice, only the last is one, and the rest is prompt.

    Without ``plain`` only ``--name`` is a setting, for commands that have fields for the usual settings. Raises
    :class:`BadSetting` for a ``--name`` that is unknown or not at the end, and for a value out of range.
    """
    text, after = unwrapped(text)
    wish = _parsed(text, plain)
    if after and not (over := _parsed(after, plain)).prompt:
        changed = {one.name: value for one in fields(over) if (value := getattr(over, one.name)) not in (None, "")}
        return replace(wish, **{**changed, "more": {**wish.more, **over.more}})
    return wish


def _parsed(text: str, plain: bool) -> Wish:
    text, painted = origin(re.sub(r"[^\S\n]+", " ", re.sub(r"\s*\n\s*", "\n", text.strip())))
    wish = Wish(prompt="", **painted)
    given, said, away = set[str](), list[str](), list[str]()
    while found := _last_setting(text, plain):
        name, value, start, words = found
        if name == "no":
            away.insert(0, value)
        elif name in given:
            break
        else:
            wish = _told_apart(wish, name, value, words) if words else _set(wish, name, value)
            given.add(name)
        said += [words] if words else []
        text = text[:start].rstrip(_BETWEEN)
        if words and text.endswith(("–", "—")):
            text = text[:-1].rstrip(_BETWEEN)
        if _ENDED.search(text):
            return _finished(wish, text.removesuffix(END), away, said)
    _check_stray(text)
    if plain and (replacing := _REPLACE.fullmatch(" ".join(text.split()))):
        old, new = (unquoted(part) for part in replacing.groups())
        return replace(wish, prompt=new, more={**wish.more, "replace": old})
    return _finished(wish, _ESCAPED.sub("", text), away, said)


def _told_apart(wish: Wish, name: str, value: str, words: str) -> Wish:
    """Set what plain words ask for. The refusal says how to paint these words instead."""
    try:
        return _set(wish, name, value)
    except BadSetting as error:
        raise BadSetting(f"{error} {to_paint(words[:40])}") from None


def _finished(wish: Wish, prompt: str, away: Sequence[str], said: Sequence[str]) -> Wish:
    prompt = " ".join(prompt.split())
    for value in away:
        for one in value.split(","):
            if one.strip(" .\n"):
                prompt = with_part(prompt, f"{escape(' '.join(one.split()))}:{_AWAY}")
    return replace(wish, prompt=prompt, spoken=tuple(said[::-1]))


def _check_stray(text: str) -> None:
    for stray in _STRAY.finditer(text):
        if stray["dash"] == "--":
            raise BadSetting(refusals.misplaced(typed(_named(stray["name"]))))
        if stray["digit"] and stray["dash"] != "-" and is_setting(stray["name"]):
            raise BadSetting(refusals.misplaced(typed(_named(stray["name"]))))


def with_options(text: str, size: str | None, *, plain: bool = False, **options: Any) -> Wish:
    """Return the wish in ``text``, with what the options of a command say instead. Raises :class:`BadSetting`."""
    given = {"size": read_size(size) if size else None, **options}
    if given.get("seed") == -1:
        given["seed"] = None
    return replace(
        parse(text, plain=plain), **{name: value for name, value in given.items() if value not in (None, "")}
    )


def _set(wish: Wish, name: str, value: str) -> Wish:
    changed: dict[str, Any]
    match name:
        case "size":
            changed = {"size": read_size(value)}
        case "bundle" | "style" | "preset":
            changed = {name: value}
        case "seed" if value in ("-1", "−1", "random"):
            changed = {}
        case "seed" | "strength" | "iterations":
            changed = {name: read_setting(name, value)}
        case _:
            changed = {"more": {**wish.more, name: read_setting(name, value)}}
    return replace(wish, **changed)


def _named(name: str) -> str:
    """Return the setting that ``name`` means. Raises :class:`BadSetting`, which says ours for another bot's."""
    low = name.lower()
    if low in _ALIASES:
        return _ALIASES[low]
    if low in _SAID_OTHERWISE:
        raise BadSetting(refusals.said_otherwise(low, _SAID_OTHERWISE[low]))
    if low in _FOREIGN:
        raise BadSetting(refusals.foreign(low))
    with refusing():
        return setting_named(name)


def is_setting(name: str) -> bool:
    """Tell whether the words may end with a setting of that name."""
    found = name.lower().replace("_", "-")
    return found in names() or found in _ALIASES


def _last_setting(text: str, plain: bool) -> tuple[str, str, int, str] | None:
    """Return the setting that ``text`` ends with: its field, its value, where it begins, and its plain words if any."""
    text = text.rstrip(_BETWEEN + ".")
    if found := _WITHOUT.search(text):
        return "no", unquoted(found["value"]), found.start(), ""
    if found := _marked(text):
        return _named(found["name"]), unquoted(found["value"]), found.start(), ""
    if plain and (found := _UNMARKED.search(text)) and _is_apart(text, found):
        name, value = next((name, value) for name, value in found.groupdict().items() if value is not None)
        return name, value, found.start(), found[0]
    return None


def _marked(text: str) -> re.Match[str] | None:
    at = 0
    while found := _MARKED.search(text, at):
        if _is_setting(found):
            return found
        at = found.start("dash") + 1
    return None


def _is_setting(found: re.Match[str]) -> bool:
    """Return whether a dash, a name and a value are a setting: with ``--`` always, else if the name is known."""
    glued = found["glued"] is not None
    if found["dash"] == "--" and not glued:
        return True
    if not is_setting(found["name"]):
        return False
    number = found["value"][0] in '0123456789.+-−–—"“'
    if glued:
        return number and (found["dash"] == "--" or "—" in found["dash"])
    name = found["name"].lower().replace("-", "_")
    return number or (name != "size" and not isinstance(settings().get(_ALIASES.get(name, name)), Whole | Real))


def _is_apart(text: str, found: re.Match[str]) -> bool:
    """Return whether a plain setting stands alone, after a comma, or after another setting."""
    before = text[: found.start()]
    if found["upscale"] and before.strip() and found[0][0] == "X":
        return False
    if found["style"] and _ASIDE.search(before):
        return False
    if _APART.search(before) or "=" in found[0]:
        return True
    return _last_setting(before, True) is not None or _REPLACE.fullmatch(before.strip()) is not None
