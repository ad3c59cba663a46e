"""One engine process and the pipe to it."""

import asyncio
import contextlib
import logging
import multiprocessing
import queue
import signal
import threading
from collections.abc import AsyncIterator, Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Protocol

import engine.serve.process
from bot.config import EngineSection
from engine.messages import Answer, Command, Event, Precision, Ready, RunEvent, RunFailed, Shutdown
from engine.serve.process import EngineSettings

log = logging.getLogger(__name__)

LEAVE_SECONDS = 5.0  # from Shutdown to a kill: a step on a slow CPU fits in


def engine_settings(config: EngineSection, device: str | None = None) -> EngineSettings:
    """Return what an engine process of this configuration is started with, on its first device or another."""
    return EngineSettings(
        bundles=config.bundles,
        weights_dir=config.weights_dir,
        device=device or config.device[0],
        threads=config.threads,
        slots=config.slots,
        memory=config.memory_bytes,
        precision=None if config.precision == "auto" else Precision(config.precision),
    )


class EngineDied(Exception):
    """The engine cannot go on: a sentence, without its stop, that says why. Its runs are lost, its jobs not."""


class EngineClient(Protocol):
    """One engine, wherever it runs. It can be started again after it died."""

    async def start(self) -> Ready:
        """Start it and wait until its models are loaded. Raises :class:`EngineDied`."""
        ...

    async def send(self, command: Command) -> None:
        """Hand over a command without waiting for its effect. Raises :class:`EngineDied`."""
        ...

    def events(self) -> AsyncIterator[RunEvent | Answer]:
        """Yield what its runs report and what it answers, in order; raises :class:`EngineDied` at the end."""
        ...

    async def close(self) -> None:
        """End it, gently if it listens. Idempotent."""
        ...


Target = Callable[[Connection, EngineSettings], None]


class ProcessEngineClient:
    """An engine in a spawned process of this machine.

    The pipe is read and written in threads of its own: with both buffers full, two blocking sends would wait for
    each other for ever, and the event loop would wait with them.
    """

    def __init__(
        self,
        settings: EngineSettings,
        ready_timeout: float = 120.0,
        *,
        target: Target = engine.serve.process.main,
    ) -> None:
        self._settings = settings
        self._ready_timeout = ready_timeout
        self._target = target
        self._process: SpawnProcess | None = None
        self._reader: threading.Thread | None = None
        self._commands: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()  # None: the pipe ended
        self._dead = True
        self._listening = False  # an engine that loads its models cannot be asked to leave

    @property
    def pid(self) -> int | None:
        """Return the process id while there is a process."""
        return self._process.pid if self._process else None

    async def start(self) -> Ready:
        await self.close()
        self._events = asyncio.Queue()
        self._commands = queue.SimpleQueue()
        self._dead = self._listening = False
        try:
            self._spawn(asyncio.get_running_loop())  # milliseconds, and a cancellation cannot fall into it
            async with asyncio.timeout(self._ready_timeout):
                first = await self._next()
        except TimeoutError:
            await self.close()
            raise EngineDied(f"The engine was not ready within {self._ready_timeout:g} s") from None
        except OSError as error:
            raise EngineDied(f"The engine could not be started: {error}") from error
        except asyncio.CancelledError:
            await self.close()
            raise
        match first:
            case Ready():
                self._listening = True
                return first
            case RunFailed(detail=detail):
                await self.close()
                raise EngineDied(detail.rstrip("."))
            case _:
                await self.close()
                raise EngineDied(f"The engine's first word was {type(first).__name__}, not Ready")

    async def send(self, command: Command) -> None:
        if self._dead:
            raise EngineDied("The engine is not running")
        self._commands.put(command)

    async def events(self) -> AsyncIterator[RunEvent | Answer]:
        while True:
            event = await self._next()
            assert not isinstance(event, Ready), "Ready comes once"
            yield event

    async def close(self, *, gently: bool = True) -> None:
        """Close the engine as the protocol says; without ``gently`` it is killed in the middle of a step."""
        process, self._process = self._process, None
        if process is None:
            return
        gently = gently and self._listening and not self._dead
        if gently:
            self._commands.put(Shutdown())
        await asyncio.to_thread(_end, process, LEAVE_SECONDS if gently else 0.0)
        self._dead = True
        self._commands.put(None)
        if self._reader is not None:
            await asyncio.to_thread(self._reader.join)

    async def _next(self) -> Event:
        event = await self._events.get()
        if event is None:
            self._dead = True
            self._events.put_nowait(None)  # whoever asks again hears the same
            raise EngineDied(await asyncio.to_thread(self._cause_of_death))
        return event

    def _spawn(self, loop: asyncio.AbstractEventLoop) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=True)
        process = context.Process(target=self._target, args=(theirs, self._settings), name="engine", daemon=True)
        try:
            process.start()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()  # else a killed child would leave the pipe open, and its end would never be noticed
        self._process = process
        writer = threading.Thread(target=_write, args=(ours, self._commands), daemon=True)
        reader = threading.Thread(target=_read, args=(ours, self._events, self._commands, writer, loop), daemon=True)
        self._reader = reader
        writer.start()
        reader.start()

    def _cause_of_death(self) -> str:
        process = self._process
        if process is None:
            return "The engine was closed"
        process.join(LEAVE_SECONDS)
        code = process.exitcode
        if code is None:
            return "The engine closed the pipe and hangs"
        if code < 0:
            return f"The engine was killed by {signal.Signals(-code).name}"
        return f"The engine exited with code {code}"


def _read(
    connection: Connection,
    events: asyncio.Queue[Event | None],
    commands: queue.SimpleQueue[Command | None],
    writer: threading.Thread,
    loop: asyncio.AbstractEventLoop,
) -> None:
    """Read until the pipe ends; then close it, once the writer has let go."""

    def put(event: Event | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            loop.call_soon_threadsafe(events.put_nowait, event)

    try:
        while True:
            put(connection.recv())
    except (EOFError, OSError):
        pass
    except Exception:
        log.exception("the engine sent what cannot be read")  # half a message, as from a killed sender
    put(None)
    commands.put(None)
    writer.join()
    connection.close()


def _write(connection: Connection, commands: queue.SimpleQueue[Command | None]) -> None:
    while (command := commands.get()) is not None:
        try:
            connection.send(command)
        except OSError:
            return  # the reader notices the end too, and tells of it


def _end(process: SpawnProcess, patience: float) -> None:
    """Wait for the process to leave, then make it."""
    process.join(patience)
    if process.is_alive():
        process.terminate()
        process.join(1.0)
    if process.is_alive():
        process.kill()
    process.join()
    process.close()
