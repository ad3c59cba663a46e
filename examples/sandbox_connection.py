"""How a discord.py bot finds the sandbox: copy this file beside your bot. Without a sandbox it changes nothing."""

import os
import socket
import ssl

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult


class OneAddress(AbstractResolver):
    """Finds every host of Discord at the sandbox."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address, port_there = os.environ["SANDBOX_ADDRESS"].rsplit(":", 1)
        return [ResolveResult(hostname=host, host=address, port=int(port_there), family=family, proto=0, flags=0)]

    async def close(self) -> None: ...


def connector() -> aiohttp.TCPConnector | None:
    """For ``discord.Client(connector=…)`` or ``commands.Bot(connector=…)``, once the event loop runs."""
    if "SANDBOX_ADDRESS" not in os.environ:
        return None
    trusted = ssl.create_default_context(cafile=os.environ["SANDBOX_CA_FILE"])
    return aiohttp.TCPConnector(resolver=OneAddress(), ssl=trusted)
