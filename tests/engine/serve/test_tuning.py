"""Threads and precision of a new job: measured once for a machine and its weights, and never against what was asked."""

from __future__ import annotations

import dataclasses
import itertools
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.bundles.bundles import Bundle
from engine.device import devices
from engine.messages import Precision, Ready
from engine.serve import process, tuning
from engine.serve.process import EngineSettings


def measured(took: Mapping[int, list[float]], clock: Iterator[float] | None = None) -> tuple[int, list[int]]:
    """The choice, and what was tried in which order; ``took`` are the seconds of each turn, the last for all after."""
    tried: list[int] = []
    turns = {number: iter([*seconds, *itertools.repeat(seconds[-1], 9)]) for number, seconds in took.items()}

    def seconds(number: int) -> float:
        tried.append(number)
        return next(turns[number])

    clock = itertools.repeat(0.0) if clock is None else clock
    return tuning.fastest(list(took), seconds, tuning.MORE_THREADS, lambda: next(clock)), tried


@pytest.mark.parametrize(("cores", "expected"), [(1, [1]), (2, [1, 2]), (3, [1, 3]), (8, [1, 4, 8])])
def test_one_thread_half_of_the_cores_and_all_are_tried(cores: int, expected: list[int]) -> None:
    assert tuning.thread_counts(cores) == expected


def test_the_fastest_is_chosen_in_turn_and_the_first_of_each_does_not_count() -> None:
    chosen, tried = measured({1: [0.1, 2.0], 4: [9.0, 1.0], 8: [9.0, 1.5]})
    assert chosen == 4
    assert tried == [1, 4, 8] * (1 + tuning.ROUNDS)


def test_a_disturbed_turn_does_not_count_and_a_small_gain_is_not_worth_more_threads() -> None:
    assert measured({1: [1, 1.0, 1.0], 2: [1, 5.0, 0.5]})[0] == 2
    assert measured({1: [1, 1.0], 2: [1, 0.97]})[0] == 1
    assert measured({1: [1, 1.0], 4: [1, 0.9], 8: [1, 0.88]})[0] == 4


def test_large_models_are_measured_once_each() -> None:
    _, tried = measured({1: [9.0], 2: [5.0]}, clock=iter([0.0, 14.0]))
    assert tried == [1, 2, 1, 2]


QUESTIONS: Mapping[str, Callable[[Bundle, int, Path], Any]] = {
    "threads": tuning.threads,
    "precision": tuning.precision,
}


@pytest.fixture(params=QUESTIONS)
def question(request: pytest.FixtureRequest) -> Callable[[Bundle, int, Path], Any]:
    return QUESTIONS[request.param]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was measured, each time with the last option as the fastest."""
    asked = list[Any]()

    def fastest(options: list[Any], *_: object) -> Any:
        asked.append(options[-1])
        return options[-1]

    monkeypatch.setattr(tuning, "fastest", fastest)
    return asked


def test_what_was_measured_is_kept_for_this_machine_and_these_weights_alone(
    bundle: Bundle, tmp_path: Path, question: Callable[[Bundle, int, Path], Any], asked: list[Any]
) -> None:
    answers = [question(bundle, cores, tmp_path) for cores in (2, 2, 4, 2)]
    assert len(asked) == 2 and answers == [asked[0], asked[0], asked[1], asked[0]]
    assert [type(answer) for answer in answers] == [type(asked[0])] * 4
    question(dataclasses.replace(bundle, weights_hash="other"), 2, tmp_path)
    assert len(asked) == 3
    kept = json.loads((tmp_path / tuning.CACHE).read_text(encoding="utf-8"))
    assert sorted(kept.values()) == sorted(asked) and all(torch.__version__ in key for key in kept)


def test_both_answers_are_kept_side_by_side(bundle: Bundle, tmp_path: Path, asked: list[Any]) -> None:
    for _ in range(2):
        assert tuning.threads(bundle, 2, tmp_path) == 2
        assert tuning.precision(bundle, 2, tmp_path) == Precision.BF16
    assert asked == [2, Precision.BF16]


def test_of_one_core_nothing_is_measured(bundle: Bundle, tmp_path: Path, asked: list[Any]) -> None:
    assert tuning.threads(bundle, 1, tmp_path) == 1 and not asked


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"x": "2"}', "every answer is nonsense"])
def test_a_damaged_file_is_measured_anew_and_one_that_cannot_be_written_does_no_harm(
    bundle: Bundle, tmp_path: Path, question: Callable[[Bundle, int, Path], Any], asked: list[Any], content: str
) -> None:
    path = tmp_path / tuning.CACHE
    if content.startswith("every"):
        question(bundle, 2, tmp_path)
        content = json.dumps({key: [content] for key in json.loads(path.read_text(encoding="utf-8"))})
    path.write_text(content)
    asked.clear()
    assert [question(bundle, 2, tmp_path)] == asked
    assert asked[0] in json.loads(path.read_text(encoding="utf-8")).values()
    assert question(bundle, 2, tmp_path / "nowhere") == asked[0]


def test_a_measurement_that_fails_takes_what_is_safe_and_says_so(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no such instruction")

    monkeypatch.setattr(tuning, "fastest", broken)
    with caplog.at_level(logging.WARNING):
        assert tuning.threads(bundle, 2, tmp_path) == 2
        assert tuning.precision(bundle, 2, tmp_path) == Precision.FP32
    assert caplog.text.count("could not be measured") == 2 and not (tmp_path / tuning.CACHE).exists()


def test_a_small_picture_of_the_bundles_own_models_is_what_is_measured(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "SIDE", 32)
    halves = len(bundle._halved)
    assert tuning.threads(bundle, 2, tmp_path) in (1, 2)
    assert tuning.precision(bundle, 1, tmp_path) in list(Precision)
    assert len(bundle._halved) == halves, "what was measured is not held"


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        ({}, (3, 8, Precision.BF16)),
        ({"threads": 2}, (2, 2, Precision.BF16)),
        ({"precision": Precision.FP32}, (3, 8, Precision.FP32)),
    ],
    ids=["nothing", "threads", "precision"],
)
def test_an_engine_says_what_was_measured_unless_the_configuration_says_what(
    weights_dir: Path, monkeypatch: pytest.MonkeyPatch, configured: Any, expected: tuple[int, int, Precision]
) -> None:
    monkeypatch.setattr(devices, "cores", lambda: 8)
    monkeypatch.setattr(devices, "keep_memory", lambda: None)
    monkeypatch.setattr(tuning, "threads", lambda bundle, cores, folder: 3)
    monkeypatch.setattr(tuning, "precision", lambda bundle, count, folder: Precision.BF16)
    _, ready = process._load(EngineSettings(weights_dir=str(weights_dir), device="cpu", **configured))
    assert isinstance(ready, Ready)
    assert (ready.threads, ready.cores, ready.bundles[0].precision) == expected
