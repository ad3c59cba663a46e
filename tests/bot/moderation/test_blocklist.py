"""Blocked words are found in their disguises and not in other words; an expression has its time and no more."""

from __future__ import annotations

import pytest

from bot.domain.moderation import Hit, RuleKind
from bot.errors import BadSetting
from bot.moderation import blocklist


def found(text: str, word: str = "bad") -> bool:
    return blocklist.search(text, [word], []) is not None


@pytest.mark.parametrize(
    "text",
    [
        "a bad car",
        "BAD",
        "bad:0.5 | fog",
        "bаd",  # a Cyrillic а
        "ßad b\u200ba\u2060d",
        "b\u00adad",
        "b\u0336a\u0336d\u0336",
        "báď",
        "ｂａｄ",
        "𝖇𝖆𝖉",
        "ⓑⓐⓓ",
        "🅱🅰🅳",
        "🇧 🇦 🇩",
        "b4d",
        "8@d!",
        "b.a.d",
        "b-ad",
        "b a d",
        "b_a_d",
        "baaaad",
        "b\u3164a\u3164d",
    ],
)
def test_a_blocked_word_is_seen_through_its_disguise(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize("text", ["badge", "a bald man", "ba da", "bed", "b", "sinbad the sailor", "abad", "b and d"])
def test_other_words_are_let_in(text: str) -> None:
    assert not found(text)


def test_figures_alone_are_numbers() -> None:
    assert not found("450 cars", "aso") and found("4so", "aso")


def test_one_figure_may_stand_for_two_letters() -> None:
    assert found("k1ll", "kill") and found("ki11", "kill") and not found("kill", "lilt")


def test_phrases_and_words_of_other_alphabets_are_found() -> None:
    assert found("a   Very-Bad day", "very bad") and found("очень ПЛОХО", "плохо")


def test_double_letters_stay_what_they_are() -> None:
    assert not found("as green as grass", "ass") and found("asssss", "ass")


@pytest.mark.parametrize("text", ["", "  ", "|:.", "\u200b", "x" * 101])
def test_a_word_that_could_not_be_found_is_refused(text: str) -> None:
    with pytest.raises(BadSetting):
        blocklist.check_word(text)


@pytest.mark.parametrize(
    ("expression", "why"),
    [("(", "cannot read that"), (".*", "every prompt"), ("(a|aa)+$", "very long"), ("x" * 101, "longer")],
)
def test_a_careless_expression_is_refused(expression: str, why: str) -> None:
    with pytest.raises(BadSetting, match=why):
        blocklist.check_regex(expression)


def test_expressions_are_tried_on_the_text_and_on_what_it_looks_like() -> None:
    hit = Hit(kind=RuleKind.REGEX, value=r"ba+d\b")
    assert blocklist.search("BАААD", [], [r"ba+d\b"]) == hit
    assert blocklist.search("#12", [], [r"#\d+"]) is not None
    assert blocklist.search("badge", [], [r"ba+d\b"]) is None


def test_an_expression_that_runs_out_of_its_time_counts_as_found() -> None:
    hit = blocklist.search("a" * 60 + "!", [], ["(a|aa)+$"])
    assert hit == Hit(kind=RuleKind.REGEX, value="(a|aa)+$", timed_out=True)
