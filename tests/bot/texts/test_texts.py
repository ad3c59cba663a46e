"""What members read."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.job import Job, Kind, State
from bot.texts import card
from engine.messages import Progress, Spec


def a_job(**changes: Any) -> Job:
    prompt = changes.pop("prompt", "a red car")
    spec = Spec(prompt=prompt, bundle="starter", width=128, height=96, iterations=150, seed=7)
    job = Job(
        id=12,
        state=State.RENDERED,
        attempt=1,
        created_at=datetime.now(UTC),
        kind=Kind.IMAGINE,
        spec=spec,
        requester_id=1,
        guild_id=2,
        channel_id=3,
        thread_id=4,
        card_message_id=5,
        iteration=150,
        seconds=14.2,
    )
    return dataclasses.replace(job, **changes)


def test_the_bar_fills_from_empty_to_full() -> None:
    assert card.bar(0) == "▱" * 12
    assert card.bar(0.5) == "▰" * 6 + "▱" * 6
    assert card.bar(1) == card.bar(7) == "▰" * 12


def test_progress_without_a_known_speed_promises_no_time() -> None:
    progress = Progress(job_id=12, iteration=75, iterations=150, loss=0.81234)
    text = card.painting(a_job(), progress, None)
    assert text == "**a red car**\n▰▰▰▰▰▰▱▱▱▱▱▱ 50%\n75 of 150 iterations · loss 0.812"
    assert "done <t:" in card.painting(a_job(), progress, 12.0)


@pytest.mark.parametrize(("before", "arrow"), [(0.9, " ↘"), (0.8, " ↗"), (0.8124, " →"), (None, "")])
def test_the_loss_has_its_trend_since_the_card_was_last_shown(before: float | None, arrow: str) -> None:
    progress = Progress(job_id=12, iteration=75, iterations=150, loss=0.81234)
    assert card.painting(a_job(), progress, None, before).endswith(f"loss 0.812{arrow}")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.EDIT, "edit of [this picture](https://discord.com/channels/2/8/9)"),
        (Kind.RERUN, "[this picture](https://discord.com/channels/2/8/9) again with a new seed"),
        (Kind.UPSCALE, "[this picture](https://discord.com/channels/2/8/9) at twice the size"),
    ],
)
def test_a_picture_links_to_the_one_it_came_from(kind: Kind, text: str) -> None:
    job = a_job(kind=kind, parent_id=7, parent_channel_id=8, parent_message_id=9)
    for content in (card.starter(job), card.opening(job), card.final(job, "recipe", 512, 384)):
        assert text in content


def test_the_final_message_states_both_sizes_and_the_time() -> None:
    content = card.final(a_job(), "the recipe", 512, 384)
    assert content.startswith("<@1> **a red car**\n-# 512×384 px (painted at 128×96) · 150 iterations · 14 s\n```\n")
    assert "painted at" not in card.final(a_job(), "the recipe", 128, 96)
    assert "80 of 150 iterations" in card.final(a_job(stopped=True, iteration=80), "the recipe", 512, 384)


@pytest.mark.parametrize("prompt", ["word " * 800, "*" * 4000, "`" * 4000, "a\n" * 2000, "😀" * 2000])
def test_whatever_the_prompt_messages_stay_within_discords_limits(prompt: str) -> None:
    job = a_job(prompt=prompt, notes=("x" * 800, "y" * 150, "z" * 150))  # the longest that there are
    content = card.final(job, prompt + " --seed 7", 512, 384)
    assert len(content) <= 2000 and content.count("```") == 2
    assert content.endswith(card.HINT)
    assert "metadata has it whole" in content
    progress = Progress(job_id=12, iteration=1, iterations=150, loss=1.0)
    for text in (card.starter(job), card.painting(job, progress, 5), card.failed(job, "why")):
        assert len(text) <= 2000
    assert 1 <= len(card.thread_name(job)) <= 100
    assert len(card.alt_text(job)) <= 1024


def test_a_prompt_is_shown_and_not_rendered() -> None:
    assert card.title(a_job(prompt="**x** _y_ ~~z~~")) == r"**\*\*x\*\* \_y\_ \~\~z\~\~**"


def test_the_acknowledgement_says_whose_turn_it_is_and_where() -> None:
    assert card.acknowledgement(a_job(), 0) == "Painting now (#12). Follow it in <#4>."
    assert "Painting next (#12)." in card.acknowledgement(a_job(), 1)
    assert "In line, 2 ahead (#12)." in card.acknowledgement(a_job(), 3)
    assert "Follow" not in card.acknowledgement(a_job(thread_id=3), 0)
