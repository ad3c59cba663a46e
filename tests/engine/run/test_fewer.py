"""Fewer, better iterations: cutouts by a schedule, and the best of several starts."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from PIL import Image

from engine import pictures
from engine.bundles.bundles import Bundle, BundleEntry, table
from engine.messages import Spec, SpecError
from engine.method import cutouts, losses
from engine.method.latent import LATENTS
from engine.method.schedules import COUNTS
from engine.method.targets import whole
from engine.run import begin
from engine.run.run import Run
from tests.engine.run.test_life import same, steps


def counts(run: Run) -> list[int]:
    """How many cutouts each iteration has."""
    seen = []
    while not run.finished:
        seen.append(len(run.draw().angle))
        run.iteration += 1
    return seen


@pytest.mark.parametrize(
    ("name", "expected"), [("constant", [8] * 4), ("rising", [2, 4, 6, 8]), ("falling", [8, 6, 4, 2])]
)
def test_a_schedule_sets_the_number_of_cutouts(spec: Spec, bundle: Bundle, name: str, expected: list[int]) -> None:
    assert counts(Run(dataclasses.replace(spec, cutouts=8, cutout_schedule=name), bundle)) == expected


def test_there_is_always_a_cutout_and_a_continued_run_keeps_the_last_number(spec: Spec, bundle: Bundle) -> None:
    assert counts(Run(dataclasses.replace(spec, cutouts=1, cutout_schedule="rising"), bundle)) == [1] * 4
    assert counts(Run(dataclasses.replace(spec, cutouts=8, cutout_schedule="rising", iterations=1), bundle)) == [2]
    longer = dataclasses.replace(spec, cutouts=8, cutout_schedule="rising").continued(6)
    assert counts(Run(longer, bundle)) == [2, 4, 6, 8, 8, 8]


def test_a_schedule_changes_no_other_random_number(spec: Spec, bundle: Bundle) -> None:
    many, few = (
        Run(dataclasses.replace(spec, cutouts=8, cutout_schedule=name), bundle)
        for name in COUNTS
        if name in ("constant", "rising")
    )
    drawn, fewer = many.draw(), few.draw()
    assert torch.equal(drawn.box[:2], fewer.box) and drawn.noise_seed == fewer.noise_seed
    assert torch.equal(many.rng.get_state(), few.rng.get_state())
    values = [getattr(fewer, field.name) for field in dataclasses.fields(cutouts.Draw)]
    assert all(len(value) == 2 for value in values if isinstance(value, torch.Tensor))
    assert (fewer.first, fewer.of) == (0, 0)  # they are all, also of the noise


@pytest.mark.parametrize("change", [{"cutout_schedule": "falling", "cutouts": 5}, {"candidates": 3}])
def test_a_resumed_run_is_the_unbroken_one(spec: Spec, bundle: Bundle, change: dict[str, object]) -> None:
    full = dataclasses.replace(spec, **change)  # type: ignore[arg-type]
    resumed = Run(full, bundle)
    resumed.resume(steps(Run(full, bundle), 2).checkpoint())
    assert same(steps(resumed), steps(Run(full, bundle)))


def drawn_alone(spec: Spec, bundle: Bundle, count: int) -> list[tuple[torch.Tensor, float]]:
    """The first ``count`` starts that a run draws, and the loss of the picture of each."""
    one = Run(spec, bundle)
    one.rng.manual_seed(spec.seed)
    found, now = [], one.story[0]
    for _ in range(count):
        p, _ = begin.from_nothing(bundle, one.latent, now.sentence, one.rng, *one.cells)
        image = bundle.generator.decode(one.latent.shown(p, bundle.generator)).clamp(0, 1)
        each = [
            float(losses.prompt_loss(whole(perceptor, image), texts, now.weights, now.stops))
            for perceptor, texts in zip(bundle.perceptors, now.embeddings, strict=True)
        ]
        found.append((p, sum(each) / len(each)))
    return found


@pytest.mark.parametrize("start", ["learned", "random", "mean"])
def test_of_several_starts_the_one_whose_picture_is_nearest_to_the_words_is_taken(
    spec: Spec, bundle: Bundle, start: str
) -> None:
    entry = dataclasses.replace(bundle.entry, start_noise=2.0)  # so that the pictures of random models differ
    if start != "learned":
        entry = dataclasses.replace(entry, start=start, start_network=None)
        bundle = dataclasses.replace(bundle, start_network=None)
    bundle = dataclasses.replace(bundle, entry=entry)
    found = drawn_alone(spec, bundle, 6)
    nearest = min(found, key=lambda one: one[1])[0]
    run = Run(dataclasses.replace(spec, candidates=6), bundle)
    assert torch.equal(run.z.detach(), nearest)
    assert torch.equal(Run(dataclasses.replace(spec, candidates=1), bundle).z.detach(), found[0][0])
    assert len({loss for _, loss in found}) == 6


def test_where_z_rests_is_the_start_that_was_taken(spec: Spec, bundle: Bundle) -> None:
    quiet = dataclasses.replace(bundle, entry=dataclasses.replace(bundle.entry, start_noise=0.0, candidates=6))
    run = Run(spec, quiet)
    assert run.rest is not None and torch.equal(run.rest, run.z.detach())


def test_an_edit_starts_from_its_input_however_many_candidates_are_asked_for(spec: Spec, bundle: Bundle) -> None:
    given = pictures.png(Image.linear_gradient("L").resize((32, 48)).convert("RGB"))
    runs = [Run(dataclasses.replace(spec, candidates=count), bundle, given) for count in (None, 9)]
    assert torch.equal(runs[0].z, runs[1].z) and torch.equal(runs[0].rng.get_state(), runs[1].rng.get_state())


def test_a_perceptor_without_weight_has_no_say(spec: Spec, bundle: Bundle) -> None:
    run = Run(spec, bundle)
    starts = [bundle.generator.undecided(*run.cells, torch.Generator().manual_seed(i)) for i in range(5)]
    for weights in ((1.0, 0.0), (0.0, 1.0)):
        first = begin.best_of(starts, LATENTS["straight-through"], bundle.models(spec.precision), run.story[0], weights)
        (i,) = (i for i, weight in enumerate(weights) if weight)
        seen = [
            whole(bundle.perceptors[i], bundle.generator.decode(run.latent.shown(z, bundle.generator)).clamp(0, 1))
            for z in starts
        ]
        now = run.story[0]
        each = [float(losses.prompt_loss(one, now.embeddings[i], now.weights, now.stops)) for one in seen]
        assert first == each.index(min(each))


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("coarse", 0.95, "a number from 0 to 0.9"),
        ("candidates", 0, "a whole number from 1 to 16"),
        ("cutout_schedule", "slow", "one of: constant, rising, falling"),
    ],
)
def test_what_cannot_be_is_refused_with_what_it_may_be(
    spec: Spec, bundle: Bundle, name: str, value: object, allowed: str
) -> None:
    with pytest.raises(SpecError, match=f"{name} is {value!r}; it must be {allowed}"):
        Run(dataclasses.replace(spec, **{name: value}), bundle)  # type: ignore[arg-type]


def test_a_table_with_an_unknown_schedule_is_refused() -> None:
    entry = table()["starter"]
    values = {field.name: getattr(entry, field.name) for field in dataclasses.fields(BundleEntry)}
    with pytest.raises(ValueError, match="unknown name 'slow'"):
        BundleEntry(**{**values, "cutout_schedule": "slow"})
