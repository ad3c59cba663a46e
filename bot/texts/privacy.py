"""Tell members what Faraday keeps about them, and for how long."""

from collections.abc import Mapping, Sized

from bot.config import StorageSection
from bot.texts.numbers import counted

ASK_ERASE = (
    "I will cancel your waiting and running pictures. I will delete for good your pictures and uploads with their "
    "messages, timelapses and records, and your settings, styles, ratings and reports. "
    "Pictures that others made from yours stay, and so does what moderators decided. For 24 hours I still count how "
    "often you asked and how long I painted, so that the limits hold. "
    "`/privacy export` gives you a copy first.\n**Do you want that?**"
)
NOT_YOURS = "Only the member who asked can press that."
_YOURS = {
    "jobs": "pictures",
    "usage": "erased pictures (times only)",
    "blocks": "blocks",
    "trail": "decisions as a moderator",
}
TOO_MANY = 10  # zips sent at once, so that an interaction's fifteen minutes are enough


def kept(rules: StorageSection, found: Mapping[str, Sized]) -> str:
    """List what is kept and for how many days, then count the member's own rows in ``found``."""
    lines = [
        "**What I keep about you, and for how long**",
        f"- finished pictures: {_days(rules.pictures_days)}",
        f"- pictures and masks that you sent me: {_days(rules.uploads_days)}",
        f"- timelapses, frames, found areas and checkpoints for going on: {_days(rules.frames_days)}",
        "- for each picture: its prompt and settings, your user id, where and when you asked, and how it ended: "
        f"{_days(rules.records_days)}",
        "- your settings, styles and ratings, and the pictures that you reported: until you change or erase them",
        "- what moderators decided: until they take it back",
        "- for each picture that you erased: when and in which server you asked and how long it took, for the limits: "
        "24 hours",
        "Days count from when a picture is done. Messages stay on Discord until they are deleted there.",
        f"Faraday keeps {_counted(found)}.",
        "-# /privacy export gives you a copy, /privacy erase deletes it.",
    ]
    return "\n".join(lines)


def _days(days: int) -> str:
    return counted(days, "day", "days") if days else "until you erase it"


def _counted(found: Mapping[str, Sized]) -> str:
    kept = (f"{len(rows)} of your {_YOURS.get(name, name)}" for name, rows in found.items() if len(rows))
    return ", ".join(kept) or "nothing of yours"


def exported(zips: int, left_out: int) -> str:
    text = "All that I keep about you" + (f", in {zips} files." if zips > 1 else ".")
    if zips > TOO_MANY:
        text += f" These are the first {TOO_MANY}: ask whoever runs me for the rest."
    if left_out:
        text += f" {left_out} are too large for Discord: ask whoever runs me for them."
    return text


def erasing(jobs: int) -> str:
    told = "I deleted your settings, styles, ratings and reports."
    if not jobs:
        return told
    pictures = counted(jobs, "picture", "pictures")
    return f"{told} I am now deleting the messages and files of {pictures}, which can take a while."
