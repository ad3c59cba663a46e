"""Say what a prompt leaves open: colours that fit its things, a ground to stand on, a sky.

Models of few words paint "a cat" gray, because in their training nearly every cat came with the name of its colour.
If a bundle has :class:`engine.bundles.natural.Natural` data, the missing words are added before a picture is painted
from nothing: "a cat" is read as "an orange cat on grass on a sunny day". The seed draws these
words by a hash, so the random numbers of the run stay as they are.
"""

import dataclasses
import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from functools import cache

from engine.bundles import mentions
from engine.bundles.mentions import Lexicon, Mention, Mentions, Named
from engine.bundles.natural import Natural, Weighed
from engine.messages import Phase, Prompt, parse_story, split_words

Story = tuple[Phase, ...]
_PLACES = frozenset({Named.WEATHER, Named.GROUND, Named.SCENERY})
_ARTICLE = re.compile(r"\b([Aa])n?(\s+)$")


def completed(prompt: str, seed: int, natural: Natural | None, fits: Callable[[str], bool]) -> Story | None:
    """Return the story of ``prompt`` with the words that it leaves open, drawn by ``seed``; None if nothing is missing.

    A part for which the longer text does not ``fits`` the perceptors stays as it is. Raises
    :class:`engine.messages.PromptError`.
    """
    if natural is None:
        return None
    story = parse_story(prompt, alone=False)
    read = tuple(dataclasses.replace(phase, prompts=_Completion(phase, seed, natural).prompts(fits)) for phase in story)
    return None if read == story else read


def told(story: Sequence[Phase]) -> str:
    """Return what attracts in the phases, in one line, the heaviest part first."""
    return " ^ ".join(", ".join(" ".join(part.text.split()) for part in _attracting(phase.prompts)) for phase in story)


def _attracting(prompts: Sequence[Prompt]) -> list[Prompt]:
    return [prompt for prompt in sorted(prompts, key=lambda prompt: -prompt.weight) if prompt.weight > 0]


class _Completion:
    """The completion of one phase. All its attracting parts together are one picture."""

    def __init__(self, phase: Phase, seed: int, natural: Natural) -> None:
        self.phase, self.seed, self.natural = phase, seed, natural
        self.attracting = _attracting(phase.prompts)
        self.parts = [mentions.find(part.text, _lexicon(natural)) for part in self.attracting]
        self.shunned = {word for part in phase.prompts if part.weight < 0 for word in self._known(part.text)}
        self.things = {thing.name: thing for thing in natural.things}
        self.inserts: list[tuple[Mentions, int, str]] = []

    def prompts(self, fits: Callable[[str], bool]) -> tuple[Prompt, ...]:
        """Return the phase's prompts with what they lack."""
        if not self._named(Named.COLOURLESS):
            self._colour()
        self._place()
        read = dict(zip(map(id, self.attracting), (self._written(part) for part in self.parts), strict=True))
        return tuple(
            dataclasses.replace(prompt, text=text) if (text := read.get(id(prompt))) and fits(text) else prompt
            for prompt in self.phase.prompts
        )

    def _known(self, text: str) -> list[str]:
        found = mentions.find(text, _lexicon(self.natural))
        return [word for mention in found.all if mention.names for word in mention.words]

    def _named(self, *kinds: Named) -> bool:
        return any(part.of(*kinds) for part in self.parts)

    def _colour(self) -> None:
        """Give each thing without a colour one that nothing else has, if one is left."""
        nouns = [noun for part in self.parts for noun in part.of(Named.THING, Named.BACKGROUND)]
        taken = {colour for noun in nouns for colour in noun.colours}
        given: dict[str, str] = {}
        for part in self.parts:
            made_of = [mention.names[Named.MATERIAL] for mention in part.of(Named.MATERIAL)]
            for mention in part.of(Named.THING):
                if mention.colours:
                    continue
                name = mention.names[Named.THING]
                fits = self.natural.materials[int(made_of[0])].drawn if made_of else self.things[name].colours
                drawn = given.get(name) or self._drawn(fits, name, taken) or self._drawn(fits, name)
                if drawn:
                    given[name] = drawn
                    taken.add(drawn)
                    mention.colours.add(drawn)
                    self.inserts.append((part, mention.start, drawn))

    def _place(self) -> None:
        """Add a ground and a weather to a scene, or a background to shapes."""
        if self._named(Named.BACKGROUND):
            return
        grounds = [self._grounds(mention) for part in self.parts for mention in part.of(Named.THING)]
        if standing := [fitting for fitting in grounds if fitting]:
            self._scene(*self._last(lambda mention: bool(self._grounds(mention))), standing[0], " ")
        elif not grounds and self._named(*_PLACES):
            self._scene(
                *self._last(lambda mention: bool(_PLACES & mention.names.keys())), self.natural.grounds.drawn, ", "
            )
        elif grounds and not self._named(*_PLACES, Named.COLOURLESS):
            colours = {colour for part in self.parts for thing in part.of(Named.THING) for colour in thing.colours}
            drawn = self._drawn(self.natural.backgrounds.drawn, "background", colours)
            self._add(*self._last(_is_thing), " ", drawn)

    def _scene(self, part: Mentions, mention: Mention, grounds: Weighed, joint: str) -> None:
        if not self._named(Named.GROUND):
            self._add(part, mention, joint, self._drawn(grounds, "ground"))
        if not self._named(Named.WEATHER):
            self._add(part, mention, " ", self._drawn(self.natural.weathers.drawn, "weather"))

    def _grounds(self, mention: Mention) -> Weighed:
        return self.things[mention.names[Named.THING]].grounds if _is_thing(mention) else ()

    def _last(self, wanted: Callable[[Mention], bool]) -> tuple[Mentions, Mention]:
        """Return the last such mention in the heaviest part that has one."""
        return next((part, one) for part in self.parts for one in reversed(part.all) if wanted(one))

    def _add(self, part: Mentions, mention: Mention, joint: str, phrase: str | None) -> None:
        """Write ``phrase`` where the clause with ``mention`` ends."""
        if phrase:
            self.inserts.append((part, part.clause_end(mention), joint + phrase))

    def _drawn(self, fits: Weighed, what: str, taken: Collection[str] = ()) -> str | None:
        """Return one of the phrases without a word that is taken or shunned.

        The same for the same seed and ``what``.
        """
        unwanted = self.shunned | set(taken)
        left = [(phrase, weight) for phrase, weight in fits if not unwanted & set(split_words(phrase))]
        digest = hashlib.sha256(f"{self.seed} {what}".encode()).digest()
        point = int.from_bytes(digest[:8], "big") / 2**64 * sum(weight for _, weight in left)
        for phrase, weight in left:
            point -= weight
            if point < 0:
                return phrase
        return None

    def _written(self, part: Mentions) -> str:
        """Return the text of ``part`` with what is to be added; an article before a drawn colour is made to fit it."""
        text, written, done = part.text, list[str](), 0
        for _, at, words in sorted((one for one in self.inserts if one[0] is part), key=lambda one: one[1]):
            head, done = text[done:at], at
            if not words[0].isalpha():
                written += [head, words]
            else:
                article = r"\1n\2" if words[0] in "aeiou" else r"\1\2"
                written += [_ARTICLE.sub(article, head), words, " "]
        return "".join([*written, text[done:]])


def _is_thing(mention: Mention) -> bool:
    return Named.THING in mention.names


@cache
def _lexicon(natural: Natural) -> Lexicon:
    kinds = (
        (Named.WEATHER, natural.weathers),
        (Named.GROUND, natural.grounds),
        (Named.SCENERY, natural.scenery),
        (Named.BACKGROUND, natural.backgrounds),
    )
    return mentions.lexicon(
        [
            *((Named.THING, thing.name, thing.words) for thing in natural.things),
            *((Named.MATERIAL, str(i), material.words) for i, material in enumerate(natural.materials)),
            *((kind, "", scenery.words) for kind, scenery in kinds),
            (Named.COLOUR, "", natural.colours),
            (Named.COLOURLESS, "", natural.colourless),
        ]
    )
