"""Films of runs: a few frames are kept while a run paints and encoded at its end."""

import io
import logging
from typing import assert_never

from PIL import Image

from engine.messages import Film
from engine.run.frames import Shot

log = logging.getLogger(__name__)

MOST = 120  # frames of a film without the last one
FRAMES_PER_SECOND = 15
HOLD_SECONDS = 2  # how long the finished picture stays
GROWING_SECONDS = 2  # the least time before that, for which the frames of a short run are repeated
SLOWEST = 5  # the most repetitions of a frame


class Timelapse:
    """The frames of one run as compressed bytes: one every few iterations, at most ``most`` in all.

    If there are more, every other one is dropped and the stride doubles. So a run of any length is shown evenly in
    bounded memory. The film of a resumed run begins where it was resumed.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._stride = 1
        self._frames: dict[int, bytes] = {}

    def due(self, iteration: int) -> bool:
        """Return whether :meth:`add` would keep a frame of ``iteration``."""
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
            image.save(buffer, "JPEG", quality=95, subsampling=0)  # smaller and faster than a PNG
            self._frames[iteration] = buffer.getvalue()

    def take(self, iteration: int, shot: Shot) -> None:
        """Take a picture for :meth:`add` that is still on its way from the device; log it if that fails."""
        try:
            self.add(iteration, shot.image())
        except Exception:
            log.exception("a frame of a timelapse is lost")

    def frames(self) -> list[bytes]:
        """Return the frames in order, as JPEG."""
        return list(self._frames.values())

    def encode(self, last: Image.Image, film: Film) -> bytes:
        """Return the film, which ends on ``last``, a picture of the frames' size."""
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
    """Return how many frames of the film each of so many pictures fills."""
    return min(SLOWEST, max(1, round(GROWING_SECONDS * FRAMES_PER_SECOND / max(1, pictures))))


def _mp4(frames: list[Image.Image], last: Image.Image) -> bytes:
    """Encode H.264 in yuv420p, which every browser and Discord plays. It needs even sides, so odd ones lose a pixel."""
    import av  # imported here so that other runs need not wait for its libraries

    buffer = io.BytesIO()
    width, height = last.width // 2 * 2, last.height // 2 * 2
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options={"crf": "18"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        held = [last] * (1 + HOLD_SECONDS * FRAMES_PER_SECOND)  # players disagree about one long frame
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
