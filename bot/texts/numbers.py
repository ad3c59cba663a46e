"""Format numbers, sizes and times. Only this module knows the format, so a translation changes it here."""

import time
from datetime import datetime


def count(number: int) -> str:
    """Return a number as ``16,384``."""
    return f"{number:,}"


def counted(number: int, one: str, several: str) -> str:
    """Return ``1 picture`` or ``1,200 pictures``."""
    return f"{count(number)} {one if number == 1 else several}"


def decimal(number: float, digits: int) -> str:
    """Return a number with ``digits`` digits after the point."""
    return f"{number:.{digits}f}"


def percent(share: float) -> str:
    """Return a share in [0, 1] as per cent."""
    return f"{share:.0%}"


def size(width: int, height: int) -> str:
    """Return a size in pixels for reading; members type it with an ``x``."""
    return f"{width}×{height}"


def megapixels(pixels: int) -> str:
    """Return the number of megapixels without the unit."""
    return decimal(pixels / 1e6, 0)


def mebibytes(size: int) -> str:
    """Return a size in bytes as MiB."""
    return f"{decimal(size / 2**20, 1)} MiB"


def gibibytes(size: int) -> str:
    """Return a size in bytes as GiB."""
    return f"{decimal(size / 2**30, 1)} GiB"


def seconds(number: float) -> str:
    """Return whole seconds."""
    return f"{decimal(number, 0)} s"


def span(seconds: float) -> str:
    """Return ``1 h 2 min``, ``2 min 3 s`` or ``3 s``."""
    minutes, whole = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {whole} s" if minutes else f"{whole} s"


def soon(seconds: float) -> str:
    """Return a time ``seconds`` from now; Discord shows it in each member's language."""
    return f"<t:{round(time.time() + seconds)}:R>"


def moment(when: datetime) -> str:
    return f"<t:{round(when.timestamp())}:R>"


def date(when: datetime) -> str:
    """Return the date and the time of day."""
    return f"<t:{round(when.timestamp())}:f>"
