"""Stand in for the engine at a fixed speed, so that painting costs no processor time."""

import asyncio
import io
import time
from collections.abc import AsyncIterator

from PIL import Image

from engine import messages

BUNDLE = messages.BundleInfo(
    name="starter", title="Stand-in", f=8, width=64, height=64, iterations=8, iterations_edit=8,
    iterations_upscale=8, strength=0.6, max_pixels=128 * 128, max_iterations=500, max_tokens=75,
    weights_hash="000000000000",
)  # fmt: skip
SLOTS = 2


class FixedSpeed:
    """An engine that takes ``seconds`` for each iteration of up to `SLOTS` runs, and paints one gray picture.

    Each run counts its share of the seconds as if all slots were always in use.
    """

    def __init__(self, seconds: float, frame_seconds: float = 2.0) -> None:
        self._seconds = seconds
        self._frame_seconds = frame_seconds
        self._events: asyncio.Queue[messages.RunEvent] = asyncio.Queue()
        self._runs: dict[int, asyncio.Task[None]] = {}
        self._ended: dict[int, messages.Command] = {}
        out = io.BytesIO()
        Image.new("RGB", (BUNDLE.width, BUNDLE.height), "grey").save(out, "PNG")
        self._png = out.getvalue()

    async def start(self) -> messages.Ready:
        return messages.Ready(device="cpu", bundles=(BUNDLE,), threads=1, slots=SLOTS)

    async def send(self, command: messages.Command) -> None:
        match command:
            case messages.StartRun(job_id=job_id):
                self._runs[job_id] = asyncio.create_task(self._run(command))
            case messages.StopRun(job_id=job_id) | messages.CancelRun(job_id=job_id):
                self._ended[job_id] = command

    async def events(self) -> AsyncIterator[messages.RunEvent]:
        while True:
            yield await self._events.get()

    async def close(self) -> None:
        for run in self._runs.values():
            run.cancel()
        await asyncio.gather(*self._runs.values(), return_exceptions=True)

    async def _run(self, command: messages.StartRun) -> None:
        job_id, spec, tell = command.job_id, command.spec, self._events.put_nowait
        tell(messages.RunStarted(job_id=job_id, seed=spec.seed, width=spec.width, height=spec.height))
        began = shown = time.monotonic()
        iteration = 0
        while iteration < spec.iterations and job_id not in self._ended:
            iteration += 1
            await asyncio.sleep(max(0.0, began + iteration * self._seconds - time.monotonic()))
            due = time.monotonic() - shown >= self._frame_seconds
            shown = time.monotonic() if due else shown
            tell(
                messages.Progress(
                    job_id=job_id, iteration=iteration, iterations=spec.iterations, loss=1 / iteration,
                    seconds=iteration * self._seconds / SLOTS,
                    image=self._png if due else None,
                )
            )  # fmt: skip
        del self._runs[job_id]
        ended = self._ended.pop(job_id, None)
        if isinstance(ended, messages.CancelRun):
            return tell(messages.RunCancelled(job_id=job_id))
        tell(
            messages.RunFinished(
                job_id=job_id, iteration=iteration, loss=1 / max(1, iteration), image=self._png,
                seconds=iteration * self._seconds / SLOTS, stopped=ended is not None,
            )
        )  # fmt: skip
