"""Choose how large a picture is painted, within the limits of its bundle and of the operator."""

import math
from dataclasses import astuple, dataclass
from typing import Any

from engine.messages.spec import BundleInfo, SpecError

_MOST_ASPECT = 10000.0
_CROPPED = 1.05  # a larger difference in aspect loses enough of the picture for a note


@dataclass(frozen=True, slots=True, kw_only=True)
class InitSize:
    """The size of the picture that a run starts from."""

    width: int  # pixels
    height: int  # pixels
    painted: bool = False  # Faraday painted it, at this very size


@dataclass(frozen=True, slots=True, kw_only=True)
class Aspect:
    """A shape, such as 16:9, instead of a size: it is painted with about as many pixels as usual."""

    width: float
    height: float


def check_size(size: Any) -> None:
    """Raise :class:`SpecError` unless ``size`` is a width and a height of at least 1 pixel, or a shape."""
    if isinstance(size, Aspect):
        if not (min(size.width, size.height) > 0 and max(size.width, size.height) <= _MOST_ASPECT):
            raise SpecError("A shape is two numbers above 0, for example: 16:9")
        return
    if not (isinstance(size, tuple) and len(size) == 2 and all(type(side) is int and side >= 1 for side in size)):
        raise SpecError(no_size("x".join(map(str, size)) if isinstance(size, tuple) else str(size)))


def no_size(text: str) -> str:
    """Return the sentence that refuses ``text`` as a size."""
    return f"“{text[:40]}” is not a size. Write width x height in pixels, for example: 256x256"


def chosen(
    wanted: tuple[int, int] | Aspect | None, info: BundleInfo, most: int, init: InitSize | None
) -> tuple[int, int, tuple[str, ...]]:
    """Return the width and height to paint, in pixels, and notes about what was changed.

    ``most`` is the largest area in pixels. Raises :class:`SpecError` for a wanted size beyond it.
    """
    if isinstance(wanted, Aspect):
        pixels = min(most, info.width * info.height)
        wanted = working_size(*astuple(wanted), pixels=pixels, max_pixels=most, f=info.f)
    if wanted is None and init is None:
        return *usual(info, most), ()
    if wanted is None and init is not None:
        if not init.painted or init.width * init.height > most:
            budget = min(most, info.width * info.height)
            return *working_size(init.width, init.height, pixels=budget, max_pixels=most, f=info.f), ()
        wanted = init.width, init.height
    assert wanted is not None
    width, height = info.snap(*wanted)
    check_pixels(width, height, info, most)
    notes = []
    if (width, height) != wanted:
        notes.append(
            f"{told(*wanted)} became {told(width, height)}: "
            f"the sides are multiples of {info.f} px, and at least {2 * info.f}."
        )
    if init is not None and _cropped(init, width, height):
        notes.append(f"The picture was cropped to the shape of {told(width, height)}.")
    return width, height, tuple(notes)


def usual(info: BundleInfo, most: int) -> tuple[int, int]:
    """Return the bundle's own size, or a smaller one of its shape if that has more than ``most`` pixels."""
    if info.width * info.height <= most:
        return info.width, info.height
    return working_size(info.width, info.height, pixels=most, max_pixels=most, f=info.f)


def working_size(width: float, height: float, *, pixels: int, max_pixels: int, f: int) -> tuple[int, int]:
    """Return the size near ``pixels`` in area and near ``width``:``height`` in aspect, in multiples of ``f``.

    Each side is at least 2 f, and the area at most ``max_pixels`` if the aspect allows both.
    """
    scale = math.sqrt(pixels / (width * height))
    sides = [max(2, round(side * scale / f)) for side in (width, height)]
    while sides[0] * sides[1] * f * f > max_pixels and max(sides) > 2:
        sides[sides.index(max(sides))] -= 1
    return sides[0] * f, sides[1] * f


def check_pixels(width: int, height: int, info: BundleInfo, most: int) -> None:
    """Raise :class:`SpecError` for more than ``most`` pixels."""
    if width * height > most:
        example = working_size(width, height, pixels=most, max_pixels=most, f=info.f)
        raise SpecError(
            f"{told(width, height)} px are {width * height:,} pixels in all, and the bundle {info.name} paints up to "
            f"{most:,} here, for example {example[0]}x{example[1]}."
        )


def told(width: int, height: int) -> str:
    """Return a size as people read it."""
    return f"{width}×{height}"


def _cropped(init: InitSize, width: int, height: int) -> bool:
    ratio = (init.width / init.height) / (width / height)
    return max(ratio, 1 / ratio) > _CROPPED
