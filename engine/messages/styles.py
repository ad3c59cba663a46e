"""Styles: words for a way to paint, under a name."""

import difflib
import re
from collections.abc import Collection, Mapping

from engine.messages.spec import SpecError

PLACE = "{prompt}"
NO_STYLE = "none"
_LISTED = 12  # styles that a refusal names
_NEAR = 0.8  # likeness above which a name is probably a misspelt style
_WEIGHTS = re.compile(r"^(?P<text>.*?)(?P<weights>(\s*:\s*-?[\d.]+){0,2})$", re.DOTALL)

BUILT_IN: Mapping[str, str] = {
    "watercolor": "a watercolor of {prompt}",
    "oil": "an oil painting of {prompt}",
    "charcoal": "a charcoal drawing of {prompt}",
    "pixel-art": "pixel art of {prompt}",
}
"""The words of the styles that are always there."""


def slug(name: str) -> str:
    """Return ``name`` as one word, so that it can be typed in a reply: ``Pixel Art!`` becomes ``pixel-art``."""
    return "-".join(re.findall(r"[^\W_]+", name.lower()))[:32].strip("-")


def apply(words: str, prompt: str) -> str:
    """Return ``prompt`` with the words of a style around it at ``{prompt}``, or beside it as another part.

    Further parts of the prompt, after a ``|``, stay as they are.
    """
    if PLACE not in words:
        return f"{prompt} | {words}" if prompt.strip() else prompt
    first, bar, rest = prompt.partition("|")
    found = _WEIGHTS.match(first.strip())
    assert found is not None
    styled = words.replace(PLACE, found["text"].strip()) + found["weights"]
    return f"{styled} |{rest}" if bar else styled


def named(name: str, known: Collection[str]) -> str:
    """Return the name in ``known`` that ``name`` means. Raises :class:`SpecError`, which names the nearest."""
    wanted = slug(name)
    if wanted in known:
        return wanted
    near = difflib.get_close_matches(wanted, known, n=1)
    meant = f" Did you mean “{near[0]}”?" if near else ""
    raise SpecError(f"There is no style “{name[:40]}” here.{meant} There is: {', '.join([*known][:_LISTED])}.")


def names_style(text: str, known: Collection[str]) -> bool:
    """Return whether ``text`` is meant as the name of a style: one word, or nearly one of ``known``."""
    return len(text.split()) == 1 or bool(difflib.get_close_matches(slug(text), known, n=1, cutoff=_NEAR))


def styled(prompt: str, name: str | None, known: Mapping[str, str] = BUILT_IN) -> str:
    """Return ``prompt`` in the style called ``name``; None and ``none`` leave it as it is.

    ``known`` has the words of each style. Raises :class:`SpecError` for a style that is not in it.
    """
    return prompt if name in (None, NO_STYLE) else apply(known[named(str(name), known)], prompt)
