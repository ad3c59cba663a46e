"""Describe a picture in a terminal: an engine process looks at it, and the description goes to stdout."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.commissions import bundles_here, read_file
from bot.cli.terminal import FAILED, ConfigPath, complain, explained
from bot.config import Config
from bot.engines.client import EngineDied, ProcessEngineClient, engine_settings
from bot.errors import CannotDescribe, refusing
from bot.requests.gathering import prepared_upload
from bot.texts import descriptions
from engine.messages import Describe, Described, DescribeFailed
from engine.messages.resolution import bundle_named

_REQUEST = 1


def describe(
    image: Annotated[Path, typer.Argument(help="The picture to describe: PNG, JPEG, WebP, GIF or AVIF.")],
    bundle: Annotated[str | None, typer.Option("--bundle", "-b", help="The models to look with.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else there.")
    ] = False,
    config: ConfigPath = None,
) -> None:
    """Say what a picture shows, in a sentence that can be painted and in phrases of each kind."""
    with explained():
        try:
            described = _described(image, bundle, Config.load(config))
        except EngineDied as error:
            complain(f"{error}. `python -m bot doctor` looks for the cause.")
            raise typer.Exit(FAILED) from None
    typer.echo(_json(described) if as_json else descriptions.text(described.description))


def _described(image: Path, bundle: str | None, config: Config) -> Described:
    with refusing():
        wanted = bundle or config.engine.default_bundle
        name = bundle_named(wanted, bundles_here(wanted, config))
    prepared = prepared_upload(read_file(image), config.limits)
    engine = config.engine.model_copy(update={"bundles": (name,), "default_bundle": name})
    client = ProcessEngineClient(engine_settings(engine), engine.ready_timeout)
    return asyncio.run(_ask(client, Describe(request_id=_REQUEST, bundle=name, image=prepared.png)))


async def _ask(client: ProcessEngineClient, question: Describe) -> Described:
    try:
        await client.start()
        await client.send(question)
        async for event in client.events():
            match event:
                case Described():
                    return event
                case DescribeFailed(detail=detail):
                    raise CannotDescribe(detail)
                case _:
                    raise AssertionError(f"nothing runs, but there is a {type(event).__name__}")
        raise AssertionError("events end by raising EngineDied")
    finally:
        await client.close()


def _json(described: Described) -> str:
    """Return one line."""
    description = described.description
    return json.dumps(
        {
            "sentence": description.sentence,
            "kinds": {
                kind.name: [{"phrase": phrase, "share": round(share, 4)} for phrase, share in kind.phrases]
                for kind in description.kinds
            },
            "seconds": round(described.seconds, 3),
        },
        ensure_ascii=False,
    )
