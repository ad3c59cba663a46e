"""How many threads a new job has: measured once for a machine and its weights, and never against what was asked for."""

from __future__ import annotations

import dataclasses
import itertools
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import torch

from engine import devices, process, threads
from engine.bundles import Bundle
from engine.messages import Ready
from engine.process import EngineSettings


def measured(took: Mapping[int, list[float]], clock: Iterator[float] | None = None) -> tuple[int, list[int]]:
    """The choice, and what was tried in which order; ``took`` are the seconds of each turn, the last for all after."""
    tried: list[int] = []
    turns = {number: iter([*seconds, *itertools.repeat(seconds[-1], 9)]) for number, seconds in took.items()}

    def seconds(number: int) -> float:
        tried.append(number)
        return next(turns[number])

    clock = itertools.repeat(0.0) if clock is None else clock
    return threads.fastest(max(took), seconds, lambda: next(clock)), tried


@pytest.mark.parametrize(("cores", "expected"), [(1, [1]), (2, [1, 2]), (3, [1, 3]), (8, [1, 4, 8])])
def test_one_thread_half_of_the_cores_and_all_are_tried(cores: int, expected: list[int]) -> None:
    assert threads.options(cores) == expected


def test_the_fastest_is_chosen_in_turn_and_the_first_of_each_does_not_count() -> None:
    chosen, tried = measured({1: [0.1, 2.0], 4: [9.0, 1.0], 8: [9.0, 1.5]})
    assert chosen == 4
    assert tried == [1, 4, 8] * (1 + threads.ROUNDS)


def test_a_disturbed_turn_does_not_count_and_a_small_gain_is_not_worth_more_threads() -> None:
    assert measured({1: [1, 1.0, 1.0], 2: [1, 5.0, 0.5]})[0] == 2
    assert measured({1: [1, 1.0], 2: [1, 0.97]})[0] == 1
    assert measured({1: [1, 1.0], 4: [1, 0.9], 8: [1, 0.88]})[0] == 4


def test_large_models_are_measured_once_each() -> None:
    _, tried = measured({1: [9.0], 2: [5.0]}, clock=iter([0.0, 14.0]))
    assert tried == [1, 2, 1, 2]


def test_what_was_measured_is_kept_for_this_machine_and_these_weights_alone(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def fastest(cores: int, seconds: object) -> int:
        asked.append(cores)
        return cores

    monkeypatch.setattr(threads, "fastest", fastest)
    assert threads.default(bundle, 1, tmp_path) == 1 and not asked
    assert [threads.default(bundle, cores, tmp_path) for cores in (2, 2, 4, 2)] == [2, 2, 4, 2]
    assert asked == [2, 4]
    threads.default(dataclasses.replace(bundle, weights_hash="other"), 2, tmp_path)
    assert asked == [2, 4, 2]
    kept = json.loads((tmp_path / threads.CACHE).read_text(encoding="utf-8"))
    assert sorted(kept.values()) == [2, 2, 4] and all(torch.__version__ in key for key in kept)


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"x": "2"}'])
def test_a_damaged_file_is_measured_anew_and_one_that_cannot_be_written_does_no_harm(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setattr(threads, "fastest", lambda cores, seconds: 1)
    (tmp_path / threads.CACHE).write_text(content)
    assert threads.default(bundle, 2, tmp_path) == 1
    assert json.loads((tmp_path / threads.CACHE).read_text(encoding="utf-8"))
    assert threads.default(bundle, 2, tmp_path / "nowhere") == 1


def test_a_measurement_that_fails_takes_all_cores_and_says_so(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(cores: int, seconds: object) -> int:
        raise RuntimeError("no such instruction")

    monkeypatch.setattr(threads, "fastest", broken)
    with caplog.at_level(logging.WARNING):
        assert threads.default(bundle, 2, tmp_path) == 2
    assert "could not be measured" in caplog.text and not (tmp_path / threads.CACHE).exists()


def test_a_small_picture_of_the_bundles_own_models_is_what_is_measured(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "SIDE", 32)
    assert threads.default(bundle, 2, tmp_path) in (1, 2)


@pytest.mark.parametrize(("configured", "expected"), [(0, (3, 8)), (2, (2, 2))])
def test_an_engine_says_what_was_measured_unless_the_configuration_says_how_many(
    weights_dir: Path, monkeypatch: pytest.MonkeyPatch, configured: int, expected: tuple[int, int]
) -> None:
    monkeypatch.setattr(devices, "cores", lambda: 8)
    monkeypatch.setattr(devices, "keep_memory", lambda: None)
    monkeypatch.setattr(threads, "default", lambda bundle, cores, folder: 3)
    _, ready = process._load(EngineSettings(weights_dir=str(weights_dir), device="cpu", threads=configured))
    assert isinstance(ready, Ready) and (ready.threads, ready.cores) == expected
