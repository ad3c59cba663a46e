"""Say why a picture cannot be painted as requested, or what was changed. The command line uses these texts too."""

from collections.abc import Iterable

from bot.texts.numbers import count, mebibytes, megapixels
from engine.messages.resolution import to_paint

# Pictures that were sent

DAMAGED = "That picture is damaged or cut short. Open it, save it as PNG or JPEG, and send it again."
ANIMATED = "That picture is animated: I use its first frame."
BECAME_WHITE = "Its transparent parts became white."
NOT_FETCHED = "I could not fetch that picture from Discord. Please attach it again."
UNSEEN = (
    "I see no picture in that message, and Discord may hide it from me. Press and hold or right-click it → Apps → Edit "
    "picture, or attach the picture to /edit."
)
STILL_UNSEEN = "I cannot see that picture either."
NONE_THERE = "I see no picture in that message. Use this on one with a PNG, JPEG, WebP, GIF or AVIF."
NONE_HERE = "I found no picture here. Attach one to /edit, or reply to one of mine."
EMBEDDED = "That picture is only linked or embedded, and I fetch no foreign addresses. Save it and attach it."
UNFINISHED = "That picture is not finished yet. Wait for it, or press “Stop and keep”, then edit it."
ONE_MASK = "I can use only one mask. Attach one."
WEIGHT_OF_NOTHING = "image_prompt_weight needs a picture: attach one as image_prompt."


def file_too_large(found: int, most: int, name: str = "") -> str:
    """Refuse a file; ``found`` and ``most`` are bytes."""
    what = f"“{name}”" if name else "That file"
    return f"{what} is {mebibytes(found)} large, and I take up to {mebibytes(most)}. Send a smaller one, or a JPEG."


def first_of(count: int, name: str) -> str:
    return f"That message has {count} pictures: I took the first, “{name}”."


def too_many_guides(found: int, most: int) -> str:
    return f"You attached {found} image prompts, and I take up to {most}. Leave some out."


def no_picture(name: str) -> str:
    return f"“{name}” is not a picture I can read. Attach a PNG, JPEG, WebP, GIF or AVIF."


def too_many_pixels(pixels: int | None, most: int) -> str:
    """Refuse a picture; ``pixels`` is None if only opening it could tell."""
    found = f"has {megapixels(pixels)} megapixels" if pixels else "has far too many pixels"
    return f"That picture {found}, and I take up to {megapixels(most)}. Send a smaller one."


# Prompts and settings

NOTHING_SAID = "Say what should change: words for the picture, a setting such as strength 0.4, or both."
NO_STYLE_NAME = "A style needs a name of letters and digits, for example: watercolor"


CUT = " … (the picture's metadata has it whole)"  # ends a recipe that a message has no room for
RECIPE_CUT = "That recipe is cut short. On its message, press and hold or right-click → Apps → Show recipe."


def misplaced(name: str) -> str:
    return (
        f"I cannot read --{name} there. Settings stand at the end, each once and with a value: lists with commas "
        f'and no spaces, as --noise-seeds 1,2, and words between quotation marks, as --replace "a red car". '
        f"{to_paint(f'--{name}')}"
    )


def said_otherwise(name: str, ours: str) -> str:
    return f"I have no --{name}: here it is --{ours}, as “{_EXAMPLES[ours]}”."


_EXAMPLES = {
    "iterations": "--iterations 200",
    "size": "--size 256x384",
    "bundle": "--bundle starter",
    "count": "count: 4 in /imagine",
    "style": "--style watercolor",
    "no": "--no fog",
}


def foreign(name: str) -> str:
    return f"I have no --{name}, which belongs to another bot. Leave it out. {to_paint(f'--{name}')}"


def read_as_settings(words: Iterable[str]) -> str:
    return f"Read as settings: {', '.join(words)}."


def no_job_number(text: str) -> str:
    return f"“{text[:40]}” is not the number of a picture. Write one that /history lists, for example: #12"


def not_kept_to(whose: str, name: str, value: object) -> str:
    """Say that a stored setting could not be used for a picture."""
    return f"I could not use {whose} {name} “{value}” here. Change it with /settings."


def not_set_in(name: str, scope: str, known: Iterable[str]) -> str:
    return f"A {scope} has no setting “{name}”. It has: {', '.join(known)}."


def cannot_be_set(name: str, about: str, value: object, why: str) -> str:
    return f"I cannot use “{str(value)[:40]}” for {name} ({about}): {why}."


# Styles and grids

STYLE_IN_WORDS = "Describe a style in at least two words."
GRID_OF_ONE = "Say what differs: styles such as watercolor,oil, seeds such as 1-8, or both."


def style_words(most: int) -> str:
    return f"A style needs words of 1 to {most} characters."


def too_many_styles(most: int) -> str:
    return f"You have {most} styles, and a member may have no more. Delete one first."


def grid_too_large(pictures: int, most: int) -> str:
    return f"That would be {count(pictures)} pictures, and a grid has at most {most}."


def too_many_seeds(seeds: int, most: int) -> str:
    return f"That would be {count(seeds)} seeds, and a grid has at most {most}."


def no_seeds(text: str) -> str:
    return f"“{text[:40]}” is not a list of seeds. Write 1-8, or 1,5,9."


def seeds_repeat(text: str) -> str:
    return f"“{text[:40]}” has a seed twice, or a range that ends before it begins."
