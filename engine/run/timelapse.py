"""A film of a run: frames kept sparsely while it paints, encoded once at its end."""

from __future__ import annotations

import io
import logging
from typing import assert_never

from PIL import Image

from engine.messages import Film
from engine.run.frames import Shot

log = logging.getLogger(__name__)

MOST = 120
"""Frames that a film has at most, the last one not counted."""
FRAMES_PER_SECOND = 15
HOLD_SECONDS = 2
"""How long the finished picture stays."""
GROWING_SECONDS, SLOWEST = 2, 5
"""A run of few iterations grows for so many seconds, more slowly; but each picture stays for at most so many frames."""


class Timelapse:
    """The frames of one run, as compressed bytes: every ``stride`` iterations one, at most ``most`` in all.

    With as many kept, every other one is dropped and the stride doubles, so that a run of any length, also one that is
    continued, is shown evenly in bounded memory. A resumed run's film begins where it was resumed.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._stride = 1
        self._frames: dict[int, bytes] = {}

    def due(self, iteration: int) -> bool:
        """Whether :meth:`add` would keep a frame of ``iteration``."""
        return iteration % self._stride == 0

    def add(self, iteration: int, image: Image.Image) -> None:
        """Keep the picture after ``iteration``, if it is due."""
        if not self.due(iteration):
            return
        if len(self._frames) >= self._most:
            self._stride *= 2
            self._frames = {at: frame for at, frame in self._frames.items() if self.due(at)}
        if self.due(iteration):
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=95, subsampling=0)  # a tenth of a PNG, and no step's time
            self._frames[iteration] = buffer.getvalue()

    def take(self, iteration: int, shot: Shot) -> None:
        """:meth:`add` what is still on its way from the device; a frame that cannot be had is left out."""
        try:
            self.add(iteration, shot.image())
        except Exception:
            log.exception("a frame of a timelapse is lost")

    def frames(self) -> list[bytes]:
        """What was kept, in order: JPEG."""
        return list(self._frames.values())

    def encode(self, last: Image.Image, film: Film) -> bytes:
        """The film that ends on ``last``, of the frames' size, and holds it."""
        frames = [Image.open(io.BytesIO(frame)).convert("RGB") for frame in self.frames()]
        each = _frames_each(len(frames))
        match film:
            case Film.MP4:
                return _mp4([frame for frame in frames for _ in range(each)], last)
            case Film.WEBP:
                return _webp(frames, last, each)
            case _:
                assert_never(film)


def _frames_each(pictures: int) -> int:
    """For how many frames of a film of so many pictures each of them stays."""
    return min(SLOWEST, max(1, round(GROWING_SECONDS * FRAMES_PER_SECOND / max(1, pictures))))


def _mp4(frames: list[Image.Image], last: Image.Image) -> bytes:
    """H.264 in yuv420p, which every browser and Discord plays; it wants even sides, so an odd one loses a pixel."""
    import av  # here: a run without a film need not wait for its libraries

    buffer = io.BytesIO()
    width, height = last.width // 2 * 2, last.height // 2 * 2
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options={"crf": "18"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        held = [last] * (1 + HOLD_SECONDS * FRAMES_PER_SECOND)  # not one long frame: players disagree about those
        for image in [*frames, *held]:
            frame = av.VideoFrame.from_image(image.crop((0, 0, width, height)))  # type: ignore[no-untyped-call]
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return buffer.getvalue()


def _webp(frames: list[Image.Image], last: Image.Image, each: int) -> bytes:
    images = [*frames, last]
    durations = [1000 * each // FRAMES_PER_SECOND] * len(frames) + [1000 * HOLD_SECONDS]
    buffer = io.BytesIO()
    images[0].save(
        buffer, "WEBP", save_all=True, append_images=images[1:], duration=durations, loop=0, quality=85, method=2
    )
    return buffer.getvalue()
