"""Recall the things that a prompt names from the bundle's memory, and lay them into the start of its picture.

Things whose words the models learned themselves are left to them, unless something else must be recalled beside them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.bundles import mentions
from engine.bundles.bundles import Bundle
from engine.bundles.memory import GRAY, GROUND, Memory, Patch, Remembered
from engine.bundles.mentions import Mention, Mentions, Named
from engine.bundles.natural import Natural, Weighed
from engine.messages import Phase, Vocabulary, parse_story, split_words
from engine.models.generator import CodedGenerator
from engine.run import recolour

MOST = 4  # things in one picture
HOLD = 30.0  # times the bundle's L2 weight: the perceptors, which know no such thing, would wash it away
_NEAR = 4  # remembered scenes that fit a background's words about as well
_OVERLAP = {"above": -0.02, "below": -0.02, "upon": 0.3, "inside": 0.45, "worn": 0.4}  # of the upper thing's height
_ROOM = {"above": 0.66, "below": 0.66, "upon": 0.8, "inside": 0.85, "worn": 0.9}  # of a lone thing's size
_HAT = 0.6  # what is worn, beside what wears it
_FILLS = "fills"
_RIM = 1.25  # a drawing that fills the picture is larger by this, because its own rim is round
_NUMBERS = {"two": 2, "2": 2, "three": 3, "3": 3, "four": 4, "4": 4, "several": 3, "many": 4, "some": 3}
_NUMBERS |= dict.fromkeys("five six seven eight nine ten dozen 5 6 7 8 9 10".split(), MOST)  # as many as there is room
_NOT = re.compile(r"\b(?:no|without|not an?)\s+(?:[\w-]+\s+)?$")
_BEFORE = re.compile(r"\b(?:in|on|at|under|during|by|over)\b(?:\s+[\w-]+){0,2}\s*$", re.IGNORECASE)
_AFTER = re.compile(r"\s+(?:day|night|sky|evening|morning|weather|landscape|ground|field)\b", re.IGNORECASE)
_PLACES = (Named.WEATHER, Named.GROUND, Named.SCENERY, Named.BACKGROUND)
_WORN = re.compile(r"\b(?:wearing|wears)\b")
_ABOVE = re.compile(r"\b(?:over|above)\b")
_UPON = re.compile(r"\b(?:on|upon|onto|riding|rides|atop)\b")
_BELOW = re.compile(r"\b(?:under|below|beneath)\b")
_INSIDE = re.compile(r"\b(?:in|inside|into|within)\b")
_BESIDE = re.compile(r"\b(?:in front of|next to|beside|left of|behind|in the|on the|on an?\b.*\bside)\b")
_RIGHT = re.compile(r"\bright of\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One thing to be recalled."""

    index: int  # in the memory
    thing: Remembered
    colours: tuple[str, ...]  # that the prompt gives it
    relation: str  # to the thing before it: beside, right, above, upon, below, inside, or worn by it


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """Hold what a prompt recalls, and the words that are left for the models."""

    wanted: tuple[Wanted, ...]
    background: str  # what the models read, as "grass at night"
    plain: bool  # the things lie on a plain ground; the background names its colour
    seed: int

    @property
    def names(self) -> str:
        """Return the recalled things for a reader, as "dragon, castle"."""
        return ", ".join(dict.fromkeys(one.thing.name for one in self.wanted))

    @property
    def story(self) -> tuple[Phase, ...]:
        """Return what the perceptors guide towards: the background, because they know none of the things."""
        return parse_story(self.background)

    @property
    def told(self) -> str:
        """Return what was recalled and read, for a recipe."""
        return f"recalled: {self.names}; {self.background}"


def read(prompt: str, seed: int, bundle: Bundle) -> Recalled | None:
    """Return what ``prompt`` recalls; None if the models know all that it names, or it is a story of phases."""
    memory, natural = bundle.memory, bundle.natural
    if memory is None or natural is None or bundle.vocabulary is None or bundle.start_network is None:
        return None
    story = parse_story(prompt, alone=False)
    if len(story) > 1:
        return None
    text = ", ".join(part.text for part in story[0].prompts if part.weight > 0)
    found = mentions.find(text, _lexicon(memory, natural, bundle.vocabulary))
    named = found.of(Named.THING)
    if _left_to_the_models(named, text, natural):
        return None
    wanted = _wanted(found, named, memory)
    if not wanted:
        return None
    plain = all(one.thing.place != _FILLS for one in wanted) and _indoors(wanted) and not found.of(*_PLACES)
    background = (
        _drawn(natural.backgrounds.drawn, seed, "background") if plain else _scene(found, wanted, natural, seed)
    )
    return Recalled(wanted=tuple(wanted), background=background, plain=plain, seed=seed)


def _left_to_the_models(named: Sequence[Mention], text: str, natural: Natural) -> bool:
    """Return whether the models paint better than the memory: shapes, or one subject in its colour or a style.

    A learned subject is a blob without a colour, and two of them hide each other.
    """
    kinds = {thing.name: thing for mention in named for thing in natural.things if mention.words[-1] in thing.words}
    if any(not set(mention.words) <= _learned(natural) for mention in named):
        return False
    subjects = [thing for thing in kinds.values() if thing.grounds]
    told = all(mention.colours for mention in named) or not set(natural.styles).isdisjoint(split_words(text))
    return not subjects or (len(kinds) == 1 and told)


def _indoors(wanted: Sequence[Wanted]) -> bool:
    """Return whether the things want a plain ground: all lie, or what carries or holds another does, as a sofa."""
    carriers = [one for one in wanted if one.relation in ("upon", "inside")]
    return all(one.thing.place == "lies" for one in wanted) or any(one.thing.place == "lies" for one in carriers)


def _wanted(found: Mentions, named: Sequence[Mention], memory: Memory) -> list[Wanted]:
    wanted, end = list[Wanted](), 0
    for mention in named:
        index = int(mention.names[Named.THING])
        between = found.text[end : mention.start].lower()
        if _NOT.search(between):
            continue
        many = next((_NUMBERS[word] for word in re.findall(r"\w+", between) if word in _NUMBERS), 1)
        for repeat in range(many):
            relation = "beside" if repeat or not wanted else _relation(between)
            wanted.append(
                Wanted(
                    index=index, thing=memory.things[index], colours=tuple(sorted(mention.colours)), relation=relation
                )
            )
        end = mention.end
    return wanted[:MOST]


def _relation(between: str) -> str:
    """Return how the thing before the words ``between`` lies to the one after them."""
    table = (
        ("worn", _WORN),
        ("right", _RIGHT),
        ("beside", _BESIDE),
        ("above", _ABOVE),
        ("below", _BELOW),
        ("upon", _UPON),
        ("inside", _INSIDE),
    )
    return next((name for name, words in table if words.search(between)), "beside")


def _scene(found: Mentions, wanted: Sequence[Wanted], natural: Natural, seed: int) -> str:
    """Return the words for an empty scene: what the prompt says of it, and what it leaves open drawn by the seed."""
    grounds = [mention for mention in found.of(Named.GROUND)]
    weathers = [mention for mention in found.of(Named.WEATHER) if mention not in grounds]
    if grounds:
        ground = " ".join(grounds[0].words)
    elif any(one.thing.place == "floats" for one in wanted):
        ground = "the sea"
    else:
        fits: Weighed = (("grass", 5.0), ("a meadow", 3.0)) if wanted else natural.grounds.drawn
        ground = _drawn(fits, seed, "ground")
    weather = _phrase(found.text, weathers[0]) if weathers else _drawn(natural.weathers.drawn, seed, "weather")
    scenery = " with mountains" if found.of(Named.SCENERY) else ""
    return f"{ground}{scenery} {weather}"


def _phrase(text: str, mention: Mention) -> str:
    """Return a weather's words with the preposition before and the noun after them, as "on a rainy day"."""
    before, after = _BEFORE.search(text[: mention.start]), _AFTER.match(text, mention.end)
    start, end = before.start() if before else mention.start, after.end() if after else mention.end
    return text[start:end]


def _drawn(fits: Weighed, seed: int, what: str) -> str:
    point = _share(seed, what) * sum(weight for _, weight in fits)
    for phrase, weight in fits:
        point -= weight
        if point < 0:
            return phrase
    return fits[-1][0]


def _share(seed: int, what: str) -> float:
    """Return a number in [0, 1) that is the same for the same seed and ``what``."""
    return int.from_bytes(hashlib.sha256(f"{seed} {what}".encode()).digest()[:8], "big") / 2**64


@cache
def _learned(natural: Natural) -> frozenset[str]:
    """Return the words of the things that the models learned."""
    return frozenset(word for thing in natural.things for phrase in thing.words for word in phrase.split())


@cache
def _lexicon(memory: Memory, natural: Natural, vocabulary: Vocabulary) -> mentions.Lexicon:
    """Return what the words of a prompt can name. Words that the models learned for something else name no thing."""
    kinds = (
        (Named.WEATHER, natural.weathers.words),
        (Named.GROUND, natural.grounds.words),
        (Named.SCENERY, natural.scenery.words),
        (Named.BACKGROUND, natural.backgrounds.words),
        (Named.COLOUR, natural.colours),
        (Named.COLOURLESS, natural.colourless),
    )
    taken = {word for _, words in kinds for word in words}
    learned, named = set(vocabulary.words), _learned(natural)

    def free(phrase: str) -> bool:
        words = set(split_words(phrase))
        return phrase not in taken and (words <= named or not words <= learned)

    things = [
        (Named.THING, str(i), [phrase for phrase in thing.words if free(phrase)])
        for i, thing in enumerate(memory.things)
    ]
    return mentions.lexicon([*things, *((kind, "", words) for kind, words in kinds)])


def backdrop(recalled: Recalled, sentence: Tensor, bundle: Bundle) -> Tensor | None:
    """Return z (1, e, h, w) of a remembered scene that fits ``sentence`` (1, d), the embedded background's words.

    The seed chooses among the nearest. None if the bundle remembers no scenes.
    """
    generator, memory = bundle.generator, bundle.memory
    assert isinstance(generator, CodedGenerator) and memory is not None
    if memory.backdrops is None:
        return None
    near = memory.backdrops.near(sentence, _NEAR)
    chosen = near[int(_share(recalled.seed, "backdrop") * len(near))]
    return generator.look_up(memory.backdrops.codes[chosen][None].to(generator.device))


def laid(recalled: Recalled, z: Tensor, bundle: Bundle) -> Tensor:
    """Return z (1, e, h, w) of the picture that ``z`` shows with the recalled things in it."""
    generator, memory = bundle.generator, bundle.memory
    assert isinstance(generator, CodedGenerator) and memory is not None
    picture = generator.decode(generator.look_up(generator.distances(z).argmin(-1))).clamp(0, 1)
    if recalled.plain:
        picture = _plain(recalled.background).to(picture).expand_as(picture)
    for stamp in _stamps(recalled, memory, generator, picture):
        picture = stamp.on(picture)
    return generator.encode(picture)


@dataclass(slots=True, kw_only=True)
class _Stamp:
    """A thing as pixels, and where it goes."""

    image: Tensor  # (1, 3, H, W)
    alpha: Tensor  # (1, 1, H, W) in [0, 1]
    top: int = 0
    left: int = 0

    def on(self, picture: Tensor) -> Tensor:
        """Return the picture with the thing in it; what lies outside is cut off."""
        height, width = picture.shape[2:]
        pad = (self.left, width - self.left - self.image.shape[3], self.top, height - self.top - self.image.shape[2])
        image, alpha = F.pad(self.image, pad), F.pad(self.alpha, pad)
        return picture + alpha * (image - picture)


def _stamps(recalled: Recalled, memory: Memory, generator: CodedGenerator, picture: Tensor) -> list[_Stamp]:
    """Return the things in the order of laying, each with its place and size in ``picture``.

    What fills the picture comes first and has no relation to the others.
    """
    filling = [i for i, one in enumerate(recalled.wanted) if one.thing.place == _FILLS]
    behind = [_filling(_stamp(recalled, i, memory, generator), *picture.shape[2:]) for i in filling[:1]]
    others = tuple(one for one in recalled.wanted if one.thing.place != _FILLS)
    return behind + _placed(dataclasses.replace(recalled, wanted=others), memory, generator, picture)


def _filling(stamp: _Stamp, height: int, width: int) -> _Stamp:
    """Return the stamp as large as the picture, its rim outside."""
    side = _RIM * max(height, width)
    size = round(side), round(side)
    image = F.interpolate(stamp.image, size, mode="bilinear", antialias=True, align_corners=False)
    top, left = (height - size[0]) // 2, (width - size[1]) // 2
    return _Stamp(image=image, alpha=torch.ones_like(image[:, :1]), top=top, left=left)


def _placed(recalled: Recalled, memory: Memory, generator: CodedGenerator, picture: Tensor) -> list[_Stamp]:
    wanted = recalled.wanted
    stamps = [_stamp(recalled, i, memory, generator) for i in range(len(wanted))]
    height, width = picture.shape[2:]
    columns = _columns(wanted)
    across, stacked = max(columns, default=0) + 1, any(one.relation in _OVERLAP for one in wanted[1:])
    stacking = min((_ROOM.get(one.relation, 1.0) for one in wanted[1:]), default=1.0)
    for i, (one, stamp) in enumerate(zip(wanted, stamps, strict=True)):
        room = min(0.68 * height, (1.0 if across > 1 else 0.9) * width / across) * stacking
        _scale(stamp, room * _relative(one, wanted) * (_HAT if one.relation == "worn" else 1.0))
        shift = 0.06 * width * (2 * _share(recalled.seed, f"x {i}") - 1) if across == 1 and not stacked else 0.0
        stamp.left = round((columns[i] + 0.5) * width / across + shift - stamp.image.shape[3] / 2)
        stamp.top = _top(one.thing.place, stamp.image.shape[2], height, recalled.plain)
    for i, one in enumerate(wanted):
        if i and one.relation in _OVERLAP:
            _stack(one.relation, stamps[i - 1], stamps[i], height)
    return [stamps[i] for i in _order(wanted)]


def _stamp(recalled: Recalled, i: int, memory: Memory, generator: CodedGenerator) -> _Stamp:
    """Return one of the thing's drawings, chosen by the seed, in the colour that the prompt gives it."""
    one = recalled.wanted[i]
    drawings = memory.of(one.index)
    patch = drawings[int(_share(recalled.seed, f"drawing {one.thing.name} {i}") * len(drawings))]
    image, alpha = _pixels(patch, generator)
    for colour in one.colours[:1]:
        image = recolour.recoloured(image, alpha, colour)
    return _Stamp(image=image, alpha=alpha)


def _pixels(patch: Patch, generator: CodedGenerator) -> tuple[Tensor, Tensor]:
    """Return the picture that a patch shows on its own ground, and how far the thing covers each pixel."""
    flat = torch.full((1, 3, 8 * generator.f, 8 * generator.f), GRAY, device=generator.device)
    ground = int(generator.distances(generator.encode(flat))[0, 4, 4].argmin())
    codes = F.pad(torch.where(patch.codes == GROUND, ground, patch.codes), (1, 1, 1, 1), value=ground)
    f = generator.f
    image = generator.decode(generator.look_up(codes[None].to(generator.device)))[..., f:-f, f:-f].clamp(0, 1)
    outline = patch.outline[None, None].float().to(generator.device)
    return image, F.interpolate(outline, image.shape[2:], mode="bilinear", align_corners=False)


def _scale(stamp: _Stamp, side: float) -> None:
    """Make the longer side of the stamp ``side`` pixels long."""
    factor = side / max(stamp.image.shape[2:])
    size = [max(1, round(factor * one)) for one in stamp.image.shape[2:]]
    stamp.image, stamp.alpha = (
        F.interpolate(one, size, mode="bilinear", antialias=True, align_corners=False)
        for one in (stamp.image, stamp.alpha)
    )


def _relative(one: Wanted, wanted: Sequence[Wanted]) -> float:
    """Return how large a thing is shown beside the largest; nothing is too small to see."""
    steps = max(other.thing.size for other in wanted) - one.thing.size
    return max(0.6, 1 - 0.12 * steps)


def _order(wanted: Sequence[Wanted]) -> list[int]:
    """Return the order of laying: what carries something is laid before it, what holds something after it."""
    order = list(range(len(wanted)))
    for i, one in enumerate(wanted):
        if i and one.relation == "upon":
            order[i - 1], order[i] = order[i], order[i - 1]
    return order


def _columns(wanted: Sequence[Wanted]) -> list[int]:
    """Return the column of each thing, from the left; what is above or below another shares its column."""
    columns, now = [0] * len(wanted[:1]), 0
    for one in wanted[1:]:
        now += one.relation not in _OVERLAP
        columns.append(now)
    return [now - column for column in columns] if any(one.relation == "right" for one in wanted) else columns


def _top(place: str, high: int, height: int, plain: bool) -> int:
    """Return the top of a thing ``high`` pixels high."""
    if plain:
        return (height - high) // 2
    return round(0.08 * height) if place == "flies" else round(0.9 * height) - high


def _stack(relation: str, first: _Stamp, second: _Stamp, height: int) -> None:
    """Put the first above the second, on it or into it, or below it."""
    upper, lower = (second, first) if relation in ("below", "worn") else (first, second)
    lower.top = round(0.94 * height) - lower.image.shape[2]
    overlap = round(_OVERLAP[relation] * upper.image.shape[2])
    upper.top = max(0, lower.top - upper.image.shape[2] + overlap)
    upper.left = lower.left + (lower.image.shape[3] - upper.image.shape[3]) // 2


def _plain(background: str) -> Tensor:
    """Return the colour of a plain ground, (1, 3, 1, 1)."""
    name = next((word for word in background.split() if word in recolour.COLOURS), "white")
    return torch.tensor(recolour.COLOURS[name]).view(1, 3, 1, 1)
