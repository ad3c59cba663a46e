"""/metrics and /healthz over HTTP, for machines; off unless the configuration names a port."""

import logging

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bot.operations import metrics, status
from bot.operations.status import Operated

log = logging.getLogger(__name__)


class Web:
    """Serves until :meth:`close`."""

    def __init__(self, bot: Operated) -> None:
        self._bot = bot
        app = web.Application()
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/healthz", self._health)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    async def open(self, host: str, port: int) -> int:
        """Listen; returns the port. Raises OSError when that is taken or not permitted."""
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound = int(self._runner.addresses[0][1])
        log.info("metrics and health on http://%s:%d", host, bound)
        return bound

    async def close(self) -> None:
        await self._runner.cleanup()

    async def _metrics(self, _: web.Request) -> web.Response:
        body = metrics.exposition(await status.take(self._bot))
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _health(self, _: web.Request) -> web.Response:
        """Answer 200 when pictures can be asked for and painted, else 503.

        The body says which part is not well, and of the database why.
        """
        snapshot = await status.take(self._bot)
        parts = {
            "database": snapshot.jobs is not None,
            "discord": snapshot.connected,
            "engine": any(engine.device for engine in snapshot.engines),
        }
        why = {"why": snapshot.fault} if snapshot.fault else {}
        return web.json_response(parts | why, status=200 if all(parts.values()) else 503)
