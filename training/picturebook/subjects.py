"""The subjects of scenes, each drawn from its base line upwards: simple, big, and as a child would draw them."""

import math
from collections.abc import Callable

from PIL import ImageDraw

from training.picturebook.words import RGB

Drawer = Callable[[ImageDraw.ImageDraw, float, float, float, RGB, float], None]
"""(canvas, x of the middle, y of the base, width w, colour, light), all lengths in pixels, light 0 to 1."""


def tint(colour: RGB, light: float) -> RGB:
    """Return the colour times `light`, at most white."""
    r, g, b = (min(255, int(c * light)) for c in colour)
    return r, g, b


def _shade(colour: RGB) -> RGB:
    """Return a darker tone, or a lighter one for a colour that is dark already."""
    if sum(colour) < 150:
        return colour[0] + 50, colour[1] + 50, colour[2] + 54
    return tint(colour, 0.62)


def draw_house(draw: ImageDraw.ImageDraw, x: float, y: float, w: float, colour: RGB, light: float) -> None:
    w *= 0.9
    h = 0.5 * w
    draw.rectangle((x - 0.4 * w, y - h, x + 0.4 * w, y), fill=colour)
    draw.polygon([(x - 0.5 * w, y - h), (x, y - 1.0 * w), (x + 0.5 * w, y - h)], fill=_shade(colour))
    draw.rectangle((x - 0.1 * w, y - 0.3 * w, x + 0.1 * w, y), fill=tint((90, 52, 28), light))
    for side in (-0.26, 0.26):
        window = (x + (side - 0.08) * w, y - 0.4 * w, x + (side + 0.08) * w, y - 0.24 * w)
        draw.rectangle(window, fill=(255, 240, 150), outline=tint((60, 60, 60), light), width=max(1, int(0.02 * w)))


def draw_tree(draw: ImageDraw.ImageDraw, x: float, y: float, w: float, colour: RGB, light: float) -> None:
    w *= 0.84
    draw.rectangle((x - 0.08 * w, y - 0.5 * w, x + 0.08 * w, y + 0.02 * w), fill=tint((112, 66, 30), light))
    for dx, dy, r in ((-0.23, 0.62, 0.24), (0.23, 0.62, 0.24), (0.0, 0.86, 0.27), (0.0, 0.6, 0.24)):
        cx, cy = x + dx * w, y - dy * w
        draw.ellipse((cx - r * w, cy - r * w, cx + r * w, cy + r * w), fill=colour)


def draw_car(draw: ImageDraw.ImageDraw, x: float, y: float, w: float, colour: RGB, light: float) -> None:
    cabin = [(-0.28, 0.3), (-0.16, 0.52), (0.16, 0.52), (0.3, 0.3)]
    draw.polygon([(x + px * w, y - py * w) for px, py in cabin], fill=colour)
    draw.rounded_rectangle((x - 0.5 * w, y - 0.34 * w, x + 0.5 * w, y - 0.09 * w), radius=0.08 * w, fill=colour)
    glass = tint((198, 230, 250), light)
    rear = ((-0.2, 0.33), (-0.12, 0.47), (-0.02, 0.47), (-0.02, 0.33))
    front = ((0.03, 0.33), (0.03, 0.47), (0.13, 0.47), (0.21, 0.33))
    for pane in (rear, front):
        draw.polygon([(x + px * w, y - py * w) for px, py in pane], fill=glass)
    _draw_wheels(draw, x, y, w, (-0.27, 0.27), 0.115)


def draw_bus(draw: ImageDraw.ImageDraw, x: float, y: float, w: float, colour: RGB, light: float) -> None:
    w *= 1.05
    draw.rounded_rectangle((x - 0.5 * w, y - 0.62 * w, x + 0.5 * w, y - 0.07 * w), radius=0.05 * w, fill=colour)
    glass = tint((206, 234, 250), light)
    for i in range(4):
        left = x + (-0.44 + 0.225 * i) * w
        draw.rectangle((left, y - 0.54 * w, left + 0.18 * w, y - 0.34 * w), fill=glass)
    draw.rectangle((x - 0.5 * w, y - 0.25 * w, x + 0.5 * w, y - 0.22 * w), fill=_shade(colour))
    _draw_wheels(draw, x, y, w, (-0.3, 0.3), 0.1)


def draw_boat(draw: ImageDraw.ImageDraw, x: float, y: float, w: float, colour: RGB, light: float) -> None:
    w *= 0.95
    hull = [(-0.5, 0.26), (0.5, 0.26), (0.34, 0.0), (-0.34, 0.0)]
    draw.rectangle((x - 0.02 * w, y - 0.9 * w, x + 0.02 * w, y - 0.2 * w), fill=tint((80, 48, 24), light))
    sail = tint((252, 250, 240), light)
    draw.polygon([(x + 0.04 * w, y - 0.9 * w), (x + 0.44 * w, y - 0.32 * w), (x + 0.04 * w, y - 0.32 * w)], fill=sail)
    draw.polygon([(x - 0.04 * w, y - 0.8 * w), (x - 0.34 * w, y - 0.32 * w), (x - 0.04 * w, y - 0.32 * w)], fill=sail)
    draw.polygon([(x + px * w, y - py * w) for px, py in hull], fill=colour)


def draw_flower(draw: ImageDraw.ImageDraw, x: float, y: float, w: float, colour: RGB, light: float) -> None:
    w *= 0.92
    stem = tint((30, 120, 40), light)
    centre = y - 0.68 * w
    draw.rectangle((x - 0.035 * w, centre, x + 0.035 * w, y + 0.04 * w), fill=stem)
    for side in (-1, 1):
        leaf = [(0.0, 0.04), (0.26, 0.2), (0.1, 0.0)]
        draw.polygon([(x + side * px * w, y - py * w) for px, py in leaf], fill=stem)
    for i in range(6):
        a = math.pi / 3 * i
        cx, cy, r = x + 0.25 * w * math.cos(a), centre + 0.25 * w * math.sin(a), 0.165 * w
        draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=colour)
    middle = (250, 214, 40) if min(colour[0], colour[1]) < 200 or colour[2] > 180 else (150, 84, 24)
    draw.ellipse((x - 0.14 * w, centre - 0.14 * w, x + 0.14 * w, centre + 0.14 * w), fill=tint(middle, light))


def draw_balloon(draw: ImageDraw.ImageDraw, x: float, y: float, w: float, colour: RGB, light: float) -> None:
    w *= 0.86
    rope = tint((80, 60, 40), light)
    top = y - 1.12 * w
    for side in (-1, 1):
        line = (x + side * 0.22 * w, top + 0.72 * w, x + side * 0.09 * w, y - 0.16 * w)
        draw.line(line, fill=rope, width=max(1, int(0.025 * w)))
    draw.ellipse((x - 0.42 * w, top, x + 0.42 * w, top + 0.8 * w), fill=colour)
    skirt = ((-0.36, 0.58), (0.36, 0.58), (0.12, 0.9), (-0.12, 0.9))
    draw.polygon([(x + px * w, top + py * w) for px, py in skirt], fill=colour)
    draw.ellipse((x - 0.15 * w, top, x + 0.15 * w, top + 0.86 * w), fill=_shade(colour))
    draw.rectangle((x - 0.12 * w, y - 0.17 * w, x + 0.12 * w, y), fill=tint((140, 88, 40), light))


def draw_cat(draw: ImageDraw.ImageDraw, x: float, y: float, w: float, colour: RGB, light: float) -> None:
    """Draw a cat that sits and looks at us, its tail around its right side."""
    w *= 0.96
    shade = _shade(colour)

    def oval(cx: float, cy: float, rx: float, ry: float, fill: RGB) -> None:
        box = (x + (cx - rx) * w, y - (cy + ry) * w, x + (cx + rx) * w, y - (cy - ry) * w)
        draw.ellipse(box, fill=fill)

    def stroke(points: list[tuple[float, float]], fill: RGB, width: float) -> None:
        line = [(x + px * w, y - py * w) for px, py in points]
        draw.line(line, fill=fill, width=max(1, round(width * w)), joint="curve")

    tail = [(0.2, 0.05), (0.36, 0.06), (0.44, 0.16), (0.43, 0.3), (0.37, 0.38)]
    stroke(tail, colour, 0.1)
    oval(0.37, 0.38, 0.05, 0.05, colour)
    oval(0.0, 0.24, 0.27, 0.28, colour)
    for side in (-1, 1):
        stroke([(side * 0.07, 0.02), (side * 0.07, 0.22)], shade, 0.025)
        for height, base, fill in ((0.98, 0.0, colour), (0.9, 0.04, (244, 170, 180))):
            ear = ((0.3 - base, 0.62), (0.27 - base / 2, height), (0.04 + base, 0.76))
            draw.polygon([(x + side * px * w, y - py * w) for px, py in ear], fill=fill)
    oval(0.0, 0.6, 0.335, 0.265, shade)
    oval(0.0, 0.61, 0.32, 0.25, colour)
    whiskers = (250, 250, 250) if sum(colour) < 330 else (50, 44, 44)
    for side in (-1, 1):
        oval(side * 0.13, 0.65, 0.075, 0.08, tint((252, 252, 230), light))
        oval(side * 0.12, 0.645, 0.042, 0.06, (16, 16, 18))
        for rise in (0.04, -0.05):
            stroke([(side * 0.13, 0.53), (side * 0.42, 0.53 + rise)], whiskers, 0.022)
    oval(0.0, 0.55, 0.045, 0.033, tint((240, 110, 130), light))
    stroke([(0.0, 0.53), (0.0, 0.48)], whiskers, 0.022)
    stroke([(-0.07, 0.47), (0.0, 0.45), (0.07, 0.47)], whiskers, 0.022)


def _draw_wheels(
    draw: ImageDraw.ImageDraw, x: float, y: float, w: float, places: tuple[float, ...], radius: float
) -> None:
    for place in places:
        cx, cy = x + place * w, y - radius * w
        for r, grey in ((radius, 24), (0.45 * radius, 190)):
            draw.ellipse((cx - r * w, cy - r * w, cx + r * w, cy + r * w), fill=(grey, grey, grey))


SUBJECT_DRAWERS: dict[str, Drawer] = {
    "house": draw_house,
    "tree": draw_tree,
    "car": draw_car,
    "bus": draw_bus,
    "boat": draw_boat,
    "flower": draw_flower,
    "balloon": draw_balloon,
    "cat": draw_cat,
}
