"""Why something cannot be painted as it was asked for, and what was changed so that it can.

The command line says the same, so nothing of Discord is needed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.texts.numbers import count, counted, mebibytes, megapixels, size

# Pictures that were sent

DAMAGED = "That picture is damaged or cut short. Open it, save it as PNG or JPEG, and send it again."
ANIMATED = "That picture is animated: I use its first frame."
BECAME_WHITE = "Its transparent parts became white."
NOT_FETCHED = "I could not fetch that picture from Discord. Please attach it again."
UNSEEN = (
    "I see no picture in that message. Discord shows me a member's pictures only in direct messages and where "
    "I am mentioned. Press and hold or right-click it → Apps → Edit picture works on any; or use /edit and attach it."
)
STILL_UNSEEN = "I cannot see that picture either."
NONE_THERE = "I see no picture in that message. Use this on one with a PNG, JPEG, WebP or GIF."
NONE_HERE = "I know of no picture here. Attach one to /edit, or reply to one of mine."
UNFINISHED = "That picture is not finished yet. Wait for it, or press “Stop and keep”, then edit it."
NOTHING_UNDER_MASK = "A mask needs a picture to lie on. Give the picture too."
ONE_MASK = "Two files there are called masks, and I can use one."
WEIGHT_OF_NOTHING = "image_prompt_weight says how much a picture counts: attach it as image_prompt."


def file_too_large(found: int, most: int, name: str = "") -> str:
    """Of so many bytes."""
    what = f"“{name}”" if name else "That file"
    return f"{what} has {mebibytes(found)}; I take up to {mebibytes(most)}. Send it smaller, or as JPEG."


def too_many_guides(found: int, most: int) -> str:
    return f"There are {found} pictures to be guided by, and I take up to {most}. Leave some out."


def no_picture(name: str) -> str:
    return f"“{name}” is not a picture I can read. Attach a PNG, JPEG, WebP or GIF."


def too_many_pixels(pixels: int | None, most: int) -> str:
    """None: more than can be counted without opening it."""
    found = f"has {megapixels(pixels)} megapixels" if pixels else "has far too many pixels"
    return f"That picture {found}; I take up to {megapixels(most)}. Send it smaller."


# Sizes


def snapped(wanted: tuple[int, int], made: tuple[int, int], f: int) -> str:
    return f"{size(*wanted)} became {size(*made)}: the sides are multiples of {f} px, and at least {2 * f}."


def cropped(width: int, height: int) -> str:
    return f"The picture was cropped to the shape of {size(width, height)}."


def shrunk(width: int, height: int) -> str:
    return f"The picture became {size(width, height)} before it was enlarged."


def too_large(width: int, height: int, bundle: str, most: int, example: tuple[int, int]) -> str:
    return (
        f"{size(width, height)} px are {count(width * height)} pixels in all, and the bundle {bundle} paints up to "
        f"{count(most)} here, for example {example[0]}x{example[1]}."
    )


def too_large_to_enlarge(width: int, height: int, bundle: str, most: int) -> str:
    return (
        f"{size(width, height)} px are {count(width * height)} pixels in all, and the bundle {bundle} enlarges "
        f"pictures of up to {count(most)}."
    )


def no_size(text: str) -> str:
    return f"“{text[:40]}” is not a size. Write width x height in pixels, for example: 256x256"


# Prompts and settings

STRENGTH = "Strength goes from 0 (keep the picture) to 1 (free of it), for example: 0.6"
NOTHING_TO_START_FROM = "To replace something, or to upscale, I need a picture to start from."
NOTHING_LEFT_TO_PAINT = "An edit of strength 0 keeps its picture: there is nothing to paint on. Try Remix."
UPSCALE_IS_WHOLE = (
    "An upscale refines all of a picture as it is: leave the mask, the replacement and the image prompt out."
)
UPSCALE_REPLACES_NOTHING = "An upscale refines all of a picture as it is: leave the replacement out."
NOTHING_SAID = "Say what should change: words for the picture, a setting such as strength 0.4, or both."
NO_STYLE_NAME = "A style needs a name of letters and digits, for example: watercolor"


def prompt_too_long(found: int, most: int) -> str:
    return f"That prompt has {count(found)} characters and I read up to {count(most)}. Please shorten it."


def part_too_long(words: int, bundle: str, most: int) -> str:
    return (
        f"That prompt has {words} words in one part, and the bundle {bundle} reads up to {most}. "
        "Shorten it, or split it into parts with |"
    )


def no_setting(name: str, close: str | None, known: Iterable[str]) -> str:
    meant = f" Did you mean “{close}”?" if close else ""
    return f"There is no setting “{name[:40]}”.{meant} I know {', '.join(known)}."


def no_value(name: str, text: str, allowed: str) -> str:
    return f"“{text[:40]}” is not a value for {name.replace('_', '-')}: it must be {allowed}."


def not_whole(name: str, text: str) -> str:
    return f"“{text[:40]}” is not a value for {name}. Write a whole number."


def no_strength(text: str) -> str:
    return f"“{text[:40]}” is not a strength. Write a number from 0 to 1."


def seed_beyond(most: int) -> str:
    return f"A seed is a whole number from 0 to {most}."


def misplaced(name: str) -> str:
    return (
        f"I cannot read --{name} there. Settings stand at the end, each once and with a value: lists with commas "
        'and no spaces, as --noise-seeds 1,2, and words between quotation marks, as --replace "a red car".'
    )


def iterations_beyond(wanted: int, most: int) -> str:
    return f"{count(wanted)} iterations are not possible here. Choose from 1 to {count(most)}."


def no_more_iterations(done: int, most: int) -> str:
    return f"It has {count(done)} iterations already, and {count(most)} are as many as I paint here."


def more_iterations(more: int, in_all: int) -> str:
    return f"{count(more)} more iterations, {count(in_all)} in all."


def cutouts_beyond(wanted: int, most: int) -> str:
    return f"cutouts is {wanted}; it must be a whole number from 1 to {most} here."


def weights_of_others(weights: int, pictures: int) -> str:
    return (
        f"image_weights has {weights} weights for {counted(pictures, 'image prompt', 'image prompts')}; it must be "
        "left out, or have one number for each."
    )


def other_threads(wanted: int, mine: int) -> str:
    return f"That recipe is of {wanted} threads and I have {mine}: its pixels may differ a little."


def other_weights(wanted: str, mine: str) -> str:
    return f"That recipe is of other weights than mine ({wanted}, not {mine}): expect another picture."


def no_job_number(text: str) -> str:
    return f"“{text[:40]}” is no number of a picture. Each picture's thread and /history name it: #12"


def not_kept_to(whose: str, name: str, value: object) -> str:
    """A setting that was left open, and could not be filled in."""
    return f"I could not keep to {whose} {name} “{value}”: it cannot be had here. /settings changes it."


def not_set_in(name: str, scope: str, known: Iterable[str]) -> str:
    return f"“{name}” is no setting of a {scope}. There is: {', '.join(known)}."


def cannot_be_set(name: str, about: str, value: object, why: str) -> str:
    return f"{name} is {about}; “{str(value)[:40]}” cannot be used: {why}."


# Styles and grids

GRID_OF_ONE = "Say what is to differ: styles, as watercolor,oil, or seeds, as 1-8, or both."


def no_style(name: str, known: Iterable[str]) -> str:
    return f"There is no style “{name[:40]}” here. There is: {', '.join(known)}. /styles save makes one."


def style_words(most: int) -> str:
    return f"A style's words have 1 to {most} characters."


def too_many_styles(most: int) -> str:
    return f"You have {most} styles, which is as many as one member may. Delete one first."


def grid_too_large(pictures: int, most: int) -> str:
    return f"Those are {count(pictures)} pictures; a grid has at most {most}."


def too_many_seeds(seeds: int, most: int) -> str:
    return f"Those are {count(seeds)} seeds; a grid has at most {most}."


def no_seeds(text: str) -> str:
    return f"“{text[:40]}” are no seeds. Write 1-8, or 1,5,9."


def seeds_repeat(text: str) -> str:
    return f"“{text[:40]}” has a seed twice, or a range that ends before it begins."


# Words that a bundle does not know

NOTHING_TO_PAINT = "There is nothing in that prompt that I could paint."
NAMES_NOTHING = "It names nothing that I know."
_LONGEST_WORD = 30


def unknown(words: Sequence[tuple[str, str | None]], more: int) -> str:
    """“hart” (did you mean “heart”?), “elf” and 3 more: each word with the known one that may have been meant."""
    named = [_quoted(word) + (f" (did you mean {_quoted(meant)}?)" if meant else "") for word, meant in words]
    if more:
        named.append(f"{more} more")
    listed = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    return f"I do not know {listed}."


def known(kinds: Iterable[tuple[str, str]]) -> str:
    return f"I know {'; '.join(f'{kind} like {some}' for kind, some in kinds)}."


def try_instead(example: str) -> str:
    return f"Try: {example}"


def _quoted(word: str) -> str:
    return f"“{word if len(word) <= _LONGEST_WORD else word[: _LONGEST_WORD - 1] + '…'}”"
