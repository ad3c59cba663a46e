"""The form in which numbers, sizes and times are told; nothing else knows it, so another language needs only another
of these."""

from __future__ import annotations

import time
from datetime import datetime


def count(number: int) -> str:
    """``16,384``."""
    return f"{number:,}"


def counted(number: int, one: str, several: str) -> str:
    """``1 picture``, ``1,200 pictures``."""
    return f"{count(number)} {one if number == 1 else several}"


def decimal(number: float, digits: int) -> str:
    """With so many digits after the point."""
    return f"{number:.{digits}f}"


def percent(share: float) -> str:
    """Of a share in [0, 1]."""
    return f"{share:.0%}"


def size(width: int, height: int) -> str:
    """Of a picture in pixels, to be read; what is typed has an ``x`` between."""
    return f"{width}×{height}"


def megapixels(pixels: int) -> str:
    """The number alone."""
    return decimal(pixels / 1e6, 0)


def mebibytes(size: int) -> str:
    """Of a file."""
    return f"{decimal(size / 2**20, 1)} MiB"


def gibibytes(size: int) -> str:
    """Of a disk."""
    return f"{decimal(size / 2**30, 1)} GiB"


def seconds(number: float) -> str:
    """What a picture took."""
    return f"{decimal(number, 0)} s"


def span(seconds: float) -> str:
    """``1 h 2 min``, ``2 min 3 s`` or ``3 s``."""
    minutes, whole = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {whole} s" if minutes else f"{whole} s"


def soon(seconds: float) -> str:
    """A moment in so many seconds, as everybody's own Discord tells it."""
    return f"<t:{round(time.time() + seconds)}:R>"


def moment(when: datetime) -> str:
    return f"<t:{round(when.timestamp())}:R>"


def date(when: datetime) -> str:
    """With the time of day."""
    return f"<t:{round(when.timestamp())}:f>"
