"""The sandbox itself: one TLS port on loopback that is discord.com, the gateway and the CDN at once."""

import asyncio
import logging
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import trustme
from aiohttp import web

from sandbox import state
from sandbox.faults.faults import Faults
from sandbox.faults.rates import RateLimiter
from sandbox.gateway.socket import GatewayServer
from sandbox.people import transcript
from sandbox.people.handles import Guild, create_guild
from sandbox.records import cdn
from sandbox.records.clock import PATIENCE_S
from sandbox.records.intents import Intents
from sandbox.records.model import Channel, Membership, User
from sandbox.records.traffic import GATEWAY_HOST, GatewayEvent, HttpRequest
from sandbox.rest import ROUTES
from sandbox.rest.router import Router
from sandbox.verbs import leftovers, threads
from sandbox.verbs.world import ACKNOWLEDGE_WITHIN_S, World

log = logging.getLogger("sandbox")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SWEEP_S = 10.0  # between two looks for idle threads and for what nobody needs any more
HOSTS = ("discord.com", "gateway.discord.gg", "cdn.discordapp.com", "media.discordapp.net")
_MAX_REQUEST_BYTES = 128 * 1024 * 1024  # larger than any legal upload, so that ours are the limits that bite


class Sandbox:
    """A local Discord for one bot.

    ``async with Sandbox() as sandbox:`` listens on 127.0.0.1 under a throw-away certificate authority. Point every
    Discord host of the bot to `address`, let it trust `ca_file` and give it `token`; nothing else about it changes.

    Args:
        data_dir: where the CA certificate is written; a temporary directory by default.
        host: where to listen. Loopback by default; anything else lets other machines in, which is logged.
        port: 0 takes a free one.
        message_content, server_members, presences: the privileged intents, as switched in the developer portal.
        rate_limits: whether requests beyond Discord's limits get 429 and the rate headers are sent.
        acknowledge_within_s: how soon the bot must answer an interaction; three seconds on Discord, more where tests
            run on a machine that is busy with other things.
        traffic_kept: how many `requests` and `events` are remembered; all of them by default, as tests need them.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        message_content: bool = False,
        server_members: bool = False,
        presences: bool = False,
        rate_limits: bool = True,
        acknowledge_within_s: float = ACKNOWLEDGE_WITHIN_S,
        traffic_kept: int | None = None,
    ) -> None:
        privileged = (
            message_content * Intents.MESSAGE_CONTENT
            | server_members * Intents.GUILD_MEMBERS
            | presences * Intents.GUILD_PRESENCES
        )
        self.world = World(privileged=Intents(privileged))
        self.world.acknowledge_within_s = acknowledge_within_s
        self.world.traffic_kept = traffic_kept
        self.gateway = GatewayServer(self.world)
        self.world.gateway = self.gateway
        self.world.faults.gateway = self.gateway
        self._router = Router(self.world, ROUTES, RateLimiter(enabled=rate_limits))
        self._host = host
        self._port = port
        self._temporary = None if data_dir else tempfile.TemporaryDirectory(prefix="sandbox-")
        self._directory = data_dir or Path(self._temporary.name if self._temporary else ".")
        self._runner: web.AppRunner | None = None
        self._sweeping: asyncio.Task[None] | None = None

    # Where it is

    @property
    def address(self) -> str:
        """Return ``HOST:PORT``, as the bot reaches it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(self._host, self._host)
        return f"{host}:{self._port}"

    @property
    def ca_file(self) -> Path:
        """Return the certificate authority to trust, as PEM."""
        return self._directory / "sandbox-ca.pem"

    @property
    def token(self) -> str:
        """Return the bot's token."""
        return self.world.token

    @property
    def bot_user(self) -> User:
        return self.world.bot_user

    # What happened

    @property
    def requests(self) -> list[HttpRequest]:
        """Return every REST request of the bot with its answer, oldest first."""
        return self.world.requests

    @property
    def events(self) -> list[GatewayEvent]:
        """Return every gateway payload, both ways, oldest first."""
        return self.world.events

    @property
    def faults(self) -> Faults:
        """Order faults here: ``sandbox.faults.next("POST", "/channels/*/messages", status=500)``."""
        return self.world.faults

    # Setting the scene

    def create_guild(self, name: str = "Studio", *, bot_permissions: int | None = None, with_bot: bool = True) -> Guild:
        """Create a server; ``bot_permissions`` are those of the bot's role (default: like everyone).

        Without the bot in it, its members have the application installed for themselves: commands that allow user
        installs are offered, and the bot can only answer their interactions.
        """
        return create_guild(self.world, name, bot_permissions=bot_permissions, with_bot=with_bot)

    def create_conversation(self, one: Membership, other: Membership) -> Channel:
        """Return the direct conversation of two people without the bot, who have it installed for themselves."""
        return self.world.conversation(one.user, other.user)

    def advance(self, seconds: float) -> None:
        """Let time pass at once, for links, tokens, nonces and idle threads (not for rate limits)."""
        self.world.clock.advance(seconds)
        self._sweep()

    def save(self, folder: Path) -> None:
        """Write everything there is into a folder, so that `load` continues from it another day."""
        state.save(self.world, folder)

    def load(self, folder: Path) -> None:
        """Take up what `save` wrote: servers, messages, files, commands, and the bot with its token.

        Raises:
            StateError: nothing was saved there, it cannot be read, or a bot is connected already.
        """
        if self.gateway.connected:
            raise state.StateError("A state is loaded before the bot connects.")
        state.load(self.world, folder)
        self.gateway.drop(forget=True)  # no session of before fits what is here now

    # Waiting

    async def until(self, predicate: Callable[[], Any], timeout: float = PATIENCE_S) -> Any:  # noqa: ASYNC109
        """Wait until the predicate returns something true, and return that. It is tried after every change.

        Raises:
            TimeoutError: it did not within ``timeout`` seconds.
        """
        return await self.world.until(predicate, timeout)

    async def wait_until_bot_ready(self, timeout: float = PATIENCE_S) -> None:  # noqa: ASYNC109
        """Wait until a bot has connected to the gateway and got READY."""
        await self.until(lambda: self.gateway.connected, timeout)

    async def wait_for_commands(self, timeout: float = PATIENCE_S) -> list[str]:  # noqa: ASYNC109
        """Wait until the bot has registered commands; returns their names."""
        await self.until(lambda: any(self.world.commands.values()), timeout)
        return [command["name"] for scope in self.world.commands.values() for command in scope]

    def transcript(self, channel: Channel, *, viewer: Membership | None = None) -> str:
        """Return the conversation as a member sees it, threads included; with a viewer, also what only they see."""
        return transcript.render(self.world, channel, viewer=viewer.user if viewer else None)

    # Running

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Make the certificates and listen."""
        authority = trustme.CA()
        certificate = authority.issue_cert(*HOSTS)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        await asyncio.to_thread(self._directory.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(authority.cert_pem.write_to_path, str(self.ca_file))
        app = web.Application(client_max_size=_MAX_REQUEST_BYTES)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, ssl_context=context)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self._sweeping = asyncio.create_task(self._keep_sweeping())
        log.info("sandbox listens on %s", self.address)
        if self._host not in LOOPBACK:
            log.warning("sandbox listens on %s: other machines can reach it", self._host)

    async def _keep_sweeping(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            self._sweep()

    def _sweep(self) -> None:
        threads.archive_idle(self.world)
        leftovers.forget(self.world)
        self.gateway.forget_lost()

    async def stop(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
        await self.gateway.shut_down()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._temporary is not None:
            self._temporary.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        host = request.host.partition(":")[0]
        if host == GATEWAY_HOST:
            return await self._spoiled("/gateway", request, self.gateway.serve)
        if host in (cdn.HOST, cdn.PROXY_HOST):
            return await self._spoiled("/cdn", request, self.world.cdn.serve)
        return await self._router.serve(request)

    async def _spoiled(self, path: str, request: web.Request, serve: Handler) -> web.StreamResponse:
        """Serve, unless a fault is ordered for such a request."""
        fault = self.faults.take("GET", path)
        if fault is not None and fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault is not None and fault.disconnect and request.transport is not None:
            request.transport.close()
        if fault is not None and fault.prevents:
            return web.Response(status=fault.status or 503)
        return await serve(request)
