import dataclasses
import random

import numpy as np
import pytest

from engine import upstream
from training.pages import TRAINING_SEED, evaluation_pictures, family
from training.picturebook.captions import caption
from training.picturebook.draw import draw, sheet
from training.picturebook.picture import FAMILY, Picture, attributes, held_out_colour, held_out_weather
from training.picturebook.words import COLOUR_WORDS, COLOURS, STYLES, SUBJECTS, THING_WORDS, THINGS, WEATHERS

FAMILIES = range(TRAINING_SEED, TRAINING_SEED + 1500)


def pixels(picture: Picture, seed: int = 3, size: int = 64) -> np.ndarray:
    return np.asarray(draw(picture, seed, size))


@pytest.mark.parametrize("style", STYLES)
def test_the_same_seed_draws_the_same_picture_and_another_seed_another(style: str) -> None:
    scene = Picture(thing="boat", colour="red", weather="rain", ground="sea", style=style)
    assert np.array_equal(pixels(scene), pixels(scene))
    assert not np.array_equal(pixels(scene), pixels(scene, seed=4))


@pytest.mark.parametrize("size", [64, 96, 128])
def test_pictures_are_drawn_at_any_size(size: int) -> None:
    assert pixels(Picture(thing="star", colour="red", background="white"), size=size).shape == (size, size, 3)


def test_a_large_picture_shows_what_the_small_one_shows() -> None:
    scene = Picture(thing="house", colour="red", weather="day", ground="grass")
    large = pixels(scene, size=128).reshape(64, 2, 64, 2, 3).mean((1, 3))
    assert np.abs(large - pixels(scene)).mean() < 6


@pytest.mark.parametrize("colour", COLOURS)
def test_a_circle_has_its_colour_in_the_middle_and_the_background_in_the_corner(colour: str) -> None:
    background = "white" if colour != "white" else "blue"
    drawn = pixels(Picture(thing="circle", colour=colour, background=background)).astype(int)
    assert np.abs(drawn[32, 32] - COLOURS[colour]).max() <= 11
    assert np.abs(drawn[2, 2] - COLOURS[background]).max() <= 11


def test_every_thing_looks_different_from_every_other() -> None:
    shapes = {thing: Picture(thing=thing, colour="red", background="white") for thing in THINGS[:8]}
    scenes = {thing: Picture(thing=thing, colour="red", weather="day", ground="grass") for thing in SUBJECTS}
    for group in (shapes, scenes):
        drawn = [pixels(picture).astype(int) for picture in group.values()]
        for i, one in enumerate(drawn):
            assert all(np.abs(one - other).mean() > 3 for other in drawn[:i])


def test_held_out_pairs_never_occur_in_training_pictures() -> None:
    for seed in FAMILIES:
        for picture in family(seed):
            assert not picture.thing or not held_out_colour(picture.thing, picture.colour)
            assert not picture.other or not held_out_colour(picture.other, picture.other_colour)
            scene = picture.thing and picture.weather
            assert not scene or not held_out_weather(picture.thing, picture.weather)


def test_held_out_pairs_never_occur_in_training_captions() -> None:
    pairs = [(thing, colour) for thing in THINGS for colour in COLOURS if held_out_colour(thing, colour)]
    phrases = [
        f"{colour_word} {word}"
        for thing, colour in pairs
        for colour_word in COLOUR_WORDS.get(colour, (colour,))
        for forms in THING_WORDS[thing]
        for word in forms
    ]
    texts = [caption(picture, random.Random(seed)).text for seed in FAMILIES for picture in family(seed)]
    assert "a red circle" in " ".join(texts)
    assert not [text for text in texts for phrase in phrases if phrase in text]


def test_the_rule_holds_out_some_pairs_of_every_kind_and_not_too_many() -> None:
    colours = [(thing, colour) for thing in THINGS for colour in COLOURS if held_out_colour(thing, colour)]
    weathers = [(thing, weather) for thing in SUBJECTS for weather in WEATHERS if held_out_weather(thing, weather)]
    assert 10 <= len(colours) <= 20 and 4 <= len(weathers) <= 8
    assert not held_out_colour("circle", "red") and not held_out_colour("car", "red")


def test_a_family_differs_in_one_attribute_alone() -> None:
    for seed in FAMILIES:
        pictures = family(seed)
        rows = np.array([attributes(picture) for picture in pictures])
        assert len(set(pictures)) == FAMILY
        assert (rows != rows[0]).any(0).sum() == 1


def test_every_caption_has_at_most_30_tokens() -> None:
    encode = upstream.clip_tokenizer().encode
    texts = {caption(picture, random.Random(seed)).text for seed in FAMILIES for picture in family(seed)}
    assert max(len(encode(text)) for text in texts) <= 30


def test_a_caption_fits_its_picture_and_no_picture_that_contradicts_it() -> None:
    for i, picture in enumerate(evaluation_pictures(200, unseen_pairs=False)):
        assert caption(picture, random.Random(i)).fits(picture)
    circle = Picture(thing="circle", colour="red", background="white")
    words = caption(circle, random.Random(5))
    assert words.text == "a red disc on a white background"
    assert not words.fits(dataclasses.replace(circle, thing="heart"))
    assert not words.fits(dataclasses.replace(circle, colour="blue"))
    assert not words.fits(dataclasses.replace(circle, background="blue"))
    assert words.fits(dataclasses.replace(circle, place="left"))


def test_the_caption_of_a_plain_picture_says_its_colour_and_thing() -> None:
    picture = Picture(thing="tree", colour="red", weather="day", ground="grass")
    assert all("red tree" in caption(picture, random.Random(i)).text for i in range(50))


def test_charcoal_captions_name_no_colour() -> None:
    picture = Picture(thing="circle", colour="red", background="blue", style="charcoal")
    texts = [caption(picture, random.Random(i)).text for i in range(50)]
    assert not any(colour in text for text in texts for colour in ("red", "blue"))


def test_a_sheet_shows_every_picture() -> None:
    pictures = evaluation_pictures(5, unseen_pairs=True)
    assert sheet(pictures, size=64, columns=2).size == (128, 192)
