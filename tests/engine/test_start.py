from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from engine import bundles, start
from engine.bundles import BundleEntry
from engine.messages import Spec
from engine.run import Run


def load(weights_dir: Path, **changes: object) -> bundles.Bundle:
    entry = dataclasses.replace(bundles.table()["starter"], **changes)  # type: ignore[arg-type]
    return bundles.load("starter", weights_dir, torch.device("cpu"), entry)


def test_a_learned_start_depends_on_the_words_and_on_the_seed_by_its_noise_alone(weights_dir: Path, spec: Spec) -> None:
    quiet = load(weights_dir, start="learned", start_network="starter/start.safetensors", start_noise=0.0)
    first, reseeded = Run(spec, quiet), Run(dataclasses.replace(spec, seed=8), quiet)
    reworded = Run(dataclasses.replace(spec, prompt="a blue circle"), quiet)
    assert torch.equal(first.z, reseeded.z)
    assert not torch.equal(first.z, reworded.z)
    noisy = load(weights_dir, start="learned", start_network="starter/start.safetensors", start_noise=0.2)
    assert not torch.equal(Run(spec, noisy).z, Run(dataclasses.replace(spec, seed=8), noisy).z)


def test_a_learned_start_is_where_the_penalty_rests(weights_dir: Path, spec: Spec) -> None:
    term = bundles.Regulariser(weight=1.0, schedule="constant")
    quiet = load(
        weights_dir, start="learned", start_network="starter/start.safetensors", start_noise=0.0, regulariser=term
    )
    run = Run(spec, quiet)
    assert float(run.penalty().detach()) == 0.0
    with torch.no_grad():
        run.z.add_(0.1)
    assert float(run.penalty().detach()) > 0.0


def test_prompts_that_push_away_have_no_say_in_the_start_and_the_others_are_averaged() -> None:
    torch.manual_seed(0)
    network = start.StartNetwork(vocabulary=9, context=5, e=2, read=8, drawn=8).eval()
    tokens = torch.tensor([[6, 1, 8, 0, 0], [6, 2, 3, 8, 0], [6, 4, 8, 0, 0]])
    first, second = (start.learned(network, tokens[i : i + 1], torch.ones(1), 6, 5) for i in range(2))
    together = start.learned(network, tokens, torch.tensor([3.0, 1.0, -1.0]), 6, 5)
    assert together.shape == (1, 2, 6, 5)
    torch.testing.assert_close(together, 0.75 * first + 0.25 * second)


def test_what_stands_behind_the_end_token_is_not_read() -> None:
    torch.manual_seed(0)
    network = start.StartNetwork(vocabulary=9, context=5, e=2, read=8, drawn=8).eval()
    padded, other = torch.tensor([[6, 1, 8, 0, 0]]), torch.tensor([[6, 1, 8, 4, 2]])
    torch.testing.assert_close(network(padded), network(other))


def test_the_papers_start_is_random_codes(weights_dir: Path, spec: Spec) -> None:
    bundle = load(weights_dir, start="random", start_network=None)
    run = Run(spec, bundle)
    assert run.rest is None
    torch.testing.assert_close(bundle.generator.look_up(bundle.generator.nearest_codes(run.z.detach())), run.z.detach())


def test_a_table_that_names_a_learned_start_without_its_network_is_refused() -> None:
    entry = bundles.table()["starter"]
    values = {field.name: getattr(entry, field.name) for field in dataclasses.fields(BundleEntry)}
    with pytest.raises(ValueError, match="belong together"):
        BundleEntry(**{**values, "start": "learned", "start_network": None})
    with pytest.raises(ValueError, match="unknown name 'nowhere'"):
        BundleEntry(**{**values, "start": "nowhere", "start_network": None})
