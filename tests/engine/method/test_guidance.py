"""Prompts, image prompts, noise prompts, stories and perceptors: what a run is guided towards."""

from __future__ import annotations

import dataclasses
import io
import math
from collections.abc import Sequence

import pytest
import torch
from PIL import Image

from engine import pictures
from engine.bundles.bundles import Bundle
from engine.messages import PromptError, Spec, SpecError, parse_prompts, parse_story
from engine.method import targets
from engine.models import clip
from engine.run import batch
from engine.run.run import Run


def plain(colour: str, width: int = 24, height: int = 40) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


def changed(spec: Spec, **changes: object) -> Spec:
    return dataclasses.replace(spec, **changes)  # type: ignore[arg-type]


def first_loss(run: Run) -> float:
    """CLIP's part of the loss at the first iteration."""
    images = run.picture()
    (distance,) = batch._distances([run], [run.draw()], images)
    return float(distance)


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("a cat|a dog", ["a cat", "a dog"]),
        ("a cat; a dog;fog:0.5", ["a cat", "a dog", "fog"]),
        ("a cat ;) smiles;", ["a cat ;) smiles;"]),
        (r"a cat\; a dog\|a\: 5", ["a cat; a dog|a: 5"]),
        ("about ~2", ["about ~2"]),
        ("x^2 and ^_^", ["x^2 and ^_^"]),
        (r"up \^ down", ["up ^ down"]),
    ],
)
def test_separators_part_prompts_and_what_only_looks_like_one_is_text(line: str, texts: list[str]) -> None:
    assert [prompt.text for prompt in parse_prompts(line)] == texts


def test_a_story_has_phases_of_equal_length_unless_it_says_otherwise() -> None:
    story = parse_story("a house | fog:0.5 ~2 ^ a castle:2:0.1 ^a ruin ~0.5")
    assert [phase.length for phase in story] == [2.0, 1.0, 0.5]
    assert [[prompt.text for prompt in phase.prompts] for phase in story] == [
        ["a house", "fog"],
        ["a castle"],
        ["a ruin"],
    ]
    assert (story[1].prompts[0].weight, story[1].prompts[0].stop) == (2.0, 0.1)
    assert len(parse_prompts("a house ^ a castle")) == 2


@pytest.mark.parametrize("line", ["a ^ ^ b", "a ~0 ^ b", "a ~1001 ^ b", "a ^ b:-1", "a:1001.0"])
def test_a_story_or_weight_that_cannot_be_told_is_refused(line: str) -> None:
    with pytest.raises(PromptError):
        parse_story(line)


def test_the_phases_end_by_their_shares_and_each_has_an_iteration(spec: Spec, bundle: Bundle) -> None:
    run = Run(changed(spec, prompt="a red car ~3 ^ night", iterations=8), bundle)
    assert [phase.until for phase in run.story] == [6, 8]
    assert targets._ends([1000.0, 1.0, 1.0], 4) == [2, 3, 4]
    with pytest.raises(SpecError, match="iterations is 1; it must be at least 2"):
        Run(changed(spec, prompt="a red car ^ night", iterations=1), bundle)


def test_a_story_switches_its_prompts_on_the_way_also_across_a_checkpoint(spec: Spec, bundle: Bundle) -> None:
    story = changed(spec, prompt="a red car ^ night", iterations=4)
    run, plain_run = Run(story, bundle), Run(changed(spec, prompt="a red car"), bundle)
    for _ in range(2):
        batch.step([run])
        batch.step([plain_run])
    assert torch.equal(run.z, plain_run.z)
    resumed = Run(story, bundle)
    resumed.resume(run.checkpoint())
    assert resumed.targets is resumed.story[1]
    for each in (run, resumed, plain_run):
        batch.step([each])
    assert torch.equal(run.z, resumed.z)
    assert not torch.equal(run.z, plain_run.z)


def test_prompts_are_summed_or_averaged_by_a_setting(spec: Spec, bundle: Bundle) -> None:
    two = changed(spec, prompt="a red car:3 | night:-1")
    summed, averaged = (Run(changed(two, reduction=name), bundle) for name in ("sum", "mean"))
    assert averaged.targets.weights.tolist() == [0.75, -0.25]
    assert first_loss(summed) == pytest.approx(4 * first_loss(averaged), rel=1e-5)
    assert Run(two, bundle).targets.weights.tolist() == [3.0, -1.0]


def test_image_prompts_are_targets_seen_through_the_same_cutouts(spec: Spec, bundle: Bundle) -> None:
    mixed = changed(spec, image_weights=(0.5,))
    run = Run(mixed, bundle, image_prompts=[plain("red")])
    n = run.cutouts.count
    assert run.targets.embeddings[0].shape[0] == 2 + n
    assert float(run.targets.weights[2:].sum()) == pytest.approx(0.5)
    reference = pictures.decode_within(plain("red"), spec.width * spec.height)
    assert reference.shape[2] > reference.shape[3]  # it keeps its own shape
    other = Run(mixed, bundle, image_prompts=[plain("blue")])
    assert torch.equal(run.z, other.z)
    batch.step([run])
    batch.step([other])
    assert not torch.equal(run.z, other.z)


def test_an_image_prompt_guides_the_picture_towards_it(spec: Spec, bundle: Bundle) -> None:
    alone = changed(spec, prompt="", height=32, iterations=20, augmentations=(), learning_rate=0.02, losses=("l2:0",))
    run = Run(alone, bundle, image_prompts=[plain("red", 32, 32)])
    seen: list[float] = []
    while not run.finished:
        batch.step([run])
        seen.append(run.loss)
    assert min(seen[5:]) < 0.98 * seen[0]


def test_an_image_prompt_alone_needs_no_text_and_nothing_at_all_is_refused(spec: Spec, bundle: Bundle) -> None:
    assert len(Run(changed(spec, prompt=" "), bundle, image_prompts=[plain("red")]).story) == 1
    with pytest.raises(PromptError, match="empty"):
        Run(changed(spec, prompt=""), bundle)
    with pytest.raises(PromptError, match="Nothing attracts"):
        Run(changed(spec, prompt="fog:-1", image_weights=(-1.0,)), bundle, image_prompts=[plain("red")])
    with pytest.raises(ValueError, match="not a picture"):
        Run(spec, bundle, image_prompts=[b"plain text"])
    with pytest.raises(SpecError, match=r"image_weights has 2 weights for 1 image prompts; it must be"):
        Run(changed(spec, image_weights=(1.0, 2.0)), bundle, image_prompts=[plain("red")])


def test_a_noise_prompt_is_a_direction_that_its_seed_determines(spec: Spec, bundle: Bundle) -> None:
    noisy = changed(spec, noise_seeds=(5, 6), noise_weights=(0.5, -0.25))
    first, again = Run(noisy, bundle).targets, Run(changed(noisy, seed=99), bundle).targets
    for mine, same in zip(first.embeddings, again.embeddings, strict=True):
        assert torch.equal(mine[2:], same[2:])
        assert not torch.equal(mine[2], mine[3])
        torch.testing.assert_close(mine.norm(dim=1), torch.ones(4))
    assert first.weights.tolist() == [1.0, 0.5, 0.5, -0.25]
    with pytest.raises(SpecError, match="noise_weights has 1 weights for 2 noise_seeds; it must be"):
        Run(changed(noisy, noise_weights=(1.0,)), bundle)


def test_perceptors_are_weighed_and_one_of_weight_zero_is_not_asked(
    spec: Spec, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = changed(spec, candidates=1)  # else the perceptors would choose different ones
    runs = [Run(changed(spec, perceptor_weights=weights), bundle) for weights in ((1.0, 0.0), (0.0, 1.0), (3.0, 1.0))]
    first, second, both = (first_loss(run) for run in runs)
    assert both == pytest.approx(0.75 * first + 0.25 * second, rel=1e-5)
    assert first_loss(Run(spec, bundle)) == pytest.approx((first + second) / 2, rel=1e-5)
    asked: list[int] = []
    for i, perceptor in enumerate(bundle.perceptors):
        real = perceptor.embed_images
        monkeypatch.setattr(perceptor, "embed_images", lambda cuts, i=i, real=real: asked.append(i) or real(cuts))  # type: ignore[func-returns-value]
    batch.step(runs[1:2])
    assert asked == [1]
    for weights in ((0.0, 0.0), (1.0,), (1.0, 1.0, 1.0)):
        with pytest.raises(SpecError, match=r"perceptor_weights is .* it must be empty, or 2 numbers"):
            Run(changed(spec, perceptor_weights=weights), bundle)


def test_a_stop_holds_through_the_whole_run(spec: Spec, bundle: Bundle) -> None:
    free, stopped = Run(changed(spec, prompt="car"), bundle), Run(changed(spec, prompt="car:1:9"), bundle)
    assert first_loss(free) == pytest.approx(first_loss(stopped))
    assert stopped.targets.stops.tolist() == [9.0] and free.targets.stops.tolist() == [-math.inf]
    image = stopped.picture().requires_grad_()
    (distance,) = batch._distances([stopped], [stopped.draw()], image)
    assert not torch.autograd.grad(distance, image)[0].any()


def test_words_are_read_once_for_all_jobs_that_say_them(
    spec: Spec, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Sequence[str]] = []
    real = clip.CLIP.embed_text
    monkeypatch.setattr(clip.CLIP, "embed_text", lambda self, texts: read.append(texts) or real(self, texts))  # type: ignore[func-returns-value]
    said = dataclasses.replace(spec, prompt="a green circle | the night")
    first = Run(said, bundle).targets
    assert read
    read.clear()
    again = Run(dataclasses.replace(said, seed=1), bundle).targets
    assert not read
    assert all(torch.equal(one, two) for one, two in zip(first.embeddings, again.embeddings, strict=True))
