"""Models of the published sizes, a VQGAN f16 of 16,384 codes and CLIP ViT-B/32, with random weights, on every path."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw

from benchmarks.speed import models
from engine.bundles import bundles
from engine.messages import Checkpointed, Describe, Described, Event, Film, RunFinished, RunStarted, Spec, StartRun
from engine.run.run import Run
from engine.serve.loop import Loop
from engine.serve.memory import StepMemory
from tests.engine.serve.test_memory import saved_by_a_step

pytestmark = pytest.mark.soak

NAME = models.PUBLISHED_BUNDLE
SPEC = Spec(prompt="an astronaut", bundle=NAME, width=256, height=256, iterations=2, seed=7, cutouts=2, threads=1)


@pytest.fixture(scope="module")
def full_size() -> bundles.Bundle:
    bundle = models.published(torch.device("cpu"))
    entry = dataclasses.replace(bundle.entry, width=128)  # the side of an upscale's tiles
    return dataclasses.replace(bundle, entry=entry)


def picture(side: int = 256) -> bytes:
    image = Image.effect_mandelbrot((side, side), (-2, -1.5, 1, 1.5), 50).convert("RGB")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def painted(bundle: bundles.Bundle, spec: Spec, **how: Any) -> list[Event]:
    """What the loop says of a run that ends well, at 256 × 256 pixels."""
    events: list[Event] = []
    loop = Loop({NAME: bundle}, events.append)
    loop.obey(StartRun(job_id=1, spec=spec, frame_seconds=0, checkpoint_seconds=0, **how))
    while loop.active:
        loop.step()
    loop.close()
    final = events[-1]
    assert isinstance(final, RunFinished), final
    assert Image.open(io.BytesIO(final.image)).size == (256, 256)
    return events


def final(events: list[Event]) -> bytes:
    assert isinstance(events[-1], RunFinished)
    return events[-1].image


def test_a_picture_its_film_and_the_run_resumed_from_a_checkpoint(full_size: bundles.Bundle) -> None:
    events = painted(full_size, SPEC, checkpoint_iterations=1, film=Film.MP4)
    (state,) = (event.state for event in events if isinstance(event, Checkpointed))
    resumed = painted(full_size, SPEC, resume_from=state)
    assert final(resumed) == final(events)
    assert isinstance(events[-1], RunFinished) and events[-1].film


def test_an_edit_with_image_and_noise_prompts_in_a_story(full_size: bundles.Bundle) -> None:
    spec = dataclasses.replace(SPEC, prompt="a lake ^ a forest:0.5 | fog:-0.1", strength=0.5, noise_seeds=(3,))
    painted(full_size, spec, init_image=picture(), image_prompts=(picture(300),))


def test_a_masked_edit(full_size: bundles.Bundle) -> None:
    mask = Image.new("L", (256, 256))
    ImageDraw.Draw(mask).rectangle((64, 64, 191, 191), fill="white")
    out = io.BytesIO()
    mask.save(out, "PNG")
    painted(full_size, SPEC, init_image=picture(), mask=out.getvalue())


def test_a_replacement_by_words(full_size: bundles.Bundle) -> None:
    spec = dataclasses.replace(SPEC, replace="a dog", region_threshold=1.0)
    started = painted(full_size, spec, init_image=picture())[0]
    assert isinstance(started, RunStarted) and started.mask


def test_codebook_sampling(full_size: bundles.Bundle) -> None:
    painted(full_size, dataclasses.replace(SPEC, latent="codebook", losses=("tv-z:0.1",)))


def test_an_upscale_in_tiles(full_size: bundles.Bundle) -> None:
    painted(full_size, dataclasses.replace(SPEC, upscale=2, iterations=1, strength=0.3), init_image=picture(128))


def test_a_description(full_size: bundles.Bundle) -> None:
    events: list[Event] = []
    Loop({NAME: full_size}, events.append).obey(Describe(request_id=1, bundle=NAME, image=picture()))
    assert isinstance(events[0], Described) and events[0].description.sentence


def test_memory_is_foreseen_and_a_step_in_chunks_is_the_same(full_size: bundles.Bundle) -> None:
    spec = dataclasses.replace(SPEC, width=128, height=128, cutouts=4)
    whole, chunked = Run(spec, full_size), Run(spec, full_size)
    for run, chunk in ((whole, None), (chunked, 3)):
        need = StepMemory(0).need(spec, full_size, chunk)
        assert 0.6 * need <= saved_by_a_step(run, chunk) <= need
    assert chunked.loss == pytest.approx(whole.loss, rel=1e-5)
