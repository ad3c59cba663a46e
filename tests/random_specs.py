"""Random specs, every setting of the engine's table drawn by its limit: a new setting is drawn without a word here."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from engine.messages import Spec, defaults, settings
from engine.messages.limits import Choices, EnumMember, Limit, Many, Name, Real, TermText, Text, Whole

_CHARACTERS = st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"))
_WORD = st.text(_CHARACTERS, min_size=1, max_size=8)
_TYPED = st.sampled_from(
    ["seed 3", "--seed 3", "strength 1", "--", "--cutouts", "[weights 1a, x]", '"', "size 8x8", ","]
)
PHRASES = st.lists(_WORD | _TYPED, min_size=1, max_size=5).map(" ".join)
_PROMPTS = st.lists(
    st.sampled_from(["a red car", "fog:0.5", "a car | night:-1", "car:1:0.4", "a ~2 ^ b:2", "c; d"])
    | PHRASES.map("x ".__add__),
    min_size=1,
    max_size=3,
).map(" | ".join)


CHOICES: Choices = {
    "augmentations": ("crop", "noise"),
    "counts": ("constant", "rising"),
    "decays": ("constant", "paper"),
    "latents": ("straight-through", "codebook"),
    "losses": ("l2", "tv-z"),
    "optimisers": ("adam", "adamw"),
    "rates": ("constant", "step"),
    "reductions": ("sum", "mean"),
}
"""For tests of the bot, which knows the engine's tables only from an engine."""


def within(limit: Limit, choices: Choices) -> st.SearchStrategy[Any]:
    """Values that ``limit`` holds."""
    match limit:
        case Whole(low=low, high=high):
            return st.integers(low, high)
        case Real(low=low, high=high):
            return st.floats(low, high)
        case EnumMember(enum=enum):
            return st.sampled_from(enum)
        case Name(table=table):
            return st.sampled_from(choices[table])
        case TermText():
            schedules = st.sampled_from(["", *(f":{name}" for name in choices["decays"])])
            return st.builds("{}:{!r}{}".format, st.sampled_from(choices["losses"]), st.floats(0, 1000), schedules)
        case Text():
            return PHRASES
        case Many(each=each, most=most):
            return st.lists(within(each, choices), min_size=1, max_size=most).map(tuple)
        case _:
            raise AssertionError(f"no values are known for {limit}")


@st.composite
def sound_specs(draw: st.DrawFn, choices: Choices = CHOICES) -> Spec:
    """Every setting as usual or anything that its limit holds, of one size."""
    values = {
        name: default if draw(st.booleans()) else draw(within(settings()[name], choices))
        for name, default in defaults().items()
        if name not in ("image_weights", "noise_weights", "perceptor_weights", "upscale")
    }
    values["noise_weights"] = tuple(0.5 * i - 1 for i in range(len(values["noise_seeds"])))  # type: ignore[arg-type]
    values["upscale"] = draw(st.sampled_from([1, 2]))
    return Spec(
        prompt=draw(_PROMPTS),
        bundle="starter",
        width=128,
        height=96,
        iterations=draw(st.integers(1, 2000)),
        seed=draw(st.integers(0, 2**32 - 1)),
        **values,  # type: ignore[arg-type]
    )
