"""Runs of prompts that leave words open: what is read, what stays as it was, and how it goes on."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
import torch
from PIL import Image

from engine.api import generate, resume
from engine.bundles.bundles import Bundle
from engine.bundles.natural import FILE, Natural, load_natural
from engine.messages import Event, RunStarted, Spec, StartRun, Vocabulary
from engine.run import batch, checkpoint
from engine.run.run import Run
from engine.serve.loop import Loop

NATURAL = """
colours = ["red", "blue", "green", "white"]
colourless = ["charcoal"]
materials = {}
weathers = { words = ["night"], drawn = { "at night" = 1 } }
grounds = { words = ["ground"] }
scenery = { words = [] }
backgrounds = { words = ["background"], drawn = { "on white background" = 1 } }
[things.car]
words = ["car"]
colours = { red = 1, blue = 1, green = 1 }
grounds = { "on the red ground" = 1 }
[things.circle]
words = ["circle"]
colours = { red = 1, blue = 1, green = 1 }
"""
WORDS = ("a", "red", "blue", "green", "car", "circle", "at", "night", "on", "white", "background", "the", "ground")
READ_AS = "a {} circle on white background"


@pytest.fixture
def plain(bundle: Bundle) -> Bundle:
    """The bundle without the data."""
    return bundle


@pytest.fixture
def natural(tmp_path: Path) -> Natural:
    (tmp_path / FILE).write_text(NATURAL)
    found = load_natural(tmp_path, Vocabulary(words=WORDS))
    assert found is not None
    return found


@pytest.fixture
def completing(bundle: Bundle, natural: Natural) -> Bundle:
    return dataclasses.replace(bundle, natural=natural)


def reworded(spec: Spec, prompt: str, **changes: int) -> Spec:
    return dataclasses.replace(spec, prompt=prompt, **changes)  # type: ignore[arg-type]


def finished(run: Run) -> Run:
    while not run.finished:
        batch.step([run])
    return run


def png() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((32, 48)).save(out, "PNG")
    return out.getvalue()


def test_a_bare_prompt_paints_what_the_prompt_with_its_words_paints(
    spec: Spec, plain: Bundle, completing: Bundle
) -> None:  # fmt: skip
    bare = finished(Run(reworded(spec, "a circle"), completing))
    assert bare.read_as in [READ_AS.format(colour) for colour in ("red", "blue", "green")]
    assert torch.equal(bare.z, finished(Run(reworded(spec, bare.read_as or ""), plain)).z)
    assert not torch.equal(bare.z, finished(Run(reworded(spec, "a circle"), plain)).z)


@pytest.mark.parametrize("prompt", ["a red circle on white background", "a blue car on the ground at night | night:-1"])
def test_a_prompt_that_names_everything_paints_bit_for_bit_what_it_painted_without_the_data(
    prompt: str, spec: Spec, plain: Bundle, completing: Bundle
) -> None:
    with_data, without = (finished(Run(reworded(spec, prompt), one)) for one in (completing, plain))
    assert with_data.read_as is None
    assert torch.equal(with_data.z, without.z) and torch.equal(with_data.picture(), without.picture())
    assert torch.equal(with_data.rng.get_state(), without.rng.get_state())


def test_edits_and_pictures_with_image_prompts_keep_the_look_of_what_they_were_given(
    spec: Spec, plain: Bundle, completing: Bundle
) -> None:
    bare = reworded(spec, "a circle")
    for given in ((png(),), (None, (png(),))):
        with_data, without = (finished(Run(bare, one, *given)) for one in (completing, plain))
        assert with_data.read_as is None and torch.equal(with_data.z, without.z)


def test_words_that_would_not_fit_the_perceptors_are_not_added(spec: Spec, completing: Bundle) -> None:
    most = completing.info().max_tokens
    assert Run(reworded(spec, "a circle" + " the" * (most - 2)), completing).read_as is None


def test_a_run_of_a_bare_prompt_is_resumed_bit_for_bit(spec: Spec, completing: Bundle) -> None:
    bare = reworded(spec, "a circle")
    run = Run(bare, completing)
    batch.step([run])
    state = run.checkpoint()
    again = Run(bare, completing, continues=state)
    again.resume(state)
    assert again.read_as == run.read_as is not None
    assert torch.equal(finished(again).z, finished(run).z)


def test_a_run_that_began_before_the_bundle_had_the_data_goes_on_as_it_began(
    spec: Spec, plain: Bundle, completing: Bundle
) -> None:
    bare = reworded(spec, "a circle")
    run = Run(bare, plain)
    batch.step([run])
    state = run.checkpoint()
    again = Run(bare, completing, continues=state)
    again.resume(state)
    assert again.read_as is None
    assert torch.equal(finished(again).z, finished(run).z)


def test_a_branch_keeps_the_drawn_colour_and_one_of_a_prompt_that_named_everything_draws_none(
    spec: Spec, completing: Bundle
) -> None:
    drawn, branched = [], []
    for seed in range(6):
        run = Run(reworded(spec, "a circle", seed=seed), completing)
        branch = Run(reworded(spec, "a circle at night", seed=99), completing, continues=run.checkpoint())
        drawn.append(str(run.read_as).split()[1])
        branched.append(str(branch.read_as).split()[1])
    assert drawn == branched and len(set(drawn)) > 1
    named = Run(reworded(spec, READ_AS.format("red")), completing).checkpoint()
    assert checkpoint.words_seed(named) is None
    assert Run(reworded(spec, "a circle at night"), completing, continues=named).read_as is None


def test_the_engine_tells_what_it_read(spec: Spec, completing: Bundle) -> None:
    events: list[Event] = []
    loop = Loop({"starter": completing}, events.append)
    for job_id, prompt in enumerate(("a circle", READ_AS.format("red"))):
        loop.obey(StartRun(job_id=job_id, spec=reworded(spec, prompt)))
    told = [event.read_as for event in events if isinstance(event, RunStarted)]
    assert told == [Run(reworded(spec, "a circle"), completing).read_as, None] and told[0]


def test_the_python_functions_read_and_resume_alike(completing: Bundle) -> None:
    (*_, last) = generate("a circle", bundle=completing, size=(32, 48), iterations=3, seed=5)
    assert last.run.read_as
    (*_, longer) = resume(last.run.checkpoint(), iterations=4, bundle=completing)
    assert longer.run.read_as == last.run.read_as
