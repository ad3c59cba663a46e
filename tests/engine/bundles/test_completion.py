"""The words that a prompt leaves open, drawn from the starter's own data and from others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.bundles.completion import completed, told
from engine.bundles.natural import Natural, load_natural
from engine.messages import Prompt, Vocabulary, parse_story, split_words
from engine.models.weights import WeightsError, load_vocabulary
from training.picturebook.words import COLOUR_WORDS, COLOURS, THING_WORDS

STARTER = Path(__file__).parents[3] / "weights" / "starter"
SEEDS = range(60)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_vocabulary(STARTER / "vocabulary.json")


@pytest.fixture(scope="module")
def natural(vocabulary: Vocabulary) -> Natural:
    found = load_natural(STARTER, vocabulary)
    assert found is not None
    return found


def always(text: str) -> bool:
    return True


def parts(prompt: str, natural: Natural, seed: int = 1) -> tuple[Prompt, ...]:
    """The parts of the first phase as they are read."""
    return (completed(prompt, seed, natural, always) or parse_story(prompt))[0].prompts


def reads(prompt: str, natural: Natural, seed: int = 1) -> str:
    return parts(prompt, natural, seed)[0].text


def colours_in(text: str) -> set[str]:
    known = {*COLOURS, *(word for words in COLOUR_WORDS.values() for word in words)}
    return known & set(split_words(text))


@pytest.mark.parametrize(
    ("prompt", "pattern"),
    [
        ("a cat", r"an? \w+ cat on (grass|a road) (on a \w+ day|at sunset)"),
        ("A cat.", r"An? \w+ cat on .*\w\."),
        ("an automobile", r"an? \w+ automobile on .*"),
        ("house at night", r"\w+ house at night on .*"),
        ("a house on grass", r"an? \w+ house on grass (on a \w+ day|at sunset)"),
        ("two stars", r"two \w+ stars on a \w+ background"),
        ("a small cat with a big balloon!", r"a small \w+ cat with a big \w+ balloon on .*!"),
        ("a hot air balloon", r"an? \w+ hot air balloon over .*"),
        ("kittens, watercolor", r"\w+ kittens on [^,]*, watercolor"),
        ("a boat and a house", r"an? \w+ boat and an? \w+ house on the sea .*"),
        ("a house under the stars", r"an? \w+ house under the stars on .*"),
        ("a car under an orange sky", r"an? \w+ car under an orange sky on .*"),
        ("my cat's house", r"my cat's \w+ house on .*"),
        ("a tree house", r"an? \w+ tree house on .*"),
        ("wooden star", r"wooden (brown|orange) star on .*"),
        ("a heart on grass", r"a \w+ heart on grass"),
        ("circle on white", r"\w+ circle on white"),
        ("a red circle", r"a red circle on a \w+ background"),
        ("a rainy day", r"a rainy day, (a|the) .*"),
        ("mountains", r"mountains, (a|the) .* (on a \w+ day|at sunset)"),
        ("a charcoal drawing of a cat", r"a charcoal drawing of a cat on .*"),
        ("charcoal, a star", r"charcoal, a star"),
    ],
)
def test_what_a_prompt_leaves_open_is_written_where_a_person_would(
    prompt: str, pattern: str, natural: Natural
) -> None:  # fmt: skip
    for seed in SEEDS:
        assert re.fullmatch(pattern, reads(prompt, natural, seed)), reads(prompt, natural, seed)


@pytest.mark.parametrize(
    "prompt",
    [
        "a red car at night on a road",
        "a red circle on a white background",
        "circle, red, white background",
        "two blue boats at sea in the rain, oil painting",
        "a car, red | street:0.5 | night:0.4",
        "the sea at sunset",
        "watercolor",
        "a dragon",
        "a charcoal drawing of a house in the rain on grass",
        "a gray cat in the snow ^ a cyan bus on a street at dusk",
        "a cat that is black on the beach in the evening",
    ],
)
def test_a_prompt_that_leaves_nothing_open_is_read_as_it_is_written(prompt: str, natural: Natural) -> None:
    assert not any(completed(prompt, seed, natural, always) for seed in SEEDS)


@pytest.mark.parametrize(
    "prompt",
    ["a black and white cat", "the cats are black", "cat, orange", "a house with a red roof", "heart in red"],
)
def test_a_thing_keeps_the_colour_that_the_prompt_gives_it_anywhere(prompt: str, natural: Natural) -> None:
    for seed in SEEDS:
        added = reads(prompt, natural, seed).replace("background", "").split(" on a ")[0]
        assert colours_in(added) <= colours_in(prompt)


def test_the_seed_draws_and_the_same_seed_draws_the_same(natural: Natural) -> None:
    drawn = [reads("a cat", natural, seed) for seed in SEEDS]
    assert drawn == [reads("a cat", natural, seed) for seed in SEEDS]
    assert len(set(drawn)) > 6


def test_a_thing_mostly_has_its_usual_colour(natural: Natural) -> None:
    trees = [reads("a tree", natural, seed) for seed in range(300)]
    houses = [reads("a house", natural, seed) for seed in range(300)]
    assert sum("green tree" in tree for tree in trees) > 200
    assert not any("turquoise" in house for house in houses)


def test_a_thing_keeps_its_colour_while_other_words_change(natural: Natural) -> None:
    for seed in SEEDS:
        (colour,) = colours_in(reads("a cat", natural, seed).split(" on ")[0])
        assert f"{colour} cat" in reads("a cat at night on snowy ground", natural, seed)
        story = completed("a cat in winter ^ a cat in the desert", seed, natural, always)
        assert story is not None
        assert all(f"{colour} cat" in phase.prompts[0].text for phase in story)


def test_two_things_get_different_colours_and_a_shape_another_than_its_background(natural: Natural) -> None:
    for seed in SEEDS:
        found = re.fullmatch(
            r"an? (\w+) star above an? (\w+) heart on a (\w+) background",
            reads("a star above a heart", natural, seed),
        )
        assert found is not None and len(set(found.groups())) == 3
        assert "white star" not in reads("a star on a white background", natural, seed)


def test_parts_that_push_away_are_untouched_and_nothing_that_they_name_is_drawn(natural: Natural) -> None:
    for seed in SEEDS:
        read = parts("a cat | orange:-1 | sunny:-0.5 | a road:-1", natural, seed)
        assert [part.text for part in read[1:]] == ["orange", "sunny", "a road"]
        assert not {"orange", "sunny", "road"} & set(split_words(read[0].text))


def test_all_parts_together_are_one_picture_and_keep_their_weights(natural: Natural) -> None:
    cat, night = parts("a cat:0.5:0.3 | night:1.5", natural)
    assert re.fullmatch(r"an? \w+ cat on \w+( road)?", cat.text) and night.text == "night"
    assert (cat.weight, cat.stop, night.weight) == (0.5, 0.3, 1.5)


def test_only_words_of_the_vocabulary_are_added(natural: Natural, vocabulary: Vocabulary) -> None:
    for words in THING_WORDS.values():
        for pair in words:
            for word in pair:
                for seed in SEEDS:
                    assert set(split_words(reads(f"a {word}", natural, seed))) <= {*vocabulary.words}


def test_every_thing_of_the_picture_book_has_a_natural_colour(natural: Natural) -> None:
    for words in THING_WORDS.values():
        for pair in words:
            for word in pair:
                assert colours_in(reads(word, natural))


def test_a_part_that_would_grow_too_long_stays_as_it_is(natural: Natural) -> None:
    assert completed("a cat", 1, natural, lambda text: len(text) < 10) is None


def test_what_was_read_is_told_in_one_line(natural: Natural) -> None:
    story = completed("night:0.5 |  two\tcats in   winter:2 | fog:-1 ^ a red star", 3, natural, always)
    assert story is not None
    assert re.fullmatch(r"two \w+ cats in winter, night \^ a red star on a \w+ background", told(story))


def test_a_bundle_without_the_file_reads_every_prompt_as_it_is_written(tmp_path: Path, vocabulary: Vocabulary) -> None:
    assert load_natural(tmp_path, vocabulary) is None
    assert completed("a cat", 1, None, always) is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [("brown = 3", "teal = 3", "teal"), ("[weathers]", "[weather]", "weathers"), ("[things", "[[things", "natural")],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(
    old: str, new: str, says: str, tmp_path: Path, vocabulary: Vocabulary
) -> None:
    text = (STARTER / "natural.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "natural.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(WeightsError, match=says):
        load_natural(tmp_path, vocabulary)
