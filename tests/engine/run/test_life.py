"""The life of a run: resumed, stopped, continued, branched and painted over, bit for bit where that is promised."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw

from engine import pictures
from engine.bundles import bundles
from engine.bundles.bundles import Bundle
from engine.messages import Spec, SpecError
from engine.run import batch
from engine.run.run import Run


@pytest.fixture(params=["constant", "linear"])
def scheduled(request: pytest.FixtureRequest, bundle: Bundle) -> Bundle:
    """The bundle with a schedule that depends on the length of the run, and with one that does not."""
    regulariser = bundles.Regulariser(weight=0.5, schedule=request.param)
    return dataclasses.replace(bundle, entry=dataclasses.replace(bundle.entry, regulariser=regulariser))


def begun(spec: Spec, bundle: Bundle, state: bytes | None = None, **how: Any) -> Run:
    run = Run(spec, bundle)
    if state is not None:
        run.resume(state, **how)
    return run


def steps(run: Run, count: int | None = None) -> Run:
    """That many steps of it, or all that are left."""
    while not run.finished if count is None else count > 0:
        batch.step([run])
        count = None if count is None else count - 1
    return run


def same(one: Run, other: Run) -> bool:
    """Bit for bit, with what the next steps depend on."""
    moments = zip(one.optimiser.state[one.z].values(), other.optimiser.state[other.z].values(), strict=True)
    return (
        one.iteration == other.iteration
        and torch.equal(one.z, other.z)
        and torch.equal(one.rng.get_state(), other.rng.get_state())
        and all(torch.equal(a, b) for a, b in moments)
    )


@pytest.mark.parametrize("after", [1, 3])
def test_a_resumed_run_is_the_unbroken_one(spec: Spec, scheduled: Bundle, after: int) -> None:
    state = steps(begun(spec, scheduled), after).checkpoint()
    assert same(steps(begun(spec, scheduled, state)), steps(begun(spec, scheduled)))


def test_a_finished_run_continued_is_the_longer_run_whose_schedules_end_where_its_own_did(
    spec: Spec, scheduled: Bundle
) -> None:
    state = steps(begun(spec, scheduled)).checkpoint()
    longer = spec.continued(spec.iterations + 3)
    continued = steps(begun(longer, scheduled, state))
    assert continued.iteration == 7
    assert same(continued, steps(begun(longer, scheduled)))


def test_with_constant_schedules_that_is_the_longer_run_itself(spec: Spec, bundle: Bundle) -> None:
    assert bundle.entry.regulariser.schedule == "constant"
    state = steps(begun(spec, bundle)).checkpoint()
    continued = steps(begun(spec.continued(7), bundle, state))
    assert same(continued, steps(begun(dataclasses.replace(spec, iterations=7), bundle)))


def test_a_stopped_run_continued_to_its_end_is_the_unbroken_one(spec: Spec, scheduled: Bundle) -> None:
    state = steps(begun(spec, scheduled), 2).checkpoint()
    assert same(steps(begun(spec.continued(4), scheduled, state)), steps(begun(spec, scheduled)))


def test_continuing_twice_is_continuing_once_by_both(spec: Spec, scheduled: Bundle) -> None:
    first = steps(begun(spec, scheduled)).checkpoint()
    second = steps(begun(spec.continued(5), scheduled, first)).checkpoint()
    twice = steps(begun(spec.continued(5).continued(7), scheduled, second))
    assert same(twice, steps(begun(spec.continued(7), scheduled, first)))


def test_a_branch_with_the_same_words_and_seed_is_the_run_itself(spec: Spec, scheduled: Bundle) -> None:
    state = steps(begun(spec, scheduled), 2).checkpoint()
    assert same(steps(begun(spec, scheduled, state, branch=True)), steps(begun(spec, scheduled)))


def test_a_branch_begins_at_the_checkpoints_picture_and_goes_elsewhere_the_same_way_each_time(
    spec: Spec, bundle: Bundle
) -> None:
    trunk = steps(begun(spec, bundle), 2)
    state = trunk.checkpoint()
    for change in ({"prompt": "a green circle"}, {"seed": 8}):
        other = dataclasses.replace(spec, **change)
        branch = begun(other, bundle, state, branch=True)
        assert torch.equal(branch.z, trunk.z) and branch.iteration == 2
        steps(branch)
        assert not same(branch, steps(begun(spec, bundle)))
        assert same(branch, steps(begun(other, bundle, state, branch=True)))


def test_a_branch_of_another_size_and_a_run_that_ended_before_are_refused(spec: Spec, bundle: Bundle) -> None:
    state = steps(begun(spec, bundle), 3).checkpoint()
    with pytest.raises(SpecError, match="keeps the width and height"):
        begun(dataclasses.replace(spec, width=40), bundle, state, branch=True)
    with pytest.raises(SpecError, match="iterations must be at least 3"):
        begun(spec.continued(2), bundle, state)
    with pytest.raises(SpecError, match="another job"):
        begun(dataclasses.replace(spec, prompt="a green circle"), bundle, state)


def painted_over(run: Run) -> bytes:
    """Its picture with a square of 8 × 8 pixels painted black, as a file."""
    image = pictures.to_image(run.picture())
    ImageDraw.Draw(image).rectangle((8, 16, 15, 23), fill="black")
    return pictures.png(image)


def test_what_was_painted_over_is_encoded_and_the_rest_stays_bit_for_bit(spec: Spec, bundle: Bundle) -> None:
    run = steps(begun(spec, bundle), 2)
    before, painted = run.z.detach().clone(), painted_over(run)
    run.paint_over(painted)
    changed = (run.z != before).any(1)[0]
    square = torch.zeros_like(changed)
    square[4:6, 2:4] = True  # f is 4
    assert torch.equal(changed, square)
    encoded = bundle.generator.encode(pictures.decode(painted, spec.width, spec.height))
    assert torch.equal(run.z[..., 4:6, 2:4], encoded[..., 4:6, 2:4])
    assert run.rest is not None and torch.equal(run.rest[..., 4:6, 2:4], encoded[..., 4:6, 2:4])
    assert not run.optimiser.state[run.z]["exp_avg"][..., 4:6, 2:4].any()
    steps(run)


def test_a_picture_given_back_as_it_was_changes_nothing_even_as_a_jpeg(spec: Spec, bundle: Bundle) -> None:
    run = steps(begun(spec, bundle), 2)
    with torch.no_grad():  # neighbours of different codes are rougher, by random models, than in any painting
        run.z.copy_(run.z.mean((2, 3), keepdim=True).expand_as(run.z))
    state, image = run.checkpoint(), pictures.to_image(run.picture())
    jpeg = io.BytesIO()
    image.save(jpeg, "JPEG", quality=95, subsampling=0)
    for same_picture in (pictures.png(image), jpeg.getvalue()):
        run = begun(spec, bundle, state)
        run.paint_over(same_picture)
        assert same(steps(run), steps(begun(spec, bundle, state)))


def test_what_is_no_picture_is_refused_and_the_run_stays_as_it_was(spec: Spec, bundle: Bundle) -> None:
    run = steps(begun(spec, bundle), 1)
    before = run.z.detach().clone()
    with pytest.raises(ValueError, match="not a picture"):
        run.paint_over(b"paint")
    assert torch.equal(run.z, before)
    assert Image.open(io.BytesIO(pictures.to_png(run.picture()))).size == (32, 48)


def test_an_upscale_is_its_input_refined_larger_than_the_bundle_paints_and_resumes_exactly(
    spec: Spec, bundle: Bundle
) -> None:
    entry = dataclasses.replace(bundle.entry, width=32, max_pixels=32 * 48)
    small = dataclasses.replace(bundle, entry=entry)
    larger = dataclasses.replace(spec, width=64, height=96, upscale=2, strength=0.3, iterations=2)
    given = pictures.png(Image.effect_mandelbrot((32, 48), (-2, -1, 1, 1), 20).convert("RGB"))
    with pytest.raises(SpecError, match="too large"):
        Run(dataclasses.replace(larger, upscale=1), small, given)
    run = Run(larger, small, given)
    assert run.refined is not None and run.refined.shape == (1, 3, 48, 32)
    with torch.no_grad():
        kept, black = (run.penalty(picture) for picture in (pictures.decode(given, 64, 96), torch.zeros(1, 3, 96, 64)))
    assert kept < black
    state = steps(run, 1).checkpoint()
    resumed = Run(larger, small, given)
    resumed.resume(state)
    assert same(steps(resumed), steps(run))
    assert run.picture().shape == (1, 3, 96, 64)
    white = Image.new("RGB", (64, 96), "white")
    run.paint_over(pictures.png(white))
    again = Run(larger, small, given)
    again.resume(run.checkpoint())
    assert again.refined is not None and run.refined is not None and torch.equal(again.refined, run.refined)
    assert float(again.refined.mean()) > 0.9


def test_an_edits_checkpoint_is_refused_without_the_edited_picture(spec: Spec, bundle: Bundle) -> None:
    given = pictures.png(Image.new("RGB", (32, 48), "red"))
    state = steps(Run(spec, bundle, given), 1).checkpoint()
    with pytest.raises(SpecError, match="init image is needed"):
        begun(spec, bundle, state)


def test_what_has_stopped_at_a_plateau_goes_on_when_more_is_asked_for_or_something_is_painted_over_it(
    spec: Spec, bundle: Bundle
) -> None:
    stuck = dataclasses.replace(spec, iterations=40, learning_rate=1e-6, plateau=2)
    run = steps(begun(stuck, bundle))
    assert run.plateaued and begun(stuck, bundle, run.checkpoint()).finished
    assert not begun(stuck.continued(50), bundle, run.checkpoint()).finished
    run.paint_over(pictures.png(Image.new("RGB", (32, 48), "white")))
    assert not run.finished


def test_a_branch_may_have_another_optimiser(spec: Spec, bundle: Bundle) -> None:
    state = steps(begun(spec, bundle), 2).checkpoint()
    other = dataclasses.replace(spec, optimiser="nadam")
    assert steps(begun(other, bundle, state, branch=True)).iteration == spec.iterations
