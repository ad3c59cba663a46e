"""The check of pictures: what it says, of which view, and in which messages."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from engine.bundles import bundles
from engine.bundles.bundles import Bundle
from engine.bundles.safety import Check, CheckSettings, views
from engine.device.transfers import Arriving
from engine.messages import Event, Film, Progress, RunFinished, Spec, StartRun
from engine.run.frames import Pictured, Shot
from engine.serve.loop import Loop
from engine.serve.outbox import Outbox

SETTINGS = CheckSettings(unsafe=("a red car", "red"), neutral=("a blue circle", "green", "the night"))


@pytest.fixture(scope="module")
def checking(weights_dir: Path) -> Bundle:
    """The tiny bundle with phrases."""
    entry = dataclasses.replace(bundles.table()["starter"], check=SETTINGS)
    return bundles.load("starter", weights_dir, torch.device("cpu"), entry)


@pytest.fixture
def image() -> torch.Tensor:
    return torch.rand(1, 3, 48, 32, generator=torch.Generator().manual_seed(3))


def test_the_score_is_the_share_of_the_unsafe_phrases_in_the_worst_view(bundle: Bundle, image: torch.Tensor) -> None:
    expected = []
    for view in range(5):
        shares = []
        for perceptor in bundle.perceptors:
            seen = perceptor.embed_images(views(image, perceptor.input_size))[view]
            texts = perceptor.embed_text([*SETTINGS.unsafe, *SETTINGS.neutral])
            likes = torch.exp(perceptor.scale * (texts @ seen))
            shares.append(float(likes[:2].sum() / likes.sum()))
        expected.append(sum(shares) / 2)
    assert float(Check(bundle.perceptors, SETTINGS).score(image)) == pytest.approx(max(expected), abs=1e-5)
    assert len(set(expected)) == 5


def test_exchanged_phrases_say_the_opposite_of_a_picture_that_is_alike_everywhere(bundle: Bundle) -> None:
    plain = torch.full((1, 3, 32, 32), 0.7)
    exchanged = CheckSettings(unsafe=SETTINGS.neutral, neutral=SETTINGS.unsafe)
    score, opposite = (float(Check(bundle.perceptors, settings).score(plain)) for settings in (SETTINGS, exchanged))
    assert score + opposite == pytest.approx(1, abs=1e-5) and abs(score - opposite) > 0.01


def test_a_word_that_a_perceptor_does_not_know_is_refused(bundle: Bundle) -> None:
    with pytest.raises(ValueError, match="do not know “naked”"):
        Check(bundle.perceptors, CheckSettings(unsafe=("a naked car",), neutral=("a car",)))
    with pytest.raises(ValueError, match="both unsafe and neutral"):
        CheckSettings(unsafe=("red",))


def test_every_frame_the_picture_and_the_film_have_their_score(checking: Bundle, spec: Spec) -> None:
    events: list[Event] = []
    loop = Loop({"starter": checking}, events.append)
    fast = dataclasses.replace(spec, learning_rate=1.0)  # so that each frame has other codes than the one before
    loop.obey(StartRun(job_id=1, spec=fast, frame_seconds=1e-9, film=Film.WEBP))
    run = loop.active[1].run
    while loop.active:
        loop.step()
    loop.close()
    frames = [event for event in events if isinstance(event, Progress)]
    final = events[-1]
    assert isinstance(final, RunFinished) and checking.check is not None
    assert final.unsafe == pytest.approx(float(checking.check.score(run.picture())))
    scores = [frame.unsafe for frame in frames]
    assert all(score is not None and 0 < score < 1 for score in scores) and len(set(scores)) == 3
    assert final.film_unsafe == max(score for score in (*scores, final.unsafe) if score is not None)


def test_a_bundle_without_phrases_says_that_it_checks_nothing(bundle: Bundle, checking: Bundle, spec: Spec) -> None:
    assert checking.info().checks and not bundle.info().checks
    events: list[Event] = []
    loop = Loop({"starter": bundle}, events.append)
    loop.obey(StartRun(job_id=1, spec=spec, frame_seconds=1e-9))
    while loop.active:
        loop.step()
    assert all(event.unsafe is None for event in events if isinstance(event, Progress | RunFinished))


def test_the_published_bundles_check_and_the_starter_does_not() -> None:
    known = bundles.table()
    assert {name for name, entry in known.items() if not entry.check.unsafe} == {"starter"}


def test_a_picture_that_waits_to_be_written_keeps_its_score() -> None:
    outbox = Outbox.__new__(Outbox)
    before = Progress(job_id=1, iteration=1, iterations=9, loss=1.0)
    scores = {"unsafe": Arriving(torch.tensor(0.75))}
    outbox._events = [Pictured(event=before, shot=Shot(torch.zeros(1, 3, 8, 8)), scores=scores)]
    merged = outbox._supersede(dataclasses.replace(before, iteration=2, loss=0.5))
    assert isinstance(merged, Pictured)
    whole = merged.complete()
    assert isinstance(whole, Progress) and whole.image
    assert (whole.iteration, whole.loss, whole.unsafe) == (2, 0.5, 0.75)
