"""The grammar of an edit."""

from __future__ import annotations

import pytest

from bot.errors import BadSetting, UserError
from bot.words import commands, prompts, values
from bot.words.prompts import Wish
from engine.messages import SpecError
from engine.messages.resolution import check_asked

BOT = 42


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("/edit a blue car", "a blue car"),
        (".edit a blue car", "a blue car"),
        (".EDIT  a blue car ", "a blue car"),
        ("<@42> a blue car", "a blue car"),
        ("<@!42>, a blue car", "a blue car"),
        ("<@42> /edit a blue car", "a blue car"),
        ("<@42> edit: a blue car", "edit: a blue car"),
        ("/edit", ""),
        ("<@42>", ""),
        ("/edit\na blue car", "a blue car"),
        ("/editor a blue car", None),
        (".editing", None),
        ("a blue car", None),
        ("I would /edit that", None),
        ("<@43> a blue car", None),
        ("", None),
    ],
)
def test_only_a_command_or_a_mention_at_the_start_is_an_edit(content: str, expected: str | None) -> None:
    assert commands.edit_text(content, BOT) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (".imagine a car", "a car"),
        ("/Imagine a car", "a car"),
        ("<@42> .imagine a car", "a car"),
        ("<@!42>, .imagine\na car", "a car"),
        (".imagine", ""),
        (".imagined a car", None),
        ("imagine a car", None),
        ("<@43> .imagine a car", None),
        ("I .imagine a car", None),
    ],
)
def test_only_the_command_at_the_start_paints(content: str, expected: str | None) -> None:
    assert commands.imagine_text(content, BOT) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a blue car", Wish(prompt="a blue car")),
        ("a blue car, seed 7", Wish(prompt="a blue car", seed=7)),
        ("a blue car, seed: 7", Wish(prompt="a blue car", seed=7)),
        ("a blue car seed=7, strength=.4", Wish(prompt="a blue car", seed=7, strength=0.4)),
        ("a blue car --seed 7", Wish(prompt="a blue car", seed=7)),
        ("a blue car --seed=7 --size 128×192", Wish(prompt="a blue car", seed=7, size=(128, 192))),
        ("a car, size 128 x 192.", Wish(prompt="a car", size=(128, 192))),
        ("a car, iterations 200", Wish(prompt="a car", iterations=200)),
        ("a car, bundle: wikiart", Wish(prompt="a car", bundle="wikiart")),
        ("seed 7", Wish(prompt="", seed=7)),
        ("fog:0.5 | a tree:1:0.2, strength 1", Wish(prompt="fog:0.5 | a tree:1:0.2", strength=1.0)),
        ("a tree\nstrength 0.2\n seed 3 ", Wish(prompt="a tree", strength=0.2, seed=3)),
        ("a car, seed 1, seed 2", Wish(prompt="a car, seed 1", seed=2)),
    ],
)
def test_settings_are_read_from_the_end(text: str, expected: Wish) -> None:
    assert prompts.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a sunflower seed",
        "a seed 7 meters tall",
        "a bundle of straw",
        "a bundle straw",
        "a show of strength",
        "poppyseed 7",
        "a shoe of size forty",
        "a red car -- at night",
    ],
)
def test_ordinary_words_stay_in_the_prompt(text: str) -> None:
    assert prompts.parse(text) == Wish(prompt=text)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("a car --stepps 30", "seed, strength, size, iterations, bundle"),
        ("a car --seed x", "whole number"),
        ("a car, seed 18446744073709551616", "18446744073709551615"),
        ("a car, strength 7", "0 .* to 1"),
        ("a car --strength nan", "0 .* to 1"),
        ("a car --strength much", "0 .* to 1"),
        ("a car --size big", "256x256"),
        ("a car --size 0x5", "256x256"),
    ],
)
def test_unknown_and_impossible_settings_say_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(UserError, match=advice):
        prompts.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("256x384", (256, 384)), ("256 × 384 px", (256, 384)), ("96", (96, 96))]
)
def test_sizes_are_read_as_people_write_them(text: str, expected: tuple[int, int]) -> None:
    assert values.parse_size(text) == expected


@pytest.mark.parametrize("text", ["", "x", "256x", "-1x5", "256x384x2", "1e3", "999999x1", "0"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(BadSetting):
        values.parse_size(text)


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan"), float("inf")])
def test_strength_stays_between_zero_and_one(strength: float) -> None:
    with pytest.raises(SpecError, match=r"from 0 \(keep the picture\) to 1 \(free of it\)"):
        check_asked({"strength": strength})


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("a car --cutouts 8", {"cutouts": 8}),
        ("a car --learning_rate=.05, --latent codebook", {"learning_rate": 0.05, "latent": "codebook"}),
        ("a car --noise-seeds 1,2 --noise-weights 0.5,-1", {"noise_seeds": (1, 2), "noise_weights": (0.5, -1.0)}),
        ("a car --losses l2:1.5:paper --augmentations none", {"losses": ("l2:1.5:paper",), "augmentations": ()}),
        (
            'a car --replace "the \\"old\\" bus, --red" --region-threshold -0.5',
            {"replace": 'the "old" bus, --red', "region_threshold": -0.5},
        ),
    ],
)
def test_every_setting_of_the_engine_has_a_name(text: str, more: dict[str, object]) -> None:
    assert prompts.parse(text) == Wish(prompt="a car", more=more)


def test_a_field_of_a_command_takes_marked_settings_alone() -> None:
    wish = prompts.parse("six apples of size 40 seed 3 --preset weather", plain=False)
    assert wish == Wish(prompt="six apples of size 40 seed 3", preset="weather")


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("--seed 7 a car", "at the end"),
        ("a car --seed 7 --seed 8", "each once"),
        ("a car --augmentations flip, noise", "no spaces"),
        ("a car --cutout 8", "Did you mean “cutouts”"),
        ("a car --cutouts 0", "a whole number from 1 to 1024"),
        ("a car --cutouts many", "a whole number from 1 to 1024"),
        ("a car --ema 1", "a number from 0 to 0.9999"),
        ("a car --precision fp8", "one of: fp32, bf16"),
    ],
)
def test_what_cannot_be_read_says_what_may_stand_there(text: str, advice: str) -> None:
    with pytest.raises(BadSetting, match=advice):
        prompts.parse(text)


@pytest.mark.parametrize(
    ("text", "prompt", "factor"),
    [("x2", "", 2), ("a fox, ×4", "a fox", 4), ("a fox, x2, seed 7", "a fox", 2), ("a fox --upscale 3", "a fox", 3)],
)
def test_a_picture_is_wished_larger_in_a_word(text: str, prompt: str, factor: int) -> None:
    wish = prompts.parse(text)
    assert (wish.prompt, wish.more) == (prompt, {"upscale": factor})


@pytest.mark.parametrize("text", ["a grid of 2x2", "x3", "a sx2", "an x2 fox"])
def test_other_words_with_an_x_are_prompt(text: str) -> None:
    assert prompts.parse(text).prompt == text


@pytest.mark.parametrize("text", ['replace "the dog" with "a fox"', "Replace “the dog” by “a fox”, strength 0.4"])
def test_a_part_is_replaced_in_plain_words(text: str) -> None:
    wish = prompts.parse(text)
    assert (wish.prompt, wish.more) == ("a fox", {"replace": "the dog"})


def test_a_style_is_named_in_plain_words_where_it_stands_apart() -> None:
    assert prompts.parse("style watercolor").style == "watercolor"
    wish = prompts.parse("a fox, style pixel-art, x2, seed 7")
    assert (wish.prompt, wish.style, wish.more, wish.seed) == ("a fox", "pixel-art", {"upscale": 2}, 7)
    assert prompts.parse("a house in gothic style please").style is None
