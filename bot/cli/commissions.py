"""Turn a request and its files into the command that an engine gets.

What can be refused without an engine is refused before one starts. Everything here raises
:class:`bot.errors.UserError`.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import discord

from bot.config import Config
from bot.domain.job import Kind
from bot.domain.place import Asker, Place
from bot.errors import BadSetting, NotAPicture, refusing
from bot.requests.gathering import prepare
from bot.requests.request import Request, Upload
from bot.requests.resolving import bundle_of, resolve
from bot.weights import catalogue
from bot.words import recipe
from bot.words.prompts import Wish
from engine.messages import Ready, StartRun
from engine.messages.limits import number
from engine.messages.prompts import split_weight
from engine.messages.resolution import Machine, check_asked, check_prompt
from engine.messages.styles import styled

JOB_ID = 1
TERMINAL = Place(channel_id=0, guild_id=None, permissions=discord.Permissions.none())


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A run that is about to start."""

    start: StartRun
    input_hash: str | None = None  # for the recipe, like the facts
    facts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # sentences for the reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Commission:
    """A picture to paint."""

    bundle: str  # the name of the bundle that it needs
    begin: Callable[[Ready], Begun]  # called once the engine has said what it can do


def asking(
    kind: Kind, wish: Wish, image: Path | None = None, mask: Path | None = None, image_prompts: tuple[str, ...] = ()
) -> Request:
    """Return the request for a picture made with the files named; each image prompt is ``FILE`` or ``FILE:weight``."""
    guides = [weighed(text) for text in image_prompts]
    weights = tuple(weight for _, weight in guides)
    if "image_weights" not in wish.more and any(weight != 1 for weight in weights):
        wish = replace(wish, more={**wish.more, "image_weights": weights})
    return Request(
        kind=kind,
        asker=Asker(user_id=0, place=TERMINAL),
        wish=wish,
        picture=Upload(content=read_file(image)) if image else None,
        mask=read_file(mask) if mask else None,
        image_prompts=tuple(read_file(path) for path, _ in guides),
    )


def weighed(text: str) -> tuple[Path, float]:
    """Return the file and the weight in ``FILE`` or ``FILE:weight``."""
    if Path(text).exists():
        return Path(text), 1.0
    name, colon, weight = text.rpartition(":")
    if colon and Path(name).exists():
        with suppress(ValueError):
            return Path(name), number(weight)
    name, counted = split_weight(text)
    return Path(name), counted


def commission(request: Request, config: Config) -> Commission:
    """Return the commission for a request. Built-in styles are the only ones here."""
    request = request.completed()
    request = replace(request, wish=in_style(request.wish))
    wish, limits = request.wish, config.limits
    with refusing():
        check_asked(wish.asked().settings)
        alone = not (request.image_prompts or wish.more.get("noise_seeds"))
        check_prompt(wish.prompt, limits.bounds, alone=alone)
    bundle = bundle_of(request, bundles_here(wish.bundle, config), config.engine.default_bundle)
    bundles_here(bundle, config)
    gathered = prepare(request, limits)

    def begin(ready: Ready) -> Begun:
        spec, notes = resolve(request, gathered, ready.bundles[0], limits, Machine.of(ready))
        inputs, init = gathered.fitted(spec), gathered.init
        return Begun(
            start=StartRun(
                job_id=JOB_ID,
                spec=spec,
                init_image=inputs.init_image,
                mask=inputs.mask,
                image_prompts=inputs.image_prompts,
            ),
            input_hash=init.input_hash if init else None,
            facts=(*recipe.made_with(gathered.mask_hash, gathered.image_prompt_hashes), *gathered.facts),
            notes=(*(init.notes if init else ()), *notes),
        )

    return Commission(bundle=bundle, begin=begin)


def bundles_here(wanted: str | None, config: Config) -> tuple[str, ...]:
    """Return the bundles to paint with: those that are configured, and others whose weights are here.

    Raises :class:`BadSetting` if ``wanted`` is a bundle whose weights are not here.
    """
    folder, configured = Path(config.engine.weights_dir), config.engine.bundles
    found = catalogue.bundles(folder)
    if wanted in found and found[wanted].missing() and (folder.is_dir() or wanted not in configured):
        raise BadSetting(f"The weights of {wanted} are not here. `python -m bot weights fetch {wanted}` fetches them.")
    return (*configured, *(name for name in found if name not in configured and not found[name].missing()))


def in_style(wish: Wish) -> Wish:
    """Return the wish with its style in the prompt."""
    with refusing():
        return replace(wish, prompt=styled(wish.prompt, wish.style))


def read_file(path: Path, error: type[NotAPicture] | type[BadSetting] = NotAPicture) -> bytes:
    """Return the content of a file."""
    try:
        return path.read_bytes()
    except OSError as trouble:
        raise error(f"{path} cannot be read: {trouble.strerror}.") from None
