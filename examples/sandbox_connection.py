"""Lead a discord.py bot to the sandbox. Copy this file beside your bot; outside the sandbox it changes nothing."""

import os
import socket
import ssl

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult


class OneAddress(AbstractResolver):
    """Resolve every host of Discord to the sandbox's address."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address, port_there = os.environ["SANDBOX_ADDRESS"].rsplit(":", 1)
        return [ResolveResult(hostname=host, host=address, port=int(port_there), family=family, proto=0, flags=0)]

    async def close(self) -> None: ...


def connector() -> aiohttp.TCPConnector | None:
    """Return the connector for ``discord.Client`` or ``commands.Bot``. Call it once the event loop runs."""
    if "SANDBOX_ADDRESS" not in os.environ:
        return None
    trusted = ssl.create_default_context(cafile=os.environ["SANDBOX_CA_FILE"])
    return aiohttp.TCPConnector(resolver=OneAddress(), ssl=trusted)
