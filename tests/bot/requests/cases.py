"""Requests that every door can express: sound ones, faults, and the same words as people type and paste them."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from bot.domain.job import Kind
from bot.words import values
from engine.messages import Preset, Ready, Vocabulary, settings
from tests.infos import small
from tests.ordinary import PHRASES

WORDS = "a red blue car house at night in the rain fog picture of watercolor oil painting pixel art fox dog"
INFO = small(
    vocabulary=Vocabulary(words=tuple(WORDS.split())),
    choices=(("optimisers", ("adam", "adamw")),),
    perceptors=2,
    presets=(
        Preset(name="weather", title="W", values=(("strength", 1.0), ("iterations", 400), ("learning_rate", 0.15))),
        Preset(name="replace", title="R", values=(("strength", 1.0), ("region_threshold", 2.0))),
    ),
)
READY = Ready(device="cpu", bundles=(INFO,), threads=1, cores=4)
SIZES = [(400, 400), (64, 64), (33, 97), (300, 120), (128, 96)]
OWN = ("seed", "size", "iterations", "strength", "bundle", "style", "preset")  # with an option at some door


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request, in terms that every door can express."""

    prompt: str
    own: dict[str, Any]
    more: dict[str, Any] = field(default_factory=dict)
    upload: tuple[int, int] | None = None
    mask: bytes | None = None
    image_prompts: tuple[bytes, ...] = ()
    dash: str = "--"  # what a phone makes of the two hyphens
    paste: str = "{}"  # what stands around the words

    @property
    def kind(self) -> Kind:
        return Kind.IMAGINE if self.upload is None else Kind.EDIT

    @property
    def image(self) -> bytes | None:
        return None if self.upload is None else png(Image.linear_gradient("L").resize(self.upload).convert("RGB"))

    def typed(self, *names: str) -> str:
        """Return the prompt with these settings after it, and all of ``more``, as it is typed or pasted."""
        texts = {name: str(value) for name, value in self.own.items() if name in names}
        if "size" in texts:
            texts["size"] = "x".join(map(str, self.own["size"]))
        shown = {
            name: settings()[name].show(value) if name in settings() else value for name, value in self.more.items()
        }
        given = [values.option(name, str(text)) for name, text in {**texts, **shown}.items()]
        return self.paste.format(" ".join([self.prompt, *(f"{self.dash}{one.removeprefix('--')}" for one in given)]))


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def a_mask(size: tuple[int, int], colour: str = "white") -> bytes:
    mask = Image.new("RGB", size, "black")
    mask.paste(colour, (0, 0, size[0] // 2 + 1, size[1]))
    return png(mask)


def sound(draw: random.Random) -> Case:
    """A request that can be painted."""
    upload = draw.choice([None, *SIZES])
    own = {
        "seed": draw.randrange(2**32),
        "size": draw.choice([None, None, (64, 96), (130, 61), (256, 256), (8, 300)]),
        "iterations": draw.choice([None, 1, 7, 2000]),
        "strength": draw.choice([None, 0.0, 0.25, 1.0]),
        "bundle": draw.choice([None, "starter"]),
        "style": draw.choice([None, None, "oil", "Pixel-Art", "none"]),
        "preset": draw.choice([None, None, "weather", "none"]),
    }
    more: dict[str, Any] = {
        "cutouts": draw.choice([None, 8]),
        "optimiser": draw.choice([None, "adamw"]),
        "precision": draw.choice([None, "bf16"]),
        "threads": draw.choice([None, 3, 64]),
        "noise_seeds": draw.choice([None, (1, 2)]),
        "ema": draw.choice([None, 0.5]),
    }
    guides = tuple(png(Image.new("RGB", (20, 20), colour)) for colour in ("red", "blue")[: draw.choice([0, 0, 1, 2])])
    mask = None
    match draw.choice(["plain", "mask", "replace", "larger"]) if upload else "plain":
        case "mask":
            assert upload
            mask = a_mask(upload)
        case "replace":
            more["replace"] = "a dog"
        case "larger":
            more["upscale"], guides = draw.choice([2, 4]), ()
            own["size"] = None
    if guides:
        more["image_weights"] = draw.choice([None, (0.5, -1.0)[: len(guides)]])
    return Case(
        prompt=draw.choice(
            ["a red car", "a blue house at night | fog:0.5", "a car ~2 ^ a fox", "a red zeppelin in rain"]
        ),
        own={name: value for name, value in own.items() if value is not None},
        more={name: value for name, value in more.items() if value is not None},
        upload=upload,
        mask=mask,
        image_prompts=guides,
    )


DASHES = ("--", "—", "–", "−", "-", "――")
BRACKET = "[weights 1a2b3c4d5e6f, fp32, 3 threads, cpu, faraday 1.0]"
PASTED = (
    f"{{}} {BRACKET}",
    f"```{{}} {BRACKET}```",
    f"```\n{{}} {BRACKET}\n```",
    f"<@1> **a red car**\n-# 128×96 px · 20 iterations\n```\n{{}} {BRACKET}\n```\n-# Or reply “.edit”",
    f"Ada a red car\n128×96 px · 20 iterations\n{{}} {BRACKET}\nOr reply .edit and what should change",
)
"""A recipe by itself, and as "Copy text" and people's own fences give it. Its bracket names three more settings."""


def typed_on_a_phone(case: Case, draw: random.Random) -> Case:
    """Return the same request with another dash before its settings."""
    return replace(case, dash=draw.choice(DASHES))


def pasted(case: Case, draw: random.Random) -> Case:
    """Return a recipe that was pasted, which is of no style and of the arithmetic in its bracket."""
    more = {**case.more, "precision": "fp32", "threads": 3}
    return replace(case, own={**case.own, "style": "none"}, more=more, paste=draw.choice(PASTED))


def in_ordinary_words(case: Case, draw: random.Random) -> Case:
    """Return the same request for a picture of an ordinary phrase that looks like syntax."""
    return replace(case, prompt=draw.choice(PHRASES))


def set_own(**changes: Any) -> Callable[[Case], Case]:
    return lambda case: replace(case, own={**case.own, **changes})


def set_more(**changes: Any) -> Callable[[Case], Case]:
    return lambda case: replace(case, more={**case.more, **changes})


FAULTS: list[Callable[[Case], Case]] = [
    set_own(seed=-2),
    set_own(seed=2**64),
    set_own(iterations=0),
    set_own(iterations=2001),
    set_own(strength=1.5),
    set_own(size=(4000, 4000)),
    set_own(size=(0, 64)),
    set_own(style="watercolr"),
    set_own(preset="wether"),
    set_own(bundle="nowhere"),
    set_more(cutouts=0),
    set_more(cutouts=2000),
    set_more(optimiser="sgd"),
    set_more(precision="fp16"),
    set_more(threads=0),
    set_more(ema=1.5),
    set_more(perceptor_weights=(1.0,)),
    set_more(noise_seeds=(1,), noise_weights=(1.0, 2.0)),
    set_more(image_weights=(1.0, 1.0, 1.0)),
    set_more(cutuots=3),
    lambda case: replace(case, prompt="", more={}),
    lambda case: replace(case, prompt="fog:-1", more={}, own={**case.own, "style": "none"}),
    lambda case: replace(case, prompt="a car " * 700),
    lambda case: replace(case, prompt="a zeppelin", own={**case.own, "style": "none"}),
    lambda case: replace(case, upload=None, more={"replace": "a dog"}, mask=None),
    lambda case: replace(case, upload=None, more={"upscale": 2}, mask=None),
    lambda case: replace(case, upload=None, more={}, mask=a_mask((64, 64))),
    lambda case: replace(case, upload=(64, 64), more={}, mask=a_mask((128, 64))),
    lambda case: replace(case, upload=(64, 64), more={}, mask=a_mask((64, 64), "red")),
    lambda case: replace(case, upload=(64, 64), more={}, mask=a_mask((64, 64), "black")),
    lambda case: replace(case, upload=(64, 64), more={"upscale": 2}, mask=a_mask((64, 64)), own={"seed": 1}),
    lambda case: replace(case, upload=(64, 64), more={"upscale": 2, "replace": "a dog"}, mask=None, own={"seed": 1}),
    lambda case: replace(
        case, upload=(256, 256), more={"upscale": 4}, mask=None, own={"seed": 1, "size": (2048, 2048)}
    ),
]
