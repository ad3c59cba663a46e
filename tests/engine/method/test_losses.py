from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from engine.messages import PromptError, parse_prompts
from engine.method import losses
from engine.method.schedules import DECAYS


def unit(*angles: float) -> torch.Tensor:
    return torch.tensor([[math.cos(angle), math.sin(angle)] for angle in angles])


def test_the_spherical_distance_is_half_the_squared_angle() -> None:
    # 2·arcsin²(|u − v| / 2) with |u − v| = 2·sin(θ/2) is θ²/2.
    for angle in (0.3, 1.0, 3.0):
        distance = losses.spherical_distance(unit(0.0), unit(angle))
        assert float(distance) == pytest.approx(angle**2 / 2, rel=1e-4)


def test_prompts_are_summed_with_their_weights_and_a_negative_one_counts_against() -> None:
    cutouts, texts = unit(0.1, 0.2), unit(0.0, 1.0)
    near, far = (losses.spherical_distance(cutouts, text).mean() for text in texts)
    none = torch.full((2,), -math.inf)
    loss = losses.prompt_loss(cutouts, texts, torch.tensor([2.0, -0.5]), none)
    assert float(loss) == pytest.approx(float(2 * near - 0.5 * far), rel=1e-5)


def test_a_distance_below_its_stop_keeps_its_value_and_pulls_no_more() -> None:
    cutouts = unit(0.1).requires_grad_()
    stops = torch.tensor([1.0])
    loss = losses.prompt_loss(cutouts, unit(0.0), torch.ones(1), stops)
    free = losses.prompt_loss(cutouts, unit(0.0), torch.ones(1), -stops)
    assert float(loss.detach()) == pytest.approx(float(free.detach()))
    assert not loss.requires_grad or not torch.autograd.grad(loss, cutouts)[0].any()
    assert torch.autograd.grad(free, cutouts)[0].any()


def test_the_papers_schedule_loses_0_005_an_iteration_and_stays_at_zero() -> None:
    schedule = DECAYS["paper"]
    assert schedule(1.5, 1, 400) == 1.5
    assert schedule(1.5, 101, 400) == pytest.approx(1.0)
    assert schedule(1.5, 301, 400) == schedule(1.5, 400, 400) == 0.0


def test_the_penalty_is_the_mean_square_and_for_an_edit_rests_at_the_input() -> None:
    z = torch.tensor([1.0, 3.0])
    seen = losses.TermInput(z=z, rest=None, picture=z, variance=2.0)
    assert float(losses.TERMS["l2"](seen)) == 5.0
    assert float(losses.TERMS["l2"](dataclasses.replace(seen, rest=z))) == 0.0
    assert float(losses.TERMS["l2"](dataclasses.replace(seen, rest=z - 2))) == 2.0


def test_prompt_lines_split_into_text_weight_and_stop() -> None:
    parts = parse_prompts("a red car | fog:0.5 | rain:-1:0.8 | a sign: no entry")
    assert [(part.text, part.weight, part.stop) for part in parts] == [
        ("a red car", 1.0, -math.inf),
        ("fog", 0.5, -math.inf),
        ("rain", -1.0, 0.8),
        ("a sign: no entry", 1.0, -math.inf),
    ]


@pytest.mark.parametrize("line", ["", " | ", ":2", "car:nan", "car:inf", "car:1:nan", "car:-1", "car:0"])
def test_a_prompt_line_that_cannot_be_painted_is_refused_with_advice(line: str) -> None:
    with pytest.raises(PromptError):
        parse_prompts(line)
