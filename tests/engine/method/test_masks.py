from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
import torch
from PIL import Image

import engine
from engine import pictures
from engine.bundles.bundles import Bundle
from engine.drawn import MaskError
from engine.messages import BundleInfo, Event, RunFailed, RunFinished, RunStarted, Spec, SpecError, StartRun
from engine.method import masks
from engine.run import batch
from engine.run.run import Run
from engine.serve.loop import Loop

SIZE = 64


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def photograph(side: int = SIZE) -> Image.Image:
    return Image.fromarray(np.random.default_rng(3).integers(0, 255, (side, side, 3), dtype=np.uint8))


def drawn(side: int = SIZE) -> Image.Image:
    """White in a square of the upper left."""
    mask = Image.new("L", (side, side), 0)
    mask.paste(255, (side // 8, side // 8, side // 2, side // 2))
    return mask


@pytest.fixture
def edit(spec: Spec) -> Spec:
    return dataclasses.replace(spec, width=SIZE, height=SIZE, iterations=2, feather=6, strength=0.9)


def test_outside_the_feather_the_result_is_the_inputs_own_bytes_and_inside_it_is_not(
    edit: Spec, bundle: Bundle
) -> None:
    run = Run(edit, bundle, png(photograph()), mask=png(drawn()))
    before = run.z.detach().clone()
    while not run.finished:
        batch.step([run])
    result, given = (np.asarray(image) for image in (pictures.to_image(run.picture()), photograph()))
    beyond = np.ones((SIZE, SIZE), dtype=bool)
    beyond[8 - 6 : 32 + 6, 8 - 6 : 32 + 6] = False
    assert (result[beyond] == given[beyond]).all()
    assert (result[8:32, 8:32] != given[8:32, 8:32]).any()
    assert run.masked is not None
    free = run.masked.free[0, 0]
    assert torch.equal(run.z[:, :, ~free], run.masked.z[:, :, ~free])
    assert not torch.equal(run.z[:, :, free], before[:, :, free])


@pytest.mark.parametrize("latent", ["straight-through", "codebook"])
def test_a_masked_run_goes_on_from_its_checkpoint_bit_for_bit_however_it_is_optimised(
    edit: Spec, bundle: Bundle, latent: str
) -> None:
    edit = dataclasses.replace(edit, latent=latent, ema=0.9, optimiser="adamw", losses=("tv-z:1",))
    run = Run(edit, bundle, png(photograph()), mask=png(drawn()))
    first = run.z.detach().clone()
    batch.step([run])
    resumed = Run(edit, bundle, png(photograph()), mask=png(drawn()))
    resumed.resume(run.checkpoint())
    for each in (run, resumed):
        batch.step([each])
    assert torch.equal(run.picture(), resumed.picture())
    assert run.masked is not None
    free = run.masked.free[0, 0]
    assert torch.equal(run.z[:, :, ~free], first[:, :, ~free]) and not torch.equal(run.z, first)
    with pytest.raises(SpecError, match="mask is needed"):
        Run(edit, bundle, png(photograph())).resume(run.checkpoint())


def test_what_is_painted_over_a_masked_run_counts_within_the_mask_alone(edit: Spec, bundle: Bundle) -> None:
    run = Run(edit, bundle, png(photograph()), mask=png(drawn()))
    before = run.z.detach().clone()
    run.paint_over(png(Image.new("RGB", (SIZE, SIZE), "white")))
    assert run.masked is not None
    free = run.masked.free[0, 0]
    assert torch.equal(run.z[:, :, ~free], before[:, :, ~free])
    assert not torch.equal(run.z[:, :, free], before[:, :, free])


def test_what_is_transparent_is_painted_whatever_its_colour() -> None:
    erased = photograph().convert("RGBA")
    erased.putalpha(drawn().point(lambda value: 255 - value))
    read = masks.read(png(erased), photograph(), SIZE, SIZE)
    torch.testing.assert_close(read, masks.read(png(drawn()), photograph(), SIZE, SIZE))


def test_a_mask_of_a_larger_picture_is_reduced_with_it() -> None:
    small = masks.read(png(drawn(4 * SIZE)), photograph(4 * SIZE), SIZE, SIZE)
    torch.testing.assert_close(small, masks.read(png(drawn()), photograph(), SIZE, SIZE))


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (b"plain text", "not a picture that I can read"),
        (png(Image.new("L", (SIZE, SIZE), 0)), "all black"),
        (png(photograph().convert("RGBA")), "coloured picture"),
        (png(Image.new("L", (SIZE, 2 * SIZE), 255)), "same shape"),
    ],
)
def test_a_mask_that_says_nothing_is_refused_with_what_to_send(mask: bytes, message: str) -> None:
    with pytest.raises(MaskError, match=message) as refused:
        masks.read(mask, photograph(), SIZE, SIZE)
    assert "white where I am to paint" in str(refused.value)


def test_a_mask_without_a_picture_is_refused(edit: Spec, bundle: Bundle) -> None:
    with pytest.raises(SpecError, match="need a picture"):
        Run(edit, bundle, None, mask=png(drawn()))
    with pytest.raises(SpecError, match="need a picture"):
        Run(dataclasses.replace(edit, replace="car"), bundle)


def test_an_upscale_within_a_mask_is_refused(edit: Spec, bundle: Bundle) -> None:
    with pytest.raises(SpecError, match="leave the mask"):
        Run(dataclasses.replace(edit, upscale=2), bundle, png(photograph(SIZE // 2)), mask=png(drawn(SIZE // 2)))


@pytest.mark.parametrize("feather", [0, 1, 6, 15])
def test_a_feather_keeps_the_mask_whole_and_ends_where_it_says(feather: int) -> None:
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 24:40, 24:40] = 1
    soft = masks.feathered(mask, feather)
    assert (soft[mask == 1] > 0.9999).all()
    beyond = torch.ones_like(mask, dtype=torch.bool)
    beyond[..., 24 - feather : 40 + feather, 24 - feather : 40 + feather] = False
    assert (soft[beyond] == 0).all()
    assert not feather or (soft > mask).any()


def test_the_loop_tells_where_is_painted_and_refuses_a_wrong_mask(edit: Spec, bundle: Bundle) -> None:
    events: list[Event] = []
    loop = Loop({"starter": bundle}, events.append)
    loop.obey(StartRun(job_id=1, spec=edit, init_image=png(photograph()), mask=png(drawn())))
    loop.obey(StartRun(job_id=2, spec=edit, init_image=png(photograph()), mask=b"?"))
    while loop.active:
        loop.step()
    started, refused, finished = events[0], events[1], events[-1]
    assert isinstance(started, RunStarted) and started.mask is not None
    assert np.asarray(Image.open(io.BytesIO(started.mask)))[20, 20] == 255
    assert isinstance(refused, RunFailed) and "mask" in refused.detail
    assert isinstance(finished, RunFinished)
    corner = Image.open(io.BytesIO(finished.image)).crop((48, 48, 64, 64))
    assert corner.tobytes() == photograph().crop((48, 48, 64, 64)).tobytes()


def test_a_notebook_paints_within_a_mask(bundle: Bundle) -> None:
    *_, last = engine.generate(
        "a red car", init_image=photograph(), mask=drawn(), bundle=bundle, size=(SIZE, SIZE), iterations=1, feather=0
    )
    assert last.mask is not None and last.mask.tobytes() == drawn().tobytes()
    assert last.image.crop((32, 0, 64, 64)).tobytes() == photograph().crop((32, 0, 64, 64)).tobytes()


def test_presets_fill_what_is_not_given_and_unknown_ones_are_refused(bundle: Bundle) -> None:
    info: BundleInfo = bundle.info()
    steps = engine.generate(
        "a blue car", init_image=photograph(), preset="weather", bundle=bundle, size=(32, 32), iterations=1
    )
    spec = next(iter(steps)).run.spec
    assert spec.strength == info.preset("weather")["strength"]
    assert spec.iterations == 1
    with pytest.raises(SpecError, match="must be one of: colour, weather, material"):
        engine.generate("a blue car", preset="brightness", bundle=bundle)
