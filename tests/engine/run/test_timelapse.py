from __future__ import annotations

import io

import av
import pytest
from PIL import Image

from engine.messages import Film
from engine.run.timelapse import FRAMES_PER_SECOND, HOLD_SECONDS, SLOWEST, Timelapse


def shade(level: int, size: tuple[int, int] = (32, 48)) -> Image.Image:
    return Image.new("RGB", size, (level, level, level))


def level(frame: bytes) -> int:
    with Image.open(io.BytesIO(frame)) as image:
        brightness, _ = image.convert("L").getextrema()
        assert isinstance(brightness, int)
        return brightness


def test_the_frames_of_a_long_run_stay_few_and_evenly_spaced() -> None:
    kept = Timelapse(most=8)
    for iteration in range(100):
        if kept.due(iteration):
            kept.add(iteration, shade(iteration))
        assert len(kept.frames()) <= 8
    assert [level(frame) for frame in kept.frames()] == pytest.approx([0, 16, 32, 48, 64, 80, 96], abs=1)


def test_a_frame_that_is_not_due_is_not_kept() -> None:
    kept = Timelapse(most=2)
    for iteration in (0, 1, 2, 3):
        kept.add(iteration, shade(iteration))
    assert [level(frame) for frame in kept.frames()] == pytest.approx([0, 2], abs=1)


def test_a_film_is_h264_that_everybody_plays_and_holds_the_finished_picture() -> None:
    kept = Timelapse()
    for iteration in range(5):
        kept.add(iteration, shade(40 * iteration))
    film = kept.encode(shade(255), Film.MP4)
    with av.open(io.BytesIO(film), "r") as container:
        (stream,) = container.streams.video
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        shown = [frame.to_image() for frame in container.decode(stream)]  # type: ignore[no-untyped-call]
    held = HOLD_SECONDS * FRAMES_PER_SECOND
    assert len(shown) == 5 * SLOWEST + 1 + held
    seen = (shown[0], shown[3 * SLOWEST], shown[5 * SLOWEST], shown[-1])
    assert [image.getpixel((16, 24))[0] for image in seen] == pytest.approx([0, 120, 255, 255], abs=3)


@pytest.mark.parametrize(("pictures", "seconds"), [(3, 1), (11, 2.2), (20, 2.7), (60, 4)])
def test_a_run_of_few_iterations_is_shown_slower(pictures: int, seconds: float) -> None:
    kept = Timelapse()
    for iteration in range(pictures):
        kept.add(iteration, shade(iteration))
    with av.open(io.BytesIO(kept.encode(shade(255), Film.MP4)), "r") as container:
        frames = sum(1 for _ in container.decode(container.streams.video[0]))
    assert (frames - 1) / FRAMES_PER_SECOND - HOLD_SECONDS == pytest.approx(seconds, abs=0.05)


def test_an_odd_size_loses_a_pixel_and_a_run_of_no_step_is_a_film_too() -> None:
    with av.open(io.BytesIO(Timelapse().encode(shade(9, (33, 47)), Film.MP4)), "r") as container:
        (stream,) = container.streams.video
        assert (stream.codec_context.width, stream.codec_context.height) == (32, 46)
    with Image.open(io.BytesIO(Timelapse().encode(shade(9), Film.WEBP))) as film:
        assert film.size == (32, 48)


def test_an_animated_webp_has_every_frame_loops_and_holds_the_last() -> None:
    kept = Timelapse()
    for iteration in range(4):
        kept.add(iteration, shade(50 * iteration))
    with Image.open(io.BytesIO(kept.encode(shade(255), Film.WEBP))) as film:
        assert (film.format, getattr(film, "n_frames", 1), film.info["loop"]) == ("WEBP", 5, 0)
        film.seek(4)
        film.load()
        assert film.info["duration"] == 1000 * HOLD_SECONDS
