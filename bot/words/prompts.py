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
from engine.messages import Precision, settings
from engine.messages.limits import Real, Whole
from engine.messages.prompts import escape, with_part
from engine.messages.resolution import Asked, check_asked, names, setting_named, to_paint, typed
from engine.messages.sizes import Aspect, check_size, no_size

END = "--"
"""Parts a prompt from its settings if the prompt itself reads like settings."""
_DOUBLES, _SINGLES = "“”„‟«»", "‘’‚‹›"
_QUOTATION = (
    r'"(?:[^"\\]|\\.)*"'
    rf'|[{_DOUBLES}][^"{_DOUBLES}]*["{_DOUBLES}]|"[^"{_DOUBLES}]*[{_DOUBLES}]'
    rf"|['{_SINGLES}](?:[^'{_SINGLES}]|['{_SINGLES}](?=\w))*['{_SINGLES}]"
)
VALUE = rf'{_QUOTATION}|(?:(?!--)[^\s;"])+'
"""A value: one word, or anything between quotation marks. A backslash stands before a mark that belongs to it."""
_BARE = re.compile(r"(?!.*--)[\w.+:,-]*\w")
_DASH = "-‐‑‒–—―−﹘﹣－"
_COMMANDS = ("/edit", ".edit")
TYPED = ("imagine", "edit")
"""The commands that a message can give."""
_IMAGINE = ("/imagine", ".imagine")
_PROVENANCE = re.compile(r"\s*\[weights (?P<weights>[0-9a-f]+|unknown), (?P<rest>[^\[\]]*)\]\s*$")
_BRACKET = re.compile(rf"\[weights (?:[0-9a-f]+|unknown), (?:{'|'.join(Precision)}), [0-9]+ threads?, [^\[\]]*\]")
_FENCE = re.compile(r"```(?:[a-z]*\n)?(?P<inside>.*?)```", re.DOTALL)
_ARITHMETIC = re.compile(rf"(?P<precision>{'|'.join(Precision)}), (?P<threads>[0-9]+) threads?,")
_STRAY = re.compile(rf"(?:^|\s)(?P<dash>[{_DASH}]{{1,3}})(?P<name>[^\W\d_][\w-]*)(?P<digit>\s*[:=]?\s*[0-9])?")
_ENDED = re.compile(r"(?:^|\s)--$")
_ESCAPED = re.compile(
    rf"\\(?=[{_DASH}]{{1,3}}\w|(?:seed|strength|size|iterations|bundle|style|preset|[x×][24])\b)", re.IGNORECASE
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
_MARKED = re.compile(
    rf"(?:^|[\s,;·]|(?P<glued>(?<=[^\W_])))(?P<dash>[{_DASH}]{{1,3}})(?P<name>[\w-]+){_GAP}(?P<value>{VALUE})$"
)
_WITHOUT = re.compile(rf"(?:^|[\s,;·])(?:--|[–—])no{_GAP}(?P<value>(?:(?!\s[{_DASH}]{{1,3}}\w).)+)$", re.IGNORECASE)
_REPLACE = re.compile(rf"replace ({_QUOTATION}) (?:with|by) ({_QUOTATION})", re.IGNORECASE)
_ASPECT = re.compile(r"\s*([0-9]{1,5}(?:\.[0-9]{1,5})?)\s*[:/]\s*([0-9]{1,5}(?:\.[0-9]{1,5})?)\s*")
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
    notes: tuple[str, ...] = field(default=(), compare=False)  # sentences about what was read as a setting

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
    content = unmentioned(content, bot_id)
    for start in _IMAGINE:
        if content.lower().startswith(start) and not content[len(start) : len(start) + 1].isalnum():
            return content[len(start) :].strip()
    return None


def commands_edit(content: str, bot_id: int) -> bool:
    """Return whether ``/edit`` or ``.edit`` stands at the start, or right after a mention of the bot."""
    content = unmentioned(content, bot_id)
    return _without_command(content) != content


def unmentioned(content: str, bot_id: int) -> str:
    """Return the text after a mention of the bot at its start, or all of it."""
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
    text, after = _unwrapped(text)
    wish = _parsed(text, plain)
    if after and not (over := _parsed(after, plain)).prompt:
        changed = {one.name: value for one in fields(over) if (value := getattr(over, one.name)) not in (None, "")}
        return replace(wish, **{**changed, "more": {**wish.more, **over.more}})
    return wish


def _unwrapped(text: str) -> tuple[str, str]:
    """Return a recipe without its fence and the message around it, and what was written after it."""
    text = text.strip()
    if refusals.CUT.strip() in text:
        raise BadSetting(refusals.RECIPE_CUT)
    found = max(_BRACKET.finditer(text), key=re.Match.end, default=None)
    if found is None:
        return re.sub(r"```(?:[a-z]*\n)?|^`([^`]*)`$", r"\1", text).strip(), ""
    after = text[found.end() :].split("\n-# ")[0].strip(" \n`")
    for fence in _FENCE.finditer(text):
        if fence.start() < found.start() < fence.end():
            return fence["inside"].strip(), after
    line = text[: found.end()].rpartition("\n")[2]
    if line[:1] in (*_DASH, "["):
        line = text[: found.end()]  # the prompt is on the lines before
    if line.startswith("> ") or text.endswith("`"):
        line = line.removeprefix("> ").lstrip("`\n")
    return line.strip(), after


def _parsed(text: str, plain: bool) -> Wish:
    text, wish = _origin(re.sub(r"[^\S\n]+", " ", re.sub(r"\s*\n\s*", "\n", text.strip())))
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
    notes = (refusals.read_as_settings(said[::-1]),) if said and prompt else ()
    return replace(wish, prompt=prompt, notes=notes)


def _check_stray(text: str) -> None:
    for stray in _STRAY.finditer(text):
        if stray["dash"] == "--":
            raise BadSetting(refusals.misplaced(typed(_named(stray["name"]))))
        if stray["digit"] and stray["dash"] != "-" and is_setting(stray["name"]):
            raise BadSetting(refusals.misplaced(typed(_named(stray["name"]))))


def with_options(text: str, size: str | None, *, plain: bool = False, **options: Any) -> Wish:
    """Return the wish in ``text``, with what the options of a command say instead. Raises :class:`BadSetting`."""
    given = {"size": _size(size) if size else None, **options}
    if given.get("seed") == -1:
        given["seed"] = None
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
    return text[: found.start()], Wish(prompt="", style="none", more=more, weights=_known_hash(found["weights"]))


def _known_hash(text: str) -> str | None:
    return None if text == "unknown" else text


def _set(wish: Wish, name: str, value: str) -> Wish:
    changed: dict[str, Any]
    match name:
        case "size":
            changed = {"size": _size(value)}
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
    if _APART.search(before) or "=" in found[0]:
        return True
    return _last_setting(before, True) is not None or _REPLACE.fullmatch(before.strip()) is not None


def _size(text: str) -> tuple[int, int] | Aspect:
    """Return the size in ``text``, or the shape in ``16:9``. Raises :class:`BadSetting`."""
    if (found := _ASPECT.fullmatch(text)) is None:
        return parse_size(text)
    shape = Aspect(width=float(found[1]), height=float(found[2]))
    with refusing():
        check_size(shape)
    return shape


def parse_size(text: str) -> tuple[int, int]:
    """Return (width, height) from ``256x384``, or from ``256`` for a square. Raises :class:`BadSetting`."""
    found = re.fullmatch(r"\s*([0-9]{1,5})\s*(?:[x×*,]\s*([0-9]{1,5}))?\s*(?:px)?\s*", text, re.IGNORECASE)
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
    if re.fullmatch(_QUOTATION, text) is None:
        return text
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text[1:-1]
