"""The words of the picture book: what can be drawn, in which colours, and how each thing is called."""

from typing import Final

RGB = tuple[int, int, int]

COLOURS: Final[dict[str, RGB]] = {
    "red": (220, 28, 32),
    "orange": (248, 134, 16),
    "yellow": (250, 220, 36),
    "green": (28, 150, 52),
    "turquoise": (44, 200, 206),
    "blue": (28, 72, 214),
    "purple": (122, 36, 166),
    "pink": (250, 132, 190),
    "brown": (124, 74, 32),
    "black": (22, 20, 24),
    "gray": (132, 134, 138),
    "white": (248, 248, 248),
}
"""Name to sRGB, 0 to 255."""

COLOUR_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "turquoise": ("turquoise", "cyan"),
    "purple": ("purple", "violet"),
    "gray": ("gray", "grey"),
}
"""Further names of a colour; a colour not listed has its own name alone."""

SHAPES: Final = ("circle", "square", "triangle", "star", "heart", "diamond", "ring", "cross")
SUBJECTS: Final = ("house", "tree", "car", "bus", "boat", "flower", "balloon", "cat")
THINGS: Final = SHAPES + SUBJECTS

THING_WORDS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "circle": (("circle", "circles"), ("circle", "circles"), ("disc", "discs")),
    "square": (("square", "squares"),),
    "triangle": (("triangle", "triangles"),),
    "star": (("star", "stars"),),
    "heart": (("heart", "hearts"),),
    "diamond": (("diamond", "diamonds"), ("diamond", "diamonds"), ("rhombus", "rhombuses")),
    "ring": (("ring", "rings"), ("ring", "rings"), ("donut", "donuts")),
    "cross": (("cross", "crosses"), ("cross", "crosses"), ("plus", "pluses")),
    "house": (("house", "houses"), ("house", "houses"), ("cottage", "cottages")),
    "tree": (("tree", "trees"),),
    "car": (("car", "cars"), ("car", "cars"), ("automobile", "automobiles")),
    "bus": (("bus", "buses"),),
    "boat": (("boat", "boats"), ("boat", "boats"), ("ship", "ships"), ("sailboat", "sailboats")),
    "flower": (("flower", "flowers"),),
    "balloon": (("balloon", "balloons"), ("hot air balloon", "hot air balloons")),
    "cat": (("cat", "cats"), ("cat", "cats"), ("kitten", "kittens"), ("kitty", "kitties")),
}
"""(singular, plural) of each thing; a pair listed twice is said twice as often."""

WEATHERS: Final = ("day", "cloudy", "night", "sunset", "rain", "snow")
WEATHER_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "day": ("on a sunny day", "in the sunshine", "under a blue sky", "at day", "in the sun"),
    "cloudy": ("on a cloudy day", "under a cloudy sky", "under clouds"),
    "night": ("at night", "at night", "under a night sky", "under the moon", "in a starry night", "under the stars"),
    "sunset": ("at sunset", "in the evening", "under an orange sky", "at dusk", "during sunset"),
    "rain": ("in the rain", "on a rainy day", "in rainy weather"),
    "snow": ("in falling snow", "while it is snowing", "in a snowfall", "in a snowstorm"),
}
WEATHER_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "day": ("sunny", "sunny day", "sunshine", "blue sky", "daytime"),
    "cloudy": ("cloudy", "cloudy sky", "clouds", "overcast"),
    "night": ("night", "night", "starry night", "starry sky", "night sky", "moonlight"),
    "sunset": ("sunset", "sunset", "evening", "dusk", "orange sky"),
    "rain": ("rain", "rainy", "raining", "rainy day"),
    "snow": ("snowing", "falling snow", "snowfall", "snowstorm"),
}
"""A weather said by itself, in lists and fragments."""

GROUNDS: Final = ("grass", "desert", "sea", "snowfield", "road")
GROUND_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "grass": ("on grass", "on a green meadow", "in a green field", "on a lawn", "in a meadow"),
    "desert": ("in the desert", "on sand", "in a sandy desert", "on the beach", "on sand dunes"),
    "sea": ("on the sea", "at sea", "on the water", "on the ocean"),
    "snowfield": ("on snowy ground", "on white snow", "on a field of snow", "in winter", "in a winter landscape"),
    "road": ("on a road", "on the street", "on asphalt"),
}
GROUND_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "grass": ("meadow", "grass", "lawn", "green field"),
    "desert": ("desert", "sand", "beach", "dunes"),
    "sea": ("sea", "ocean", "water"),
    "snowfield": ("snowy field", "winter", "snowy ground", "winter landscape"),
    "road": ("road", "street", "asphalt"),
}
"""A ground said by itself, in lists and fragments."""

STYLES: Final = ("plain", "watercolor", "pixel art", "charcoal", "oil painting")
STYLE_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "plain": ("", "", "", "", "a picture of ", "a drawing of ", "an illustration of ", "an image of "),
    "watercolor": ("a watercolor of ", "a watercolor painting of ", "a watercolour of ", "{}, watercolor"),
    "pixel art": ("pixel art of ", "a pixel art picture of ", "8 bit pixel art of ", "{}, pixel art"),
    "charcoal": ("a charcoal drawing of ", "charcoal sketch of ", "a charcoal of ", "{}, charcoal"),
    "oil painting": ("an oil painting of ", "oil painting of ", "a painting in oil of ", "{}, oil painting"),
}
STYLE_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "plain": (),
    "watercolor": ("watercolor", "watercolor", "watercolour", "watercolor painting"),
    "pixel art": ("pixel art", "pixel art", "8 bit pixel art", "pixelated"),
    "charcoal": ("charcoal", "charcoal drawing", "charcoal sketch"),
    "oil painting": ("oil painting", "oil painting", "painted in oil", "oil on canvas"),
}
"""A style said by itself, in lists and fragments."""
UNCOUNTED: Final = ("pixel art", "8 bit pixel art", "pixelated", "charcoal", "painted in oil", "oil on canvas")
"""Names of styles that have no "a" before them."""

MATERIALS: Final = ("solid", "wooden", "striped", "dotted")
MATERIAL_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "wooden": ("wooden", "wooden", "{} made of wood", "{} of wooden planks"),
    "striped": ("striped", "striped", "stripy", "{} with stripes"),
    "dotted": ("dotted", "polka dot", "spotted", "{} with dots", "{} with polka dots"),
}
"""Before the colour, or around the whole; "solid" is said by saying nothing."""
MATERIAL_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "wooden": ("wooden", "made of wood", "wood texture"),
    "striped": ("striped", "stripes"),
    "dotted": ("dotted", "polka dots"),
}

SIZES: Final = ("middle", "small", "large")
SIZE_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "middle": ("",),
    "small": ("small", "little", "tiny"),
    "large": ("large", "big", "huge"),
}

PLACES: Final = ("centre", "left", "right", "top", "bottom")
PLACE_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "centre": ("", "", "", "in the middle", "in the center"),
    "left": ("on the left", "on the left side"),
    "right": ("on the right", "on the right side"),
    "top": ("at the top", "in the upper part"),
    "bottom": ("at the bottom", "in the lower part"),
}

RELATIONS: Final = ("none", "left of", "right of", "above", "below")
RELATION_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "left of": ("to the left of", "left of"),
    "right of": ("to the right of", "right of"),
    "above": ("above", "over", "on top of"),
    "below": ("below", "under"),
}

COUNT_WORDS: Final = {2: ("two", "2"), 3: ("three", "3"), 4: ("four", "4")}
