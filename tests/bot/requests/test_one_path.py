"""Every door makes the same spec of the same request, or refuses it with the same words.

The doors are a command's options, a message's text, the command line and :func:`engine.generate`.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from PIL import Image
from typer.testing import CliRunner

import bot.cli.output
import engine.api
from bot.cli.app import app
from bot.cli.output import OutputPlan
from bot.cli.terminal import explained
from bot.components import options
from bot.config import Config
from bot.database.connection import Database
from bot.domain.job import Kind
from bot.domain.place import Asker, Place
from bot.domain.setting import Scope, Values
from bot.errors import UserError
from bot.members.defaults import Wishes
from bot.members.settings import SettingsStore
from bot.members.styles import StyleStore
from bot.requests.request import Request, Upload
from bot.requests.submit import Submitter
from bot.words import prompts
from bot.words.prompts import parse, with_options
from engine.messages import Preset, Ready, Spec, Vocabulary, settings
from tests.infos import small

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
CONFIG = Config.model_validate({"limits": {"max_cutouts": 1024, "max_prompt_chars": 4000}})
SIZES = [(400, 400), (64, 64), (33, 97), (300, 120), (128, 96)]
OWN = ("seed", "size", "iterations", "strength", "bundle", "style", "preset")  # with an option at some door

Outcome = tuple[Spec, bytes | None, bytes | None] | str
"""A spec with the pixels of the init image and the mask, or a refusal."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request, in terms that every door can express."""

    prompt: str
    own: dict[str, Any]
    more: dict[str, Any] = field(default_factory=dict)
    upload: tuple[int, int] | None = None
    mask: bytes | None = None
    image_prompts: tuple[bytes, ...] = ()

    @property
    def kind(self) -> Kind:
        return Kind.IMAGINE if self.upload is None else Kind.EDIT

    @property
    def image(self) -> bytes | None:
        return None if self.upload is None else png(Image.linear_gradient("L").resize(self.upload).convert("RGB"))

    def typed(self, *names: str) -> str:
        """The prompt with these settings after it, and all of ``more``."""
        texts = {name: str(value) for name, value in self.own.items() if name in names}
        if "size" in texts:
            texts["size"] = "x".join(map(str, self.own["size"]))
        shown = {
            name: settings()[name].show(value) if name in settings() else value for name, value in self.more.items()
        }
        return " ".join([self.prompt, *(prompts.option(name, str(text)) for name, text in {**texts, **shown}.items())])


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def pixels(encoded: bytes | None) -> bytes | None:
    if encoded is None:
        return None
    with Image.open(io.BytesIO(encoded)) as image:
        return image.convert("RGBA").tobytes() + bytes(str(image.size), "ascii")


def a_mask(size: tuple[int, int], colour: str = "white") -> bytes:
    mask = Image.new("RGB", size, "black")
    mask.paste(colour, (0, 0, size[0] // 2 + 1, size[1]))
    return png(mask)


# Cases


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


# Doors


class Discord:
    """The bot from a request to the queue."""

    def __init__(self, database: Database) -> None:
        self.queued: list[tuple[Any, Any]] = []
        self._store = store = SettingsStore(database)
        anything: Any = SimpleNamespace(
            bundles={"starter": INFO},
            machine=engine.messages.resolution.Machine.of(READY),
            line=SimpleNamespace(speed=SimpleNamespace(cost=lambda spec: 1.0)),
            wake=lambda: None,
            admit=self._admit,
            files=None,
            check_words=self._nothing,
            submit=self._submit,
            open=self._open,
        )
        wishes = Wishes(store, StyleStore(database))
        self._submitter = Submitter(CONFIG, anything, anything, anything, anything, wishes)

    async def _admit(self, asker: Asker) -> Values:
        return await self._store.quotas(asker.guild_id, asker.roles)

    async def _nothing(self, *_: object) -> None: ...

    async def _submit(self, new: Any, inputs: Any, *_: object, **__: object) -> Any:
        self.queued.append((new, inputs))
        return SimpleNamespace(id=1, kind=new.kind, requester_id=1)

    async def _open(self, job: Any, *_: object) -> Any:
        return job

    async def command(self, case: Case, **where: int) -> Outcome:
        """The options that /imagine and /edit have, and the rest in the prompt."""
        own = case.own
        try:
            wish = with_options(
                replace(case, more={name: value for name, value in case.more.items() if name != "replace"}).typed(
                    "preset"
                ),
                "x".join(map(str, own["size"])) if "size" in own else None,
                plain=case.kind is Kind.EDIT,
                **{name: own.get(name) for name in ("iterations", "seed", "bundle", "strength", "style")},
            )
            return await self._outcome(case, options.replacing(wish, case.more.get("replace")), **where)
        except UserError as refusal:
            return str(refusal)

    async def message(self, case: Case) -> Outcome:
        """``.imagine …`` or ``.edit …``."""
        try:
            return await self._outcome(case, parse(case.typed(*OWN)))
        except UserError as refusal:
            return str(refusal)

    async def _outcome(
        self, case: Case, wish: Any, guild_id: int | None = None, channel_id: int = 1, user_id: int = 1
    ) -> Outcome:
        request = Request(
            kind=case.kind,
            asker=Asker(
                user_id=user_id,
                place=Place(channel_id=channel_id, guild_id=guild_id, permissions=discord.Permissions.all()),
            ),
            wish=wish,
            picture=Upload(content=case.image) if case.image else None,
            mask=case.mask,
            image_prompts=case.image_prompts,
        )
        await self._submitter.submit(request)
        new, inputs = self.queued[-1]
        return new.spec, pixels(inputs.init_image), pixels(inputs.mask)


def command_line(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """``paint`` or ``edit``, up to the command that the engine gets."""
    outcomes: list[Outcome] = []

    def paint_one(plan: OutputPlan, kept: object) -> None:
        with explained():
            start = plan.make(CONFIG).begin(READY).start
        outcomes.append((start.spec, pixels(start.init_image), pixels(start.mask)))

    monkeypatch.setattr(bot.cli.output, "paint_one", paint_one)
    files = {"given.png": case.image, "mask.png": case.mask}
    files |= {f"guide{number}.png": guide for number, guide in enumerate(case.image_prompts)}
    for name, content in files.items():
        if content is not None:
            (folder / name).write_bytes(content)
    arguments = ["paint"] if case.image is None else ["edit", str(folder / "given.png")]
    arguments += case.typed("style").split() if "replace" not in case.more else [case.typed("style")]
    for name in OWN:
        if name in case.own and name != "style":
            value = case.own[name]
            arguments += [f"--{name}", "x".join(map(str, value)) if name == "size" else str(value)]
    if case.mask is not None:
        arguments += ["--mask", str(folder / "mask.png")]
    for number in range(len(case.image_prompts)):
        arguments += ["--image-prompt", str(folder / f"guide{number}.png")]
    done = CliRunner().invoke(app, arguments)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return outcomes[0] if outcomes else done.stderr.rstrip("\n")


def notebook(case: Case, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """:func:`engine.generate`, up to its run."""
    runs: list[Outcome] = []
    monkeypatch.setattr(
        engine.api, "Run", lambda spec, bundle, init, guides, mask, **_: runs.append((spec, pixels(init), pixels(mask)))
    )
    monkeypatch.setattr(engine.api, "_steps", lambda *_: iter(()))
    monkeypatch.setattr("os.cpu_count", lambda: READY.cores)
    monkeypatch.setattr("engine.bundles.bundles.names", lambda folder: ["starter"])
    loaded = SimpleNamespace(name="starter", info=lambda: INFO)
    own, more = dict(case.own), dict(case.more)
    bundle: Any = loaded if own.pop("bundle", "starter") == "starter" else "nowhere"
    if "replace" in more:
        more["replace"] = more["replace"], case.prompt
    try:
        engine.api.generate(
            case.prompt,
            bundle=bundle,
            init_image=Image.open(io.BytesIO(case.image)) if case.image else None,
            mask=Image.open(io.BytesIO(case.mask)) if case.mask else None,
            image_prompts=[Image.open(io.BytesIO(guide)) for guide in case.image_prompts],
            **own,
            **more,
        )
    except ValueError as refusal:
        return str(refusal)
    return runs[0]


async def compare(case: Case, database: Database, folder: Path) -> Outcome:
    """The outcome, which is the same at each door."""
    door = Discord(database)
    told = await door.command(case)
    assert await door.message(case) == told, ("message", case)
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert command_line(case, folder, monkeypatch) == told, ("command line", case)
        assert notebook(case, monkeypatch) == told, ("notebook", case)
    return told


@pytest.mark.parametrize(
    ("first", "cases"), [(0, 40), *(pytest.param(40 + 200 * n, 200, marks=pytest.mark.soak) for n in range(5))]
)
async def test_each_door_makes_the_same_spec_of_a_sound_request(
    first: int, cases: int, database: Database, tmp_path: Path
) -> None:
    for number in range(first, first + cases):
        told = await compare(sound(random.Random(number)), database, tmp_path)
        assert not isinstance(told, str), told


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 20))])
async def test_each_door_refuses_a_fault_with_the_same_words(seed: int, database: Database, tmp_path: Path) -> None:
    plain = Case(prompt="a red car", own={"seed": 7}, upload=random.Random(seed).choice([None, *SIZES]))
    for fault in FAULTS:
        told = await compare(fault(plain), database, tmp_path)
        assert isinstance(told, str) and told.endswith((".", "|", "256x256", "car", "night", "64x64", "128x128")), told


async def test_what_was_asked_for_comes_before_the_preset_and_that_before_what_was_set(database: Database) -> None:
    """Asked for > preset > member > channel > server > bundle."""
    door, store = Discord(database), SettingsStore(database)
    case = Case(prompt="a red car", own={"seed": 7, "preset": "weather"})
    asked = replace(case, own={**case.own, "strength": 0.5, "iterations": 9})
    await store.change(Scope.GUILD, 3, {"strength": 0.1, "iterations": 11, "size": "64x64", "style": "oil"})
    await store.change(Scope.CHANNEL, 1, {"strength": 0.2, "iterations": 12, "size": "96x96"})
    await store.change(Scope.USER, 1, {"strength": 0.3, "iterations": 13})
    for one, told in (
        (asked, (0.5, 9)),
        (case, (1.0, 400)),
        (replace(case, own={"seed": 7}), (0.3, 13)),
    ):
        outcome = await door.command(one, guild_id=3)
        assert not isinstance(outcome, str)
        spec = outcome[0]
        assert (spec.strength, spec.iterations) == told
        assert (spec.width, spec.height, spec.prompt) == (96, 96, "an oil painting of a red car")
    plain = await door.command(replace(case, own={"seed": 7, "style": "none"}), guild_id=4, channel_id=5, user_id=6)
    assert not isinstance(plain, str)
    assert (plain[0].strength, plain[0].iterations, plain[0].width, plain[0].prompt) == (0.6, 150, 128, "a red car")
