"""Search prompts for blocked words and regular expressions."""

import logging
from collections.abc import Sequence

import regex

from bot.domain.moderation import Hit, RuleKind
from bot.errors import BadSetting
from bot.moderation import lookalikes
from bot.texts import moderation

log = logging.getLogger(__name__)

LONGEST = 100  # characters of a word or an expression
_PATIENCE = 0.05  # seconds for one expression on one text
_HARD = ("a" * 40 + "!", "ab" * 20 + "!", " " * 40 + "!", "1" * 40 + "!")  # what makes careless expressions slow


def check_word(text: str) -> str:
    """Return the word to store. Raises :class:`BadSetting` if it has no letters or figures or is too long."""
    if not lookalikes.word(text).strip() or len(text) > LONGEST:
        raise BadSetting(moderation.no_word(LONGEST))
    return " ".join(text.split())


def check_regex(text: str) -> str:
    """Return the expression to store. Raises :class:`BadSetting` if it is wrong, matches any text, or is slow."""
    if len(text) > LONGEST:
        raise BadSetting(moderation.expression_too_long(LONGEST))
    try:
        compiled = _compiled(text)
    except regex.error as error:
        raise BadSetting(moderation.no_expression(error)) from None
    if compiled.search(""):
        raise BadSetting(moderation.MATCHES_ANY)
    try:
        for hard in _HARD:
            compiled.search(hard, timeout=_PATIENCE)
    except TimeoutError:
        raise BadSetting(moderation.TAKES_LONG) from None
    return text


def search(text: str, words: Sequence[str], expressions: Sequence[str]) -> Hit | None:
    """Return the first word or expression found in ``text``. Blocks: call it in a thread.

    An expression that takes too long counts as found. Otherwise a prompt could be written to pass by being slow.
    """
    read = lookalikes.readings(text) if words else frozenset()
    for one in words:
        form = lookalikes.word(one)
        if any(form in reading for reading in read):
            return Hit(kind=RuleKind.WORD, value=one)
    seen = (text, lookalikes.plain(text))
    for one in expressions:
        try:
            if any(_compiled(one).search(version, timeout=_PATIENCE, concurrent=True) for version in seen):
                return Hit(kind=RuleKind.REGEX, value=one)
        except TimeoutError:
            log.warning("the blocked expression %r took longer than %g s", one, _PATIENCE)
            return Hit(kind=RuleKind.REGEX, value=one, timed_out=True)
    return None


def _compiled(text: str) -> regex.Pattern[str]:
    return regex.compile(text, regex.IGNORECASE | regex.V0)  # it keeps those compiled last
