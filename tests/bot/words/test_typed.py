"""Words as people type them: on phones, in ordinary sentences, pasted, and in the habits of other bots."""

from __future__ import annotations

import dataclasses
import itertools
import re

import pytest

from bot.errors import BadSetting
from bot.gateway.bounds import bounded
from bot.gateway.replies import explain
from bot.texts import card
from bot.words import values
from bot.words.prompts import Wish, parse, with_options
from engine.messages import PromptError, parse_prompts
from engine.messages.limits import number
from engine.messages.prompts import split_weight, told
from engine.messages.sizes import Aspect
from tests.ordinary import PHRASES

RECIPE = "a red car --seed 7 --size 128x96 --bundle starter [weights 1a2b3c4d5e6f, fp32, 2 threads, cpu, faraday 1.0]"
PAINTED = parse(RECIPE)
DASHES = ("-", "‐", "‑", "–", "—", "―", "−", "––", "—-")
SETTINGS = (
    ("seed 7", {"seed": 7}),
    ("seed=7", {"seed": 7}),
    ("size 128x96", {"size": (128, 96)}),
    ("strength .4", {"strength": 0.4}),
    ("iterations: 20", {"iterations": 20}),
    ("style watercolor", {"style": "watercolor"}),
    ("bundle starter", {"bundle": "starter"}),
    ("preset weather", {"preset": "weather"}),
    ("cutouts 8", {"more": {"cutouts": 8}}),
    ("noise-seeds 1,2", {"more": {"noise_seeds": (1, 2)}}),
    ("image-weights −1", {"more": {"image_weights": (-1.0,)}}),
    ("replace “the dog”", {"more": {"replace": "the dog"}}),
    ("replace 'the dog's ear'", {"more": {"replace": "the dog's ear"}}),
    ("ar 16:9", {"size": Aspect(width=16.0, height=9.0)}),
)


@pytest.mark.parametrize(("dash", "setting"), list(itertools.product(DASHES, SETTINGS)))
def test_any_dash_before_a_known_name_is_a_setting(dash: str, setting: tuple[str, dict[str, object]]) -> None:
    text, expected = setting
    for plain in (True, False):
        assert parse(f"a car {dash}{text}", plain=plain) == Wish(prompt="a car", **expected)  # type: ignore[arg-type]
        assert parse(f"a car {dash}{text} --threads 1", plain=plain).prompt == "a car"
    assert with_options(f"a car {dash}{text}", None).prompt == "a car"


@pytest.mark.parametrize("text", ["a car—seed 7", "a car--seed 7"])
def test_a_dash_without_its_space_is_a_setting_where_a_number_follows(text: str) -> None:
    assert parse(text) == Wish(prompt="a car", seed=7)


OLD = ('"the dog"', "“the dog”", "'the dog'", "‘the dog’", "„the dog“", "«the dog»")
NEW = ('"a fox"', "“a fox”", "'a fox'", "’a fox’")


@pytest.mark.parametrize(("old", "new"), list(itertools.product(OLD, NEW)))
def test_any_quotation_marks_hold_words(old: str, new: str) -> None:
    wish = parse(f"replace {old} with {new}")
    assert (wish.prompt, wish.more) == ("a fox", {"replace": "the dog"})
    assert parse(f"a fox --replace {old}").more == {"replace": "the dog"}


def test_there_are_two_hundred_ordinary_phrases() -> None:
    assert len(set(PHRASES)) >= 200


@pytest.mark.parametrize("phrase", PHRASES)
def test_no_ordinary_phrase_is_read_as_syntax(phrase: str) -> None:
    for plain in (True, False):
        assert parse(phrase, plain=plain) == Wish(prompt=phrase)
    (part,) = parse_prompts(phrase)
    assert (part.text, part.weight, part.stop) == (phrase, 1.0, -float("inf"))
    assert told(phrase) == ()


@pytest.mark.parametrize(
    ("line", "weight", "note"),
    [
        ("a red car:2", 2.0, ("counts 2 times: a red car.",)),
        ("a BMW X4:2", 2.0, ("counts 2 times: a BMW X4.",)),
        ("fog:0.5", 0.5, ("counts 0.5 times: fog.",)),
        ("nginx:1.25", 1.25, ("counts 1.25 times: nginx.",)),
        ("route 66:1.5", 1.5, ("counts 1.5 times: route 66.",)),
        ("fog: 0.5", 0.5, ("counts 0.5 times: fog.",)),
        ("fog:+10", 10.0, ("counts 10 times: fog.",)),
        ("a red car::2", 2.0, ("counts 2 times: a red car.",)),
        ("(a red car:1.3)", 1.3, ("counts 1.3 times: a red car.",)),
    ],
)
def test_what_is_plainly_a_weight_is_one_and_what_might_be_words_is_told(
    line: str, weight: float, note: tuple[str, ...]
) -> None:
    (part,) = parse_prompts(line)
    assert part.weight == weight
    assert told(line) == note


def test_weights_beside_other_parts_are_plainly_meant() -> None:
    assert told("a lake:1.5 | fog:0.5 | rain:-0.5") == ()


def test_midjourneys_and_a1111s_parts_are_read() -> None:
    parts = parse_prompts("hot::2 dog:: fog::-0.5")
    assert [(part.text, part.weight) for part in parts] == [("hot", 2.0), ("dog", 1.0), ("fog", -0.5)]
    assert [part.text for part in parse_prompts("a (red:1.3) car")] == ["a red car"]
    assert "a red car" not in told("a (red:1.3) car")[0]
    assert "| red:1.3" in told("a (red:1.3) car")[0]


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("a car --ar 16:9", Wish(prompt="a car", size=Aspect(width=16.0, height=9.0))),
        ("a car --size 3/2", Wish(prompt="a car", size=Aspect(width=3.0, height=2.0))),
        ("a car --no trees, two dogs --seed 7", Wish(prompt="a car | trees:-0.5 | two dogs:-0.5", seed=7)),
        ("a car —no trees", Wish(prompt="a car | trees:-0.5")),
        ("a car ~2 ^ a bus --no fog", Wish(prompt="a car | fog:-0.5 ~2 ^ a bus | fog:-0.5")),
        ("a car --seed -1", Wish(prompt="a car")),
        ("a car, seed -1", Wish(prompt="a car")),
        ("a car --seed 18446744073709551615", Wish(prompt="a car", seed=2**64 - 1)),
    ],
)
def test_other_bots_habits_have_a_plain_equivalent(text: str, wish: Wish) -> None:
    assert parse(text) == wish


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("a car --steps 30", "--iterations 200"),
        ("a car --width 512", "--size 256x384"),
        ("a car --v 6", "Leave it out"),
    ],
)
def test_other_habits_are_answered_with_ours(text: str, ours: str) -> None:
    with pytest.raises(BadSetting, match=ours):
        parse(text)


@pytest.mark.parametrize(
    "pasted",
    [
        f"```{RECIPE}```",
        f"```\n{RECIPE}\n```",
        f"```txt\n{RECIPE}\n```",
        f"`{RECIPE}`",
        f"> {RECIPE}",
        f"<@1> **a red car**\n-# 128×96 px · 20 iterations\n```\n{RECIPE}\n```\n{card.HINT}",
        f"<@1> **a red car** -# 128×96 px ``` {RECIPE} ``` {card.HINT}",
        f"Ada a red car\n128×96 px · 20 iterations\n{RECIPE}\nOr reply .edit and what should change",
        f"This picture carries a recipe:\n```\n{RECIPE}\n```",
    ],
)
def test_a_recipe_is_read_however_it_is_pasted(pasted: str) -> None:
    for plain in (True, False):
        assert parse(pasted, plain=plain) == PAINTED


def test_what_follows_a_pasted_recipe_changes_it() -> None:
    assert parse(f"```\n{RECIPE}\n``` --seed 8") == dataclasses.replace(PAINTED, seed=8)
    assert parse(f"{RECIPE} —seed 8") == dataclasses.replace(PAINTED, seed=8)


def test_a_recipe_that_was_cut_short_says_where_it_stands_whole() -> None:
    with pytest.raises(BadSetting, match="Show recipe"):
        parse(card.with_recipe("a car", "word " * 600))


@pytest.mark.parametrize("text", ["a car --foo 3", "a car --v 5", "--seed 7 a car", "a hero, strength 99"])
def test_a_backslash_paints_what_reads_as_a_setting(text: str) -> None:
    with pytest.raises(BadSetting) as refused:
        parse(text)
    assert re.search(r"Write \\(--|strength)", str(refused.value))
    assert parse(re.sub("--|(?=strength)", r"\\\g<0>", text)).prompt == text


@pytest.mark.parametrize("line", ["a:nan", "a:-1001", ":2", "a:1:nan", "temperature:-5", "a depth: -20.5"])
def test_a_refused_weight_shows_the_words_with_their_backslash(line: str) -> None:
    with pytest.raises(PromptError) as refused:
        parse_prompts(line)
    assert line.replace(":", "\\:") in str(refused.value)


def test_settings_in_plain_words_are_told() -> None:
    assert parse("a car, seed 7, size 8x8").notes == ("Read as settings: seed 7, size 8x8.",)
    assert parse("seed 7").notes == parse("a car --seed 7").notes == ()


@pytest.mark.parametrize("text", ["1_000", "٣", "３", "0x10", "", "1,5"])
def test_only_ordinary_digits_make_a_number(text: str) -> None:
    with pytest.raises(ValueError, match="no number"):
        number(text)


def test_the_name_of_a_file_keeps_its_colon() -> None:
    assert split_weight("shot 10:30") == ("shot 10:30", 1.0)
    assert split_weight("shot.png:0.5") == ("shot.png", 0.5)


LONG = "x" * 6000


@pytest.mark.parametrize(
    "text",
    [
        f"{LONG}:nan", f"a --{LONG} 3", f"a --seed {LONG}", f"a --size {LONG}", f"a --bundle {LONG}",
        f"a --strength {LONG}",
        f"a --losses {LONG}", f"a --noise-seeds {LONG}", f"--seed 7 {LONG}", f"{LONG}::nan", f":{'9' * 4000}",
        f"a --seed {'9' * 5000}", f"a --precision {LONG}", f"{LONG} ~0 ^ b", f"a ^ {LONG}:nan",
    ],
)  # fmt: skip
def test_a_refusal_of_the_longest_words_fits_a_message(text: str) -> None:
    for plain in (True, False):
        try:
            parse_prompts(parse(text, plain=plain).prompt)
        except (BadSetting, PromptError) as refused:
            assert len(str(refused)) < 1500
            assert "x" * 300 not in str(refused)
            sent = bounded({"content": explain(BadSetting(str(refused) * 9))})
            assert len(sent["content"]) <= card.CONTENT_LIMIT


def test_a_recipe_typed_again_is_bounded_by_its_message() -> None:
    assert len(card.with_recipe("a" * 1500, LONG)) <= card.CONTENT_LIMIT
    assert values.option("replace", 'the "red" dog') == '--replace "the \\"red\\" dog"'
