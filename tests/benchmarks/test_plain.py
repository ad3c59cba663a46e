"""The yardstick of speed: the published loop."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks.plain import Models, Plain, distance, quantize
from benchmarks.speed import models
from engine.method import losses
from engine.models import vqgan


@pytest.fixture(scope="module")
def plain_models(weights_dir: Path) -> Models:
    torch.set_num_threads(1)
    return models.for_plain(models.read("starter", weights_dir), "a red car", torch.device("cpu"))


def painting(made: Models) -> Plain:
    return Plain(made, width=32, height=32, f=4, cutouts=4, seed=3)


def test_its_loss_falls_and_its_seed_repeats(plain_models: Models) -> None:
    run, again = painting(plain_models), painting(plain_models)
    first = run.z.detach().clone()
    assert torch.equal(first, again.z.detach())
    lost = [run.step() for _ in range(40)]
    assert sum(lost[-5:]) < sum(lost[:5])
    assert not torch.equal(run.z.detach(), first)
    assert run.picture().shape == (1, 3, 32, 32)


def test_it_decodes_and_compares_as_the_engine_does(plain_models: Models, weights_dir: Path) -> None:
    """Else a ratio of their speeds would compare two different things."""
    given = models.read("starter", weights_dir)
    generator = vqgan.build(given.config, given.vqgan)
    torch.manual_seed(0)
    z = torch.randn(1, 8, 8, 8)
    codes = quantize(z, plain_models.codebook)
    torch.testing.assert_close(codes, generator.look_up(generator.nearest_codes(z)), atol=1e-5, rtol=0)
    painted = (plain_models.decode(codes) + 1) / 2
    torch.testing.assert_close(painted, generator.decode(codes), atol=1e-4, rtol=1e-4)
    u, v = torch.randn(5, 16), torch.randn(1, 16)
    theirs = losses.spherical_distance(torch.nn.functional.normalize(u), torch.nn.functional.normalize(v)).mean()
    torch.testing.assert_close(distance(u, v), theirs)


def test_every_cell_takes_its_nearest_code_and_hands_its_gradient_on() -> None:
    codebook = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    z = torch.tensor([[0.2, 0.9], [0.1, 0.7]]).view(1, 2, 1, 2).requires_grad_()
    codes = quantize(z, codebook)
    assert codes.flatten().tolist() == [0.0, 1.0, 0.0, 1.0]
    (codes * torch.tensor([1.0, 2.0])).sum().backward()
    assert z.grad is not None and z.grad.flatten().tolist() == [1.0, 2.0, 1.0, 2.0]
