"""Coarse to fine: the first part of a run is painted at half its size."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
import torch
from PIL import Image

from engine import pictures
from engine.bundles import bundles
from engine.bundles.bundles import Bundle
from engine.messages import Event, Film, Progress, RunFinished, RunStarted, Spec, SpecError, StartRun
from engine.method import masks
from engine.method.latent import LATENTS, resized
from engine.run import batch, coarse
from engine.run.run import Run
from engine.serve.loop import Loop
from tests.engine.run.test_life import same, steps

HALF, WHOLE = (6, 4), (12, 8)
"""Cells of a picture of 32 × 48 pixels; f is 4."""


@pytest.fixture
def half(spec: Spec) -> Spec:
    """Two iterations of four at half size."""
    return dataclasses.replace(spec, coarse=0.5, candidates=1)


def photograph() -> bytes:
    pixels = np.random.default_rng(3).integers(0, 255, (48, 32, 3), dtype=np.uint8)
    return pictures.png(Image.fromarray(pixels))


def upper_half() -> bytes:
    mask = Image.new("L", (32, 48))
    mask.paste(255, (0, 0, 32, 24))
    return pictures.png(mask)


def cells(run: Run) -> tuple[int, ...]:
    return tuple(run.z.shape[2:])


def test_the_first_share_of_the_iterations_is_painted_at_half_size_and_every_picture_shown_whole(
    half: Spec, bundle: Bundle
) -> None:
    run, seen = Run(half, bundle), []
    for _ in range(4):
        seen.append(cells(run))
        assert run.picture().shape == (1, 3, 48, 32)
        steps(run, 1)
    assert seen == [HALF, HALF, WHOLE, WHOLE]
    assert run.finished and run.picture().shape == (1, 3, 48, 32)


def test_the_last_iteration_is_never_at_half_size_and_an_upscale_and_the_smallest_picture_have_none(
    half: Spec, bundle: Bundle
) -> None:
    until = {share: coarse.until(dataclasses.replace(half, coarse=share), bundle.entry, WHOLE) for share in (0, 0.9)}
    assert until == {0: 0, 0.9: 3}
    assert coarse.until(dataclasses.replace(half, upscale=2), bundle.entry, WHOLE) == 0
    assert coarse.until(half, bundle.entry, (2, 2)) == 0 and coarse.half((2, 3)) == (2, 2)
    by_default = dataclasses.replace(bundle.entry, coarse=0.25)
    assert coarse.until(dataclasses.replace(half, coarse=None), by_default, WHOLE) == 1


def test_what_z_rests_at_keeps_its_details_and_only_what_was_painted_is_interpolated(
    half: Spec, bundle: Bundle
) -> None:
    quiet = dataclasses.replace(bundle, entry=dataclasses.replace(bundle.entry, start_noise=0.0))
    small, whole = Run(half, quiet), Run(dataclasses.replace(half, coarse=0.0), quiet)
    assert small.rest is not None and torch.equal(small.rest, small.z.detach())
    assert torch.equal(small.picture(), whole.picture())
    painted = torch.randn(small.z.shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        small.z.add_(painted)
    small.refine()
    torch.testing.assert_close(small.z.detach(), whole.z.detach() + resized(painted, *WHOLE))


def test_without_such_a_place_z_itself_is_interpolated(half: Spec, bundle: Bundle) -> None:
    entry = dataclasses.replace(bundle.entry, start="random", start_network=None)
    run = Run(half, dataclasses.replace(bundle, entry=entry, start_network=None))
    z = run.z.detach().clone()
    run.refine()
    assert torch.equal(run.z.detach(), resized(z, *WHOLE))


def test_the_optimiser_begins_anew_at_the_whole_size_and_the_average_of_z_goes_on(half: Spec, bundle: Bundle) -> None:
    run = steps(Run(dataclasses.replace(half, ema=0.9), bundle), 1)
    assert run.optimiser.state[run.z]["exp_avg"].shape[2:] == HALF
    assert run.average is not None and run.average.value is not None and run.coarse is not None
    expected = run.coarse.enlarged(run.average.value, run.latent, bundle.generator)
    run.refine()
    assert not run.optimiser.state and torch.equal(run.average.value, expected)
    steps(run, 1)
    assert run.optimiser.state[run.z]["exp_avg"].shape[2:] == WHOLE


@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize("method", LATENTS)
def test_a_resumed_run_ends_bit_for_bit_as_the_unbroken_one(
    half: Spec, bundle: Bundle, method: str, after: int
) -> None:
    full = dataclasses.replace(half, latent=method, ema=0.9, plateau=20, rate_schedule="cosine", candidates=2)
    broken = steps(Run(full, bundle), after)
    resumed = Run(full, bundle)
    resumed.resume(broken.checkpoint())
    assert torch.equal(resumed.picture(), broken.picture())
    unbroken = steps(Run(full, bundle))
    assert same(steps(resumed), unbroken) and torch.equal(resumed.picture(), unbroken.picture())


@pytest.mark.parametrize("after", [1, 3])
def test_a_masked_edit_keeps_its_input_outside_the_mask_at_either_size_and_resumes(
    half: Spec, bundle: Bundle, after: int
) -> None:
    edit = dataclasses.replace(half, feather=0, strength=0.8)
    run = Run(edit, bundle, photograph(), mask=upper_half())
    assert cells(run) == HALF
    first, given = run.picture(), pictures.decode(photograph(), 32, 48)
    for _ in range(after):
        assert torch.equal(run.picture()[..., 24:, :], given[..., 24:, :])
        steps(run, 1)
    resumed = Run(edit, bundle, photograph(), mask=upper_half())
    resumed.resume(run.checkpoint())
    assert same(steps(run), steps(resumed)) and torch.equal(run.picture(), resumed.picture())
    assert run.masked is not None
    free = run.masked.free[0, 0]
    assert torch.equal(run.z[:, :, ~free], run.masked.z[:, :, ~free])
    assert torch.equal(run.picture()[..., 24:, :], given[..., 24:, :]) and not torch.equal(run.picture(), first)


def test_an_edit_begins_at_its_input_at_half_size_and_has_its_details_again_afterwards(
    half: Spec, bundle: Bundle
) -> None:
    entry = dataclasses.replace(bundle.entry, start="mean", start_network=None)
    plain = dataclasses.replace(bundle, entry=entry, start_network=None)
    run = Run(half, plain, photograph())
    small = bundle.generator.encode(pictures.decode(photograph(), 16, 24))
    assert run.rest is not None and torch.equal(run.rest, small)
    run.refine()
    whole = bundle.generator.encode(pictures.decode(photograph(), 32, 48))
    assert torch.equal(run.rest, whole)
    torch.testing.assert_close(run.z.detach(), whole)
    kept = [Run(dataclasses.replace(half, strength=0.0, coarse=share), plain, photograph()) for share in (0.0, 0.5)]
    torch.testing.assert_close(kept[0].picture(), kept[1].picture())


def test_a_finished_run_continued_is_the_longer_run_and_a_stopped_one_goes_on_at_half_size(
    half: Spec, bundle: Bundle
) -> None:
    finished, stopped = steps(Run(half, bundle)).checkpoint(), steps(Run(half, bundle), 1).checkpoint()
    longer = half.continued(6)
    for state, size in ((finished, WHOLE), (stopped, HALF)):
        run = Run(longer, bundle)
        run.resume(state)
        assert cells(run) == size
        assert same(steps(run), steps(Run(longer, bundle)))


def test_a_branch_goes_on_at_the_size_of_its_checkpoint(half: Spec, bundle: Bundle) -> None:
    early, late = (steps(Run(half, bundle), count).checkpoint() for count in (1, 3))
    other = dataclasses.replace(half, prompt="a green circle", iterations=12)
    for state, size in ((early, HALF), (late, WHOLE)):
        run = Run(other, bundle)
        run.resume(state, branch=True)
        assert cells(run) == size and cells(steps(run)) == WHOLE
    with pytest.raises(SpecError, match="coarse as long as"):
        Run(dataclasses.replace(other, coarse=0.0), bundle).resume(early, branch=True)


def test_what_is_painted_over_a_run_at_half_size_brings_it_to_the_whole_and_the_picture_itself_does_not(
    half: Spec, bundle: Bundle
) -> None:
    run = steps(Run(half, bundle), 1)
    image = pictures.to_image(run.picture())
    run.paint_over(pictures.png(image))
    assert cells(run) == HALF
    image.paste("black", (8, 16, 16, 24))
    run.paint_over(pictures.png(image))
    encoded = bundle.generator.encode(pictures.decode(pictures.png(image), 32, 48))
    assert torch.equal(run.z[..., 4:6, 2:4], encoded[..., 4:6, 2:4])
    again = Run(half, bundle)
    again.resume(run.checkpoint())
    assert cells(again) == WHOLE and same(steps(again), steps(run))


def test_a_run_that_no_longer_improves_at_half_size_goes_to_the_whole(half: Spec, bundle: Bundle) -> None:
    stuck = dataclasses.replace(half, iterations=40, learning_rate=1e-6, plateau=2)
    run = Run(stuck, bundle)
    sizes = []
    while not run.finished:
        sizes.append(cells(run))
        steps(run, 1)
    assert run.plateaued and HALF in sizes and sizes[-1] == WHOLE and len(sizes) < 20


def test_a_run_at_half_size_steps_with_whole_runs_of_as_many_cells(half: Spec, bundle: Bundle) -> None:
    small = dataclasses.replace(half, width=16, height=24, coarse=None, seed=9)
    together, alone = ([Run(one, bundle) for one in (half, small)] for _ in range(2))
    assert together[0].batch_key() == together[1].batch_key()
    for _ in range(2):
        batch.step(together)
    for run, reference in zip(together, map(steps, alone, (2, 2)), strict=True):
        torch.testing.assert_close(run.z, reference.z, atol=5e-3, rtol=0)
    assert together[0].batch_key() != together[1].batch_key()


def test_frames_films_and_masks_are_of_the_whole_size(half: Spec, bundle: Bundle) -> None:
    events: list[Event] = []
    loop = Loop({"starter": bundle}, events.append)
    loop.obey(
        StartRun(job_id=1, spec=half, init_image=photograph(), mask=upper_half(), frame_seconds=1e-9, film=Film.WEBP)
    )
    while loop.active:
        loop.step()
    loop.close()
    (started,) = (event for event in events if isinstance(event, RunStarted))
    frames = [event.image for event in events if isinstance(event, Progress)]
    final = events[-1]
    assert isinstance(final, RunFinished) and final.film is not None
    for picture in (started.mask, *frames, final.image, final.film):
        assert picture is not None and Image.open(io.BytesIO(picture)).size == (32, 48)


def test_a_mask_of_half_the_size_is_free_wherever_the_whole_one_is(bundle: Bundle) -> None:
    given = pictures.decode(photograph(), 32, 48)
    mask = torch.zeros(1, 1, 48, 32)
    mask[..., 9:14, 5:7] = 1
    z = bundle.generator.encode(given)
    whole = masks.Masked(mask=mask, given=given, z=z, z_q=z, f=4)
    small = coarse.reduced(whole, HALF, bundle.generator)
    touched = torch.nn.functional.max_pool2d(whole.free.float(), 2) > 0
    assert torch.equal(small.free, touched) and small.z.shape[2:] == HALF


def test_a_bundles_own_share_is_that_of_a_spec_that_leaves_it_open(spec: Spec, bundle: Bundle) -> None:
    entry = dataclasses.replace(bundle.entry, coarse=0.5)
    assert cells(Run(spec, dataclasses.replace(bundle, entry=entry))) == HALF
    assert bundles.BundleEntry.__dataclass_fields__["coarse"].default == 0.0
