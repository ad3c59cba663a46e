"""Read a recipe as it was pasted: with its fence, or with the whole message around it."""

import re
from typing import Any

from bot.errors import BadSetting
from bot.texts import refusals
from bot.words.values import read_setting
from engine.messages import Precision

DASH = "-‐‑‒–—―−﹘﹣－"
_PROVENANCE = re.compile(r"\s*\[weights (?P<weights>[0-9a-f]+|unknown), (?P<rest>[^\[\]]*)\]\s*$")
_BRACKET = re.compile(rf"\[weights (?:[0-9a-f]+|unknown), (?:{'|'.join(Precision)}), [0-9]+ threads?, [^\[\]]*\]")
_FENCE = re.compile(r"```(?:[a-z]*\n)?(?P<inside>.*?)```", re.DOTALL)
_ARITHMETIC = re.compile(rf"(?P<precision>{'|'.join(Precision)}), (?P<threads>[0-9]+) threads?,")


def unwrapped(text: str) -> tuple[str, str]:
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
    if line[:1] in (*DASH, "["):
        line = text[: found.end()]  # the prompt is on the lines before
    if line.startswith("> ") or text.endswith("`"):
        line = line.removeprefix("> ").lstrip("`\n")
    return line.strip(), after


def origin(text: str) -> tuple[str, dict[str, Any]]:
    """Return what stands before a recipe's bracket, and the fields of a wish that the bracket gives."""
    if (found := _PROVENANCE.search(text)) is None:
        return text, {}
    arithmetic = _ARITHMETIC.match(found["rest"])
    more = {name: read_setting(name, value) for name, value in arithmetic.groupdict().items()} if arithmetic else {}
    weights = None if found["weights"] == "unknown" else found["weights"]
    return text[: found.start()], {"style": "none", "more": more, "weights": weights}
