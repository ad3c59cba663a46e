"""Find what a text names: its things, which of them have a colour, a sky, a ground, a background."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Words = tuple[str, ...]

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_BREAKS = frozenset(  # words that end the reach of a colour: in "a red hat on a cat" the cat is not red
    "a an the this that these those my your his her its our their in on at to by for from with of over under above "
    "below beside behind near against into is are".split()
)
_ARTICLES = frozenset({"a", "an", "the"})
_UPON = frozenset({"on", "against"})
_CLAUSE_END = re.compile(r"\s*(?:[,;:!?()\[\]\n]|\.(?!\w)|$)")


class Named(StrEnum):
    """Name what a word can name."""

    THING = "thing"
    COLOUR = "colour"
    MATERIAL = "material"
    WEATHER = "weather"
    GROUND = "ground"
    SCENERY = "scenery"
    BACKGROUND = "background"
    COLOURLESS = "colourless"  # a style without colours


NOUNS = frozenset({Named.THING, Named.WEATHER, Named.GROUND, Named.SCENERY, Named.BACKGROUND})
"""What a colour can belong to."""
Lexicon = Mapping[Words, Mapping[Named, str]]
"""From a phrase, word by word, to what it names, and to the name of that in the bundle's data."""


@dataclass(slots=True, kw_only=True)
class Mention:
    """A phrase of the text that the lexicon has, or a word that it lacks."""

    words: Words
    start: int  # in characters
    end: int
    names: Mapping[Named, str]
    colours: set[str] = field(default_factory=set)  # of a noun: those that the text gives it


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentions:
    """All mentions of a text, in order."""

    text: str
    all: tuple[Mention, ...]

    def of(self, *kinds: Named) -> list[Mention]:
        """Return the mentions that name one of ``kinds``."""
        return [mention for mention in self.all if any(kind in mention.names for kind in kinds)]

    def clause_end(self, mention: Mention) -> int:
        """Return the character at which the clause with ``mention`` ends: a comma, a stop or the end of the text."""
        found = _CLAUSE_END.search(self.text, mention.end)
        return found.start() if found else len(self.text)


def find(text: str, lexicon: Lexicon) -> Mentions:
    """Return all that ``text`` names; things and backgrounds have the colours that belong to them."""
    marks = _joined(_marked(text, lexicon), text)
    loose = [i for i, mark in enumerate(marks) if Named.COLOUR in mark.names and not _given(marks, i, text)]
    for i in loose:
        _give_loose(marks, i, text)
    return Mentions(text=text, all=tuple(marks))


def _marked(text: str, lexicon: Lexicon) -> list[Mention]:
    """Return the words of the text, and the longest phrases of the lexicon as one each."""
    words = [(found[0].lower(), found.start(), found.end()) for found in _WORD.finditer(text)]
    longest = max(map(len, lexicon), default=1)
    marks, i = list[Mention](), 0
    while i < len(words):
        for length in range(min(longest, len(words) - i), 0, -1):
            phrase = tuple(word for word, _, _ in words[i : i + length])
            if phrase in lexicon or length == 1:
                names = lexicon.get(phrase, {})
                marks.append(Mention(words=phrase, start=words[i][1], end=words[i + length - 1][2], names=names))
                i += length
                break
    return marks


def _joined(marks: Sequence[Mention], text: str) -> list[Mention]:
    """Join a thing to the thing right after it, of which it tells only the kind: "a tree house" is a house."""
    joined = list[Mention]()
    for mark in marks:
        last = joined[-1] if joined else None
        if last and Named.THING in last.names and Named.THING in mark.names and not text[last.end : mark.start].strip():
            joined[-1] = Mention(words=mark.words, start=last.start, end=mark.end, names=mark.names)
        else:
            joined.append(mark)
    return joined


def _given(marks: Sequence[Mention], i: int, text: str) -> bool:
    """Give the colour at ``i`` to the noun that follows it in the same phrase; return whether there is one."""
    for before, mark in zip(marks[i:], marks[i + 1 :], strict=False):
        if _parted(text, before, mark) or mark.words[0] in _BREAKS:
            return False
        if NOUNS & mark.names.keys():
            mark.colours.add(marks[i].words[0])
            return True
    return False


def _parted(text: str, before: Mention, after: Mention) -> bool:
    return bool(re.search(r"[^\s\-&/]", text[before.end : after.start]))


def _give_loose(marks: list[Mention], i: int, text: str) -> None:
    """Give a colour without a noun after it to a background, as in "on white", or else to the nearest thing."""
    colour, mark = marks[i].words[0], marks[i]
    if _ends_phrase(marks, i, text) and _stands_upon(marks, i):
        marks[i] = Mention(
            words=mark.words, start=mark.start, end=mark.end, names={Named.BACKGROUND: ""}, colours={colour}
        )
        return
    things = [one for one in (*reversed(marks[:i]), *marks[i + 1 :]) if Named.THING in one.names]
    bare = [thing for thing in things if not thing.colours]
    for thing in (bare or things)[:1]:
        thing.colours.add(colour)


def _ends_phrase(marks: Sequence[Mention], i: int, text: str) -> bool:
    after = marks[i + 1] if i + 1 < len(marks) else None
    return after is None or _parted(text, marks[i], after) or after.words[0] in _BREAKS


def _stands_upon(marks: Sequence[Mention], i: int) -> bool:
    before = [mark.words[0] for mark in marks[:i] if mark.words[0] not in _ARTICLES]
    return bool(before) and before[-1] in _UPON


def lexicon(entries: Iterable[tuple[Named, str, Iterable[str]]]) -> Lexicon:
    """Return the lexicon for :func:`find` from (kind, name, phrases)."""
    made: dict[Words, dict[Named, str]] = {}
    for kind, name, phrases in entries:
        for phrase in phrases:
            made.setdefault(tuple(_WORD.findall(phrase.lower())), {})[kind] = name
    return made
