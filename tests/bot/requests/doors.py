"""The doors to a picture: a command's options, a message's text, the command line and :func:`engine.generate`."""

from __future__ import annotations

import io
from dataclasses import replace
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
from bot.domain.setting import Values
from bot.errors import UserError
from bot.members.defaults import Wishes
from bot.members.settings import SettingsStore
from bot.members.styles import StyleStore
from bot.requests.request import Request, Upload
from bot.requests.submit import Submitter
from bot.words.prompts import parse, with_options
from engine.messages import Spec
from tests.bot.requests.cases import INFO, OWN, READY, Case

CONFIG = Config.model_validate({"limits": {"max_cutouts": 1024, "max_prompt_chars": 4000}})

Outcome = tuple[Spec, bytes | None, bytes | None] | str
"""A spec with the pixels of the init image and the mask, or a refusal."""


def pixels(encoded: bytes | None) -> bytes | None:
    if encoded is None:
        return None
    with Image.open(io.BytesIO(encoded)) as image:
        return image.convert("RGBA").tobytes() + bytes(str(image.size), "ascii")


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
    words = case.typed("style")
    split = "replace" not in case.more and words.startswith("a red car --")  # as a shell does without quotation marks
    arguments += words.split() if split else [words]
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
