"""What is said of the words that a bundle does not know."""

from __future__ import annotations

import dataclasses

import pytest

from engine.messages import PromptError, Vocabulary, vocabulary
from engine.messages.resolution import Asked, Machine, Means, branched, painted, remixed, upscaled
from tests.infos import small

WORDS = "a an at blue car cars heart house in is night of on picture rain red sea star the two with"
INFO = small(
    vocabulary=Vocabulary(
        words=tuple(WORDS.split()),
        kinds=(("things", "car, house, star"), ("weathers", "at night, in the rain")),
    ),
    examples=("a red star", "a blue car at night"),
)
HELP = "I know things like car, house, star; weathers like at night, in the rain."


@pytest.mark.parametrize(
    "prompt",
    [
        "a blue car at night",
        "Blue CAR, at-night!",
        "the car's rain | star:0.5",
        "please make it a red house",  # words that no picture shows are no trouble
    ],
)
def test_nothing_is_said_of_words_that_are_known(prompt: str) -> None:
    assert vocabulary.check(prompt, INFO) == ()


def test_a_bundle_that_knows_all_words_never_complains() -> None:
    assert vocabulary.check("an astronaut", dataclasses.replace(INFO, vocabulary=None)) == ()


def test_an_unknown_word_is_named_with_what_is_known_and_the_example_most_like_the_prompt() -> None:
    (note,) = vocabulary.check("a blue astronaut | fog:-0.5", INFO)
    assert note == f"I do not know “astronaut” and “fog”. {HELP} Try: a blue car at night"


def test_a_typo_gets_the_known_word_that_was_meant() -> None:
    (note,) = vocabulary.check("a red hart in the rian at nigth", INFO)
    named = "“hart” (did you mean “heart”?), “rian” (did you mean “rain”?) and “nigth” (did you mean “night”?)."
    assert note.startswith(f"I do not know {named} I know")


@pytest.mark.parametrize("prompt", ["an astronaut", "a picture of the astronaut", "astronaut | car:-1"])
def test_a_prompt_of_which_nothing_is_known_is_refused_with_the_same_help(prompt: str) -> None:
    with pytest.raises(PromptError) as refusal:
        vocabulary.check(prompt, INFO)
    assert "nothing in that prompt that I could paint. I do not know “astronaut”. " + HELP in str(refusal.value)


@pytest.mark.parametrize("prompt", ["🚗", "a picture of it", "the"])
def test_a_prompt_that_names_nothing_is_refused_too(prompt: str) -> None:
    with pytest.raises(PromptError, match="names nothing that I know"):
        vocabulary.check(prompt, INFO)


def test_however_many_words_are_unknown_the_note_stays_short_and_plain() -> None:
    prompt = "a red car " + " ".join(f"**{letter * 200}** <@{letter}1> `{letter}{letter}`" for letter in "bdefgh")
    (note,) = vocabulary.check(prompt, INFO)
    assert len(note) < 400 and "and 14 more." in note
    assert not set(note) & set("*<@`_")


def test_where_nobody_sorted_the_words_by_kind_the_most_usual_are_named() -> None:
    words = ("a", "dog", "the", "cat", "picture", *(f"animal{number}" for number in range(20)))
    info = dataclasses.replace(INFO, vocabulary=Vocabulary(words=words), examples=())
    (note,) = vocabulary.check("cat and zeppelin", info)
    assert note.startswith("I do not know “zeppelin”. I know words like dog, cat, animal0, animal1, ")
    assert note.endswith(", animal9.")


def test_specs_of_every_origin_carry_the_note() -> None:
    means = Means(info=INFO, machine=Machine(threads=2, cores=2))
    spec, (note,) = painted(Asked(prompt="red zeppelin"), means, editing=False)
    assert "“zeppelin”" in note
    for again in (remixed, upscaled, branched):
        assert again(spec, Asked(), means)[1] == (note,)
        with pytest.raises(PromptError):
            again(dataclasses.replace(spec, prompt="zeppelin"), Asked(), means)
