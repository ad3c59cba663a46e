"""Where the client's connections go."""

from __future__ import annotations

import ssl
from pathlib import Path

import aiohttp
import pytest
import trustme
from aiohttp import web

from bot.config import Config
from bot.errors import ConfigError
from bot.gateway.connector import make_connector


def config(**discord: str) -> Config:
    return Config.model_validate({"discord": discord})


async def test_without_settings_the_client_connects_as_it_always_does() -> None:
    assert make_connector(config()) is None


async def test_every_host_is_reached_at_the_address_and_its_certificate_is_checked(tmp_path: Path) -> None:
    authority = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("discord.com", "gateway.discord.gg").configure_cert(context)

    async def name(request: web.Request) -> web.Response:
        return web.Response(text=request.host)

    app = web.Application()
    app.router.add_get("/", name)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]
    try:
        connector = make_connector(config(connect_to=f"localhost:{port}", ca_file=str(ca_file)))
        async with aiohttp.ClientSession(connector=connector) as session:
            for host in ("discord.com", "gateway.discord.gg"):
                async with session.get(f"https://{host}/") as answer:
                    assert await answer.text() == host
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await session.get("https://example.org/")
    finally:
        await runner.cleanup()


async def test_a_missing_ca_file_is_named() -> None:
    with pytest.raises(ConfigError, match=r"ca_file: nowhere\.pem"):
        make_connector(config(ca_file="nowhere.pem"))


async def test_a_host_name_as_address_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"example\.org.*numeric"):
        make_connector(config(connect_to="example.org:443"))
