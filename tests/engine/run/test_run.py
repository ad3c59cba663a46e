from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine import pictures
from engine.bundles import bundles
from engine.bundles.bundles import Bundle
from engine.messages import Precision, PromptError, Spec, SpecError
from engine.models.perceptor import PromptTooLongError
from engine.run import batch, checkpoint
from engine.run.run import Run
from tests.engine.parts import vqgan_of


def paint(run: Run) -> bytes:
    while not run.finished:
        batch.step([run])
    return pictures.to_png(run.picture())


def photograph(width: int = 40, height: int = 40) -> bytes:
    pixels = np.random.default_rng(3).integers(0, 255, (height, width, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_the_same_seed_gives_the_same_pixels_and_another_seed_does_not(spec: Spec, bundle: Bundle) -> None:
    first, second = paint(Run(spec, bundle)), paint(Run(spec, bundle))
    other = paint(Run(dataclasses.replace(spec, seed=8), bundle))
    assert first == second
    assert first != other


def test_the_seed_fixes_the_start_before_any_other_number_is_drawn(spec: Spec, bundle: Bundle) -> None:
    torch.manual_seed(1)
    first = Run(spec, bundle).z
    torch.manual_seed(2)
    assert torch.equal(first, Run(spec, bundle).z)


def test_painting_leaves_torchs_global_generator_alone(spec: Spec, bundle: Bundle) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    paint(Run(spec, bundle))
    assert torch.equal(before, torch.get_rng_state())


def test_two_runs_stepped_in_turn_paint_what_each_paints_alone(spec: Spec, bundle: Bundle) -> None:
    specs = [spec, dataclasses.replace(spec, seed=8, prompt="a blue circle")]
    alone = [paint(Run(each, bundle)) for each in specs]
    runs = [Run(each, bundle) for each in specs]
    for _ in range(spec.iterations):
        for run in runs:
            batch.step([run])
    assert [pictures.to_png(run.picture()) for run in runs] == alone


def test_two_runs_stepped_in_one_batch_agree_with_each_alone_within_tolerance(spec: Spec, bundle: Bundle) -> None:
    specs = [spec, dataclasses.replace(spec, seed=8, prompt="a blue circle")]
    alone, together = [Run(each, bundle) for each in specs], [Run(each, bundle) for each in specs]
    for _ in range(spec.iterations):
        batch.step(together)
        for run in alone:
            batch.step([run])
    for run, reference in zip(together, alone, strict=True):
        assert run.loss == pytest.approx(reference.loss, abs=1e-4)
        torch.testing.assert_close(run.z, reference.z, atol=2e-3, rtol=0)


def test_the_loss_falls(spec: Spec, bundle: Bundle) -> None:
    prompts_alone = dataclasses.replace(spec, losses=("l2:0",), iterations=60, cutouts=8, learning_rate=0.1)
    run = Run(dataclasses.replace(prompts_alone, candidates=1), bundle)
    losses = []
    while not run.finished:
        batch.step([run])
        losses.append(run.loss)
    assert sum(losses[-5:]) < 0.98 * sum(losses[:5])


def test_a_resumed_run_ends_bit_for_bit_as_the_unbroken_one(spec: Spec, bundle: Bundle) -> None:
    unbroken = paint(Run(spec, bundle, photograph()))
    broken = Run(spec, bundle, photograph())
    batch.step([broken])
    batch.step([broken])
    resumed = Run(spec, bundle, photograph())
    resumed.resume(broken.checkpoint())
    assert resumed.iteration == 2
    assert paint(resumed) == unbroken


def test_a_checkpoint_of_another_job_or_a_damaged_one_is_refused(spec: Spec, bundle: Bundle) -> None:
    checkpoint = Run(spec, bundle).checkpoint()
    with pytest.raises(SpecError, match="another job"):
        Run(dataclasses.replace(spec, seed=8), bundle).resume(checkpoint)
    with pytest.raises(SpecError, match="cannot be read"):
        Run(spec, bundle).resume(checkpoint[:100])


def test_a_checkpoint_from_before_settings_were_added_goes_on(spec: Spec, bundle: Bundle) -> None:
    run = Run(spec, bundle)
    batch.step([run])
    state = checkpoint.load(run.checkpoint())
    first = ("prompt bundle width height iterations seed strength learning_rate cutouts precision threads").split()
    state["spec"] = f"Spec({', '.join(f'{name}={getattr(spec, name)!r}' for name in first)})"
    buffer = io.BytesIO()
    torch.save(state, buffer)
    resumed = Run(spec, bundle)
    resumed.resume(buffer.getvalue())
    assert resumed.iteration == 1
    with pytest.raises(SpecError, match="another job"):
        Run(dataclasses.replace(spec, seed=8), bundle).resume(buffer.getvalue())


def test_an_edit_of_strength_zero_is_the_inputs_reconstruction(spec: Spec, bundle: Bundle) -> None:
    run = Run(dataclasses.replace(spec, strength=0.0), bundle, photograph())
    assert run.finished
    image = pictures.decode(photograph(), spec.width, spec.height)
    z = bundle.generator.encode(image)
    expected = bundle.generator.decode(bundle.generator.quantise(z)).clamp(0, 1)
    torch.testing.assert_close(run.picture(), expected)


@pytest.mark.parametrize("start", ["learned", "random"])
def test_an_edit_moves_further_from_its_input_the_greater_the_strength(
    spec: Spec, weights_dir: Path, start: str
) -> None:
    network = "starter/start.safetensors" if start == "learned" else None
    entry = dataclasses.replace(bundles.table()["starter"], start=start, start_network=network)
    bundle = bundles.load("starter", weights_dir, torch.device("cpu"), entry)
    given = bundle.generator.encode(pictures.decode(photograph(), spec.width, spec.height))
    distances = []
    for strength in (0.05, 0.5, 1.0):
        run = Run(dataclasses.replace(spec, strength=strength, iterations=20), bundle, photograph())
        paint(run)
        distances.append(float((run.z.detach() - given).square().mean()))
    assert distances[0] < distances[1] < distances[2]


def test_z_stays_within_the_codebooks_range_per_channel(spec: Spec, bundle: Bundle) -> None:
    run = Run(dataclasses.replace(spec, iterations=10, learning_rate=50.0), bundle)
    paint(run)
    codes = vqgan_of(bundle).codebook
    assert (run.z.amax((0, 2, 3)) <= codes.amax(0) + 1e-6).all()
    assert (run.z.amin((0, 2, 3)) >= codes.amin(0) - 1e-6).all()


def test_bfloat16_paints_nearly_the_same_first_loss(spec: Spec, bundle: Bundle) -> None:
    runs = [Run(dataclasses.replace(spec, precision=precision), bundle) for precision in Precision]
    for run in runs:
        batch.step([run])
    assert runs[0].loss == pytest.approx(runs[1].loss, rel=0.05)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 33}, "nearest is 32×48"),
        ({"width": 4096, "height": 4096}, "too large"),
        ({"iterations": 0}, "iterations is 0.* from 1 to"),
        ({"strength": 1.5}, "strength is 1.5.* from 0 .* to 1 "),
    ],
)
def test_a_spec_that_cannot_be_painted_says_what_to_change(
    spec: Spec, bundle: Bundle, changes: dict[str, float], message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        Run(dataclasses.replace(spec, **changes), bundle)  # type: ignore[arg-type]


def test_a_prompt_that_cannot_be_read_says_what_to_write(spec: Spec, bundle: Bundle) -> None:
    with pytest.raises(PromptError, match="empty"):
        Run(dataclasses.replace(spec, prompt=" | "), bundle)
    with pytest.raises(PromptTooLongError, match="at most 14"):
        Run(dataclasses.replace(spec, prompt="car " * 15), bundle)
    with pytest.raises(ValueError, match="not a picture"):
        Run(spec, bundle, b"plain text")
