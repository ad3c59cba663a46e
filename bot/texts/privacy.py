"""What members read about what is kept of them: pure functions, as in :mod:`bot.texts.card`."""

from __future__ import annotations

from collections.abc import Mapping, Sized

from bot.config import StorageSection
from bot.texts.numbers import counted

ASK_ERASE = (
    "I shall cancel what you have waiting or running, and delete for good: your pictures and uploads with their "
    "messages and timelapses, the record of each, your settings, styles, ratings and reports. "
    "Pictures that others made from yours stay, and what moderators decided. For 24 hours I still count how often "
    "you asked for a picture, and for how long I painted, so that the limits hold; not what it was. "
    "`/privacy export` gives you a copy first.\n**Do you want that?**"
)
NOT_YOURS = "Only whoever asked for it can press that."
TOO_MANY = 10  # zips sent at once, so that an interaction's fifteen minutes are enough


def kept(rules: StorageSection, found: Mapping[str, Sized]) -> str:
    """The rules of the configuration, and how much there is of the member now."""
    lines = [
        "**What I keep of you, and for how long**",
        f"- finished pictures: {_days(rules.pictures_days)}",
        f"- pictures that you gave me to start from or to be guided by, and masks: {_days(rules.uploads_days)}",
        f"- timelapses, frames, where words were found, and what a run can go on from: {_days(rules.frames_days)}",
        "- of each picture its prompt and settings, your user id, where and when you asked, and what became of it: "
        f"{_days(rules.records_days)}",
        "- your settings, styles and ratings, and the pictures that you reported: until you change or erase them",
        "- what moderators decided: until they take it back",
        "- of pictures that you erased, when and in which server you asked and how long they took, for the limits: "
        "24 hours",
        "Days count from when a picture is done. Messages stay on Discord until they are deleted there.",
        f"Of you there are now: {_counted(found)}.",
        "-# /privacy export gives you a copy, /privacy erase deletes it.",
    ]
    return "\n".join(lines)


def _days(days: int) -> str:
    return counted(days, "day", "days") if days else "until you erase it"


def _counted(found: Mapping[str, Sized]) -> str:
    return ", ".join(f"{len(rows)} {name}" for name, rows in found.items() if len(rows)) or "nothing"


def exported(zips: int, left_out: int) -> str:
    text = "All that I keep of you" + (f", in {zips} files." if zips > 1 else ".")
    if zips > TOO_MANY:
        text += f" I send the first {TOO_MANY}; whoever runs me can give you all of it."
    if left_out:
        text += f" {left_out} larger than Discord takes are left out and can be had from whoever runs me."
    return text


def erasing(jobs: int) -> str:
    told = "Forgotten: your settings, styles, ratings and reports."
    if not jobs:
        return told
    pictures = counted(jobs, "picture", "pictures")
    return f"{told} I am deleting the messages and files of {pictures}, which can take a while."
