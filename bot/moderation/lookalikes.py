"""Read a text as the eye does, through look-alikes, invisible characters, figures for letters and spaced-out words.

A text becomes several *readings*, plain strings of words. A blocked word is looked for in each.
"""

import re
import unicodedata
from itertools import product

# After case folding and decomposition; letters that look alike in common typefaces.
_ALIKE = {
    "a": "аαɑᴀ", "b": "ьвβʙƀ", "c": "сϲᴄ", "d": "ԁɗᴅđ", "e": "еєεҽᴇɛ", "f": "ƒꜰ", "g": "ɡɢցǥ", "h": "һнʜհħ",
    "i": "іıιɩɪ", "j": "јϳᴊ", "k": "кκᴋ", "l": "ӏʟł", "m": "мᴍ", "n": "ոɴηп", "o": "оοσօᴏøө", "p": "рρᴘ", "q": "ԛգ",
    "r": "гʀɾ", "s": "ѕꜱʂ", "t": "тτᴛŧ", "u": "υսᴜμ", "v": "νѵᴠ", "w": "ԝωѡᴡ", "x": "хχ", "y": "уγʏყ", "z": "ᴢʐƶ",
    "ae": "æ", "oe": "œ", "th": "þ",
}  # fmt: skip
_BADGES = (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)  # A to Z in squares and circles, and as halves of flags
_LETTERS = {ord(other): letter for letter, others in _ALIKE.items() for other in others} | {
    first + number: chr(ord("a") + number) for first in _BADGES for number in range(26)
}
_BLANK = dict.fromkeys((0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800), None)  # fillers that are letters to Unicode
_FIGURES = str.maketrans("0345789@$€+", "oeastbgaset")
_WITH_I = _FIGURES | str.maketrans("1!|", "iii")
_WITH_L = _FIGURES | str.maketrans("1!|", "lll")
_MIXED = re.compile(r"\S*[^\W\d_]\S*")  # a token with a letter in it: figures alone are numbers
_MARKS = re.compile(r"[^\w\s]+|_")
_SPELT_OUT = re.compile(r"(?<!\S)\S(?: \S){2,}(?!\S)")
_STRETCHED = re.compile(r"(.)\1{2,}")


def plain(text: str) -> str:
    """Return the text in lower case, without accents, invisible characters and look-alikes."""
    visible = "".join(one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf")
    parts = unicodedata.normalize("NFKD", visible.translate(_BLANK))
    letters = "".join(one for one in parts if unicodedata.category(one) not in ("Mn", "Me"))
    return letters.casefold().translate(_LETTERS)


def readings(text: str) -> frozenset[str]:
    """Return all readings of ``text``, with single spaces between the words and one at each end."""
    base = plain(text)
    found = set()
    for version, gap in product((base, _as_letters(base, _WITH_I), _as_letters(base, _WITH_L)), (" ", "")):
        words = _MARKS.sub(gap, version)  # "b.a.d" as three words and as one
        words = _SPELT_OUT.sub(lambda run: run[0].replace(" ", ""), " ".join(words.split()))
        for squeezed in (words, _STRETCHED.sub(r"\1\1", words), _STRETCHED.sub(r"\1", words)):
            found.add(f" {squeezed} ")
    return frozenset(found)


def _as_letters(text: str, figures: dict[int, int]) -> str:
    """Replace figures by letters in words that have a letter. Marks at the end of a word stay."""

    def token(match: re.Match[str]) -> str:
        body = match[0].rstrip("!|+.,:;?)")
        return body.translate(figures) + match[0][len(body) :]

    return _MIXED.sub(token, text)


def word(text: str) -> str:
    """Return a blocked word or phrase in the form that readings have."""
    return f" {' '.join(_MARKS.sub(' ', plain(text)).split())} "
