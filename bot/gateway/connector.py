"""Say how the client reaches Discord: over the public internet, or at one fixed address (the sandbox, a proxy)."""

import ipaddress
import socket
import ssl

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.config import Config
from bot.errors import ConfigError


class FixedResolver(AbstractResolver):
    """Every host name lives at one address and port; the names in the certificates are checked as ever."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=self._host,
                port=self._port,
                family=socket.AF_INET6 if ":" in self._host else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Do nothing, because nothing is held open."""


def make_connector(config: Config) -> aiohttp.TCPConnector | None:
    """Return a connector for ``discord.Client(connector=…)``; None when discord.py's own will do.

    To be called inside the running loop. Raises :class:`ConfigError` when ``ca_file`` cannot be read or
    ``connect_to`` names no numeric address.
    """
    connect_to, ca_file = config.discord.connect_to, config.discord.ca_file
    if not connect_to and not ca_file:
        return None
    context = _trust(ca_file)
    if not connect_to:
        return aiohttp.TCPConnector(limit=0, ssl=context)
    host, port = _address(connect_to)
    return aiohttp.TCPConnector(limit=0, ssl=context, resolver=FixedResolver(host, port), use_dns_cache=False)


def _trust(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"[discord] ca_file: {ca_file} cannot be read as certificates ({error}). Write the path of a PEM file."
            ) from None
    return context


def _address(connect_to: str) -> tuple[str, int]:
    host, _, port = connect_to.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise ConfigError(
            f"[discord] connect_to: “{host}” is not a numeric address. Write for example 127.0.0.1:8443."
        ) from None
    return host, int(port)
