"""Cutouts in chunks: the same step as with all of them at once, to rounding, and of the same random numbers."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from engine.bundles.bundles import Bundle
from engine.messages import Precision, Spec
from engine.method import cutouts
from engine.run import batch
from engine.run.run import Run

GRADIENT = 1e-4
"""How far apart the gradients at z may be, of the greatest one's size: rounding in float32."""


def picture() -> bytes:
    return encoded(Image.effect_mandelbrot((32, 48), (-2, -1, 1, 1), 20).convert("RGB"))


def half() -> bytes:
    mask = Image.new("L", (32, 48))
    ImageDraw.Draw(mask).rectangle((0, 0, 15, 47), fill="white")
    return encoded(mask)


def encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def runs_of(kind: str, spec: Spec, bundle: Bundle) -> list[Run]:
    def changed(**changes: Any) -> Spec:
        return dataclasses.replace(spec, **{"cutouts": 5, **changes})

    match kind:
        case "one":
            return [Run(changed(), bundle)]
        case "several":
            other = changed(seed=8, prompt="a blue circle:2 | night:-0.5:0.1", cutouts=3)
            return [Run(changed(), bundle), Run(other, bundle), Run(changed(seed=9, cutouts=8), bundle)]
        case "mask":
            return [Run(changed(), bundle, picture(), mask=half())]
        case "ensemble":
            alone = changed(seed=8, perceptor_weights=(0.0, 1.0))
            return [Run(changed(perceptor_weights=(3.0, 1.0)), bundle), Run(alone, bundle)]
        case "story":
            story = changed(prompt="a red car ^ a blue circle", losses=("tv-picture:0.5",))
            return [Run(story, bundle, image_prompts=[picture()])]
        case "codebook":
            return [Run(changed(latent="codebook"), bundle)]
        case _:
            return [Run(changed(width=64, height=96, upscale=2), bundle, picture())]


KINDS = ["one", "several", "mask", "ensemble", "story", "codebook", "upscale"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunk", [1, 2])
def test_a_step_in_chunks_is_the_step_with_all_cutouts_at_once(
    kind: str, chunk: int, spec: Spec, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    gradients: list[Tensor] = []
    descend = Run.descend

    def watched(run: Run, loss: Tensor) -> None:
        assert run.z.grad is not None
        gradients.append(run.z.grad.clone())
        descend(run, loss)

    monkeypatch.setattr(Run, "descend", watched)
    whole, chunked = runs_of(kind, spec, bundle), runs_of(kind, spec, bundle)
    batch.step(whole)
    batch.step(chunked, chunk)
    count = len(whole)
    for one, other, mine, theirs in zip(whole, chunked, gradients[:count], gradients[count:], strict=True):
        assert other.loss == pytest.approx(one.loss, rel=1e-5)
        assert float((mine - theirs).abs().max()) <= GRADIENT * float(mine.abs().max())
        assert torch.equal(one.rng.get_state(), other.rng.get_state())


def test_a_run_in_chunks_paints_what_it_paints_at_once(spec: Spec, bundle: Bundle) -> None:
    (whole,), (chunked,), (again,) = (runs_of("story", spec, bundle) for _ in range(3))
    while not whole.finished:
        batch.step([whole])
        batch.step([chunked], 2)
        batch.step([again], 2)
    assert whole.targets is whole.story[1]
    torch.testing.assert_close(chunked.z, whole.z, atol=2e-3, rtol=0)
    assert torch.equal(chunked.z, again.z)


def test_bfloat16_in_chunks_has_nearly_the_same_loss(spec: Spec, bundle: Bundle) -> None:
    whole, chunked = (Run(dataclasses.replace(spec, precision=Precision.BF16, cutouts=4), bundle) for _ in range(2))
    batch.step([whole])
    batch.step([chunked], 3)
    assert chunked.loss == pytest.approx(whole.loss, rel=0.02)


def test_a_chunk_has_the_noise_that_its_cutouts_have_among_all() -> None:
    drawn = cutouts.draw(cutouts.CutoutSettings(count=5, noise=0.5), torch.Generator().manual_seed(1))
    image = torch.rand(1, 3, 20, 24)
    for size in (5, 16):
        all_of_them = cutouts.apply(image, drawn, size)
        parts = [cutouts.apply(image, cutouts.part(drawn, first, first + 2), size) for first in (0, 2, 4)]
        torch.testing.assert_close(torch.cat(parts), all_of_them)


def test_the_decoder_works_once_whatever_the_number_of_chunks(
    spec: Spec, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(dataclasses.replace(spec, cutouts=6), bundle)
    calls: list[int] = []
    decode = bundle.generator.decode
    monkeypatch.setattr(bundle.generator, "decode", lambda z_q: calls.append(len(z_q)) or decode(z_q))  # type: ignore[func-returns-value]
    batch.step([run], 1)
    assert calls == [1]
