from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
import torch
from PIL import Image

from engine import pictures
from engine.bundles import bundles
from engine.bundles.bundles import BundleEntry
from engine.bundles.describer import Describer
from engine.bundles.phrasebook import Phrasebook
from engine.messages import Spec
from engine.method.latent import resized
from engine.run.run import Run

LEARNED: dict[str, object] = {"start": "learned", "start_network": "starter/start.safetensors"}
QUIET = {**LEARNED, "start_noise": 0.0, "start_spread": 0.0}
"""The same start for every seed."""


def load(weights_dir: Path, **changes: object) -> bundles.Bundle:
    entry = dataclasses.replace(bundles.table()["starter"], **changes)  # type: ignore[arg-type]
    return bundles.load("starter", weights_dir, torch.device("cpu"), entry)


def plain_png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(out, "PNG")
    return out.getvalue()


def test_a_learned_start_depends_on_the_words_and_on_the_seed_by_its_noise_alone(weights_dir: Path, spec: Spec) -> None:
    quiet = load(weights_dir, **QUIET)
    first, reseeded = Run(spec, quiet), Run(dataclasses.replace(spec, seed=8), quiet)
    reworded = Run(dataclasses.replace(spec, prompt="a blue circle"), quiet)
    assert torch.equal(first.z, reseeded.z)
    assert not torch.equal(first.z, reworded.z)
    noisy = load(weights_dir, **LEARNED, start_noise=0.2)
    assert not torch.equal(Run(spec, noisy).z, Run(dataclasses.replace(spec, seed=8), noisy).z)


def test_a_learned_start_is_where_the_penalty_rests(weights_dir: Path, spec: Spec) -> None:
    term = bundles.Regulariser(weight=1.0, schedule="constant")
    quiet = load(
        weights_dir,
        start="learned",
        start_network="starter/start.safetensors",
        start_noise=0.0,
        start_spread=0.0,
        regulariser=term,
    )
    run = Run(spec, quiet)
    assert float(run.penalty(run.picture()).detach()) == 0.0
    with torch.no_grad():
        run.z.add_(0.1)
    assert float(run.penalty(run.picture()).detach()) > 0.0


def test_prompts_that_push_away_have_no_say_in_the_start_and_the_others_are_read_as_one(
    weights_dir: Path, spec: Spec
) -> None:
    bundle = load(weights_dir, **QUIET)

    def first_z(prompt: str) -> torch.Tensor:
        return Run(dataclasses.replace(spec, prompt=prompt), bundle).z

    together = first_z("a red car, at night")
    assert torch.equal(first_z("a red car | at night | blue:-1"), together)
    assert torch.equal(first_z("at night | a red car:2"), together)
    assert not torch.equal(first_z("a red car"), together)


def test_prompts_that_are_too_long_together_start_from_the_heaviest(weights_dir: Path, spec: Spec) -> None:
    bundle = load(weights_dir, **QUIET)
    night = " ".join(["night"] * 14)
    short, long = (dataclasses.replace(spec, prompt=prompt) for prompt in ("red", f"red:2 | {night}"))
    assert torch.equal(Run(short, bundle).z, Run(long, bundle).z)


def test_what_the_words_leave_open_is_read_from_the_input_of_an_edit(weights_dir: Path, spec: Spec) -> None:
    bundle = load(weights_dir, **LEARNED, start_keep=0.25)
    network = bundle.start_network
    assert network is not None
    asked = dataclasses.replace(spec, strength=1.0)
    first, second = (Run(asked, bundle, plain_png(colour)).z for colour in ("red", "blue"))
    z = bundle.generator.encode(pictures.decode(plain_png("red"), spec.width, spec.height))
    text = bundle.perceptors[0].embed_text(["a red car, night"])
    expected = resized(network(text, 0.25 * network.recognise(z)[0]), *z.shape[2:])
    torch.testing.assert_close(first, expected)
    assert not torch.equal(first, second)


def test_an_edit_exchanges_what_the_inputs_own_words_explain_before_its_details_go(
    weights_dir: Path, spec: Spec
) -> None:
    bundle = load(weights_dir, **LEARNED)
    network, red = bundle.start_network, plain_png("red")
    assert network is not None and bundle.describer.has_words
    image = pictures.decode(red, spec.width, spec.height)
    z = bundle.generator.encode(image)
    lies = bundle.entry.start_keep * network.recognise(z)[0]
    said = bundle.describer.describe(pictures.to_image(image)).sentence
    before, after = (
        resized(network(bundle.perceptors[0].embed_text([words]), lies), *z.shape[2:])
        for words in (said, "a red car, night")
    )
    for strength, expected in (
        (0.0, z),
        (0.25, z + (after - before) / 2 - (z - before) / 4),
        (0.5, after + (z - before) / 2),
        (1.0, after),
    ):
        torch.testing.assert_close(Run(dataclasses.replace(spec, strength=strength), bundle, red).z, expected)


def test_an_edit_by_models_that_cannot_describe_begins_between_input_and_start(weights_dir: Path, spec: Spec) -> None:
    described = load(weights_dir, **LEARNED)
    silence = Phrasebook(kinds={}, looks=(), sentences=())
    speechless = dataclasses.replace(described, describer=Describer(described.perceptors, (1.0, 1.0), silence))
    z, half, free = (
        Run(dataclasses.replace(spec, strength=strength), speechless, plain_png("red")).z for strength in (0, 0.5, 1)
    )
    torch.testing.assert_close(half, torch.lerp(z, free, 0.5))


def test_another_size_is_interpolated() -> None:
    z = torch.arange(4.0).view(1, 1, 2, 2)
    assert resized(z, 3, 5).shape == (1, 1, 3, 5)
    assert resized(z, 2, 2) is z


def test_the_papers_start_is_random_codes(weights_dir: Path, spec: Spec) -> None:
    bundle = load(weights_dir, start="random", start_network=None)
    run = Run(spec, bundle)
    assert run.rest is None
    torch.testing.assert_close(bundle.generator.quantise(run.z), run.z.detach())


def test_a_table_that_names_a_learned_start_without_its_network_is_refused() -> None:
    entry = bundles.table()["starter"]
    values = {field.name: getattr(entry, field.name) for field in dataclasses.fields(BundleEntry)}
    with pytest.raises(ValueError, match="belong together"):
        BundleEntry(**{**values, "start": "learned", "start_network": None})
    with pytest.raises(ValueError, match="unknown name 'nowhere'"):
        BundleEntry(**{**values, "start": "nowhere", "start_network": None})
