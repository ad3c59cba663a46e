"""Natural data: the usual look of things, which a bundle has in ``natural.toml`` beside its vocabulary."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.messages import Vocabulary, split_words
from engine.models.weights import WeightsError

FILE = "natural.toml"
Weighed = tuple[tuple[str, float], ...]  # phrases that may be drawn, each with its weight


@dataclass(frozen=True, slots=True, kw_only=True)
class NaturalThing:
    """Hold what fits one thing."""

    name: str
    words: tuple[str, ...]  # what it is called
    colours: Weighed
    grounds: Weighed  # as "on grass"; a shape on a background has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenery:
    """Words of one kind, and the phrases to draw from where a prompt has none of them."""

    words: tuple[str, ...]
    drawn: Weighed


@dataclass(frozen=True, slots=True, kw_only=True)
class Natural:
    """All of the file."""

    colours: tuple[str, ...]  # the words that name a colour
    colourless: tuple[str, ...]  # words of styles that show none
    styles: tuple[str, ...]  # words of all styles that the models learned
    things: tuple[NaturalThing, ...]
    materials: tuple[Scenery, ...]  # what is drawn are colours, in place of the thing's own
    weathers: Scenery
    grounds: Scenery  # what is drawn is for landscapes without a thing
    scenery: Scenery  # names a landscape; nothing of it is drawn
    backgrounds: Scenery

    def phrases(self) -> Iterator[str]:
        """Yield all phrases that may be added to a prompt."""
        kinds = (self.weathers, self.grounds, self.backgrounds, *self.materials)
        for weighed in (*(kind.drawn for kind in kinds), *(one.colours + one.grounds for one in self.things)):
            yield from (phrase for phrase, _ in weighed)


def load_natural(folder: Path, vocabulary: Vocabulary) -> Natural | None:
    """Read the file in ``folder``; None if there is none. It may add only words of ``vocabulary``.

    Raises :class:`engine.models.weights.WeightsError`.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        natural = _natural(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path} cannot be used: {error!r}. Mend it, or delete it to do without.") from None
    added = {word for phrase in natural.phrases() for word in split_words(phrase)}
    if unknown := sorted(added - set(vocabulary.words)):
        raise WeightsError(f"{path} adds words that the vocabulary lacks: {', '.join(unknown)}. Use others.")
    return natural


def _natural(read: dict[str, Any]) -> Natural:
    things = (
        NaturalThing(
            name=name,
            words=tuple(values["words"]),
            colours=_weighed(values["colours"]),
            grounds=_weighed(values.get("grounds", {})),
        )
        for name, values in read["things"].items()
    )
    return Natural(
        colours=tuple(read["colours"]),
        colourless=tuple(read["colourless"]),
        styles=tuple(read.get("styles", ())),
        things=tuple(things),
        materials=tuple(_scenery(values) for values in read["materials"].values()),
        weathers=_scenery(read["weathers"]),
        grounds=_scenery(read["grounds"]),
        scenery=_scenery(read["scenery"]),
        backgrounds=_scenery(read["backgrounds"]),
    )


def _scenery(values: Mapping[str, Any]) -> Scenery:
    return Scenery(words=tuple(values["words"]), drawn=_weighed(values.get("drawn", {})))


def _weighed(values: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple((phrase, float(weight)) for phrase, weight in values.items())
