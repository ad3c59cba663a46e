import dataclasses
import random

import numpy as np
import pytest

from engine.models import upstream
from training.picturebook.captions import NOT_SAID, caption, full_caption
from training.picturebook.draw import draw, sheet
from training.picturebook.picture import (
    ATTRIBUTES,
    FAMILY,
    Picture,
    attributes,
    held_out,
    held_out_colour,
    held_out_weather,
    sample,
    too_fine,
)
from training.picturebook.words import COLOUR_WORDS, COLOURS, MATERIALS, STYLES, SUBJECTS, THING_WORDS, THINGS, WEATHERS
from training.pictures.pages import TRAINING_SEED, evaluation_pictures, family

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


@pytest.mark.parametrize("colour", COLOURS)
def test_materials_look_different_and_leave_the_colour_the_one_seen_most(colour: str) -> None:
    background = "white" if colour != "white" else "blue"
    solid = Picture(thing="square", colour=colour, background=background)
    drawn = [pixels(dataclasses.replace(solid, material=name)).astype(int)[18:46, 18:46] for name in MATERIALS]
    for i, one in enumerate(drawn):
        assert all(np.abs(one - other).mean() > 6 for other in drawn[:i])
        distances = {name: np.abs(one - rgb).max(-1) for name, rgb in COLOURS.items()}
        nearest = np.array(list(COLOURS))[np.argmin(list(distances.values()), axis=0)]
        names, counts = np.unique(nearest, return_counts=True)
        assert names[counts.argmax()] == colour


def test_styles_look_different_from_each_other() -> None:
    scene = Picture(thing="cat", colour="orange", weather="day", ground="grass")
    drawn = [pixels(dataclasses.replace(scene, style=style), size=128).astype(int) for style in STYLES]
    for i, one in enumerate(drawn):
        assert all(np.abs(one - other).mean() > 5 for other in drawn[:i])


def test_held_out_pairs_never_occur_in_training_pictures() -> None:
    for seed in FAMILIES:
        for picture in family(seed):
            assert not picture.thing or not held_out_colour(picture.thing, picture.colour)
            assert not picture.other or not held_out_colour(picture.other, picture.other_colour)
            scene = picture.thing and picture.weather
            assert not scene or not held_out_weather(picture.thing, picture.weather)


def test_families_of_every_pair_show_held_out_pairs_too() -> None:
    pictures = [picture for seed in FAMILIES for picture in family(seed, every_pair=True)]
    assert 0.05 < sum(map(held_out, pictures)) / len(pictures) < 0.4


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
    assert {thing for thing, _ in colours} == set(THINGS) and {colour for _, colour in colours} == set(COLOURS)
    assert {weather for _, weather in weathers} == set(WEATHERS)
    assert not held_out_colour("circle", "red") and not held_out_colour("car", "red")


def test_every_value_of_every_attribute_occurs_among_the_seen_and_among_the_held_out() -> None:
    rng = random.Random(7)
    pictures = [sample(rng) for _ in range(12_000)]
    for rows in ([p for p in pictures if held_out(p)], [p for p in pictures if not held_out(p)]):
        for name, values in ATTRIBUTES.items():
            assert {getattr(picture, name) for picture in rows} | {""} == {"", *values}, name


def test_about_a_quarter_of_the_shapes_have_a_material_and_two_thirds_of_the_pictures_are_plain() -> None:
    rng = random.Random(8)
    pictures = [sample(rng) for _ in range(8000)]
    shapes = [picture for picture in pictures if not picture.is_scene]
    assert 0.2 < sum(picture.material != "solid" for picture in shapes) / len(shapes) < 0.3
    assert all(picture.material == "solid" for picture in pictures if picture.is_scene)
    assert 0.62 < sum(picture.style == "plain" for picture in pictures) / len(pictures) < 0.72
    assert not any(too_fine(picture) for picture in pictures)


def test_attributes_are_places_in_the_table_of_all_values() -> None:
    assert tuple(ATTRIBUTES) == tuple(field.name for field in dataclasses.fields(Picture))
    for picture in evaluation_pictures(100, unseen_pairs=False):
        table = zip(ATTRIBUTES.items(), attributes(picture), strict=True)
        assert Picture(**{name: values[place] for (name, values), place in table}) == picture  # type: ignore[arg-type]


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


def test_a_caption_contradicts_pictures_that_differ_in_what_it_says() -> None:
    circle = Picture(thing="circle", colour="red", background="white")
    said = [caption(circle, random.Random(i)) for i in range(300)]
    words = next(one for one in said if one.text == "a red circle on a white background")
    assert not words.fits(dataclasses.replace(circle, thing="heart"))
    assert not words.fits(dataclasses.replace(circle, colour="blue"))
    assert not words.fits(dataclasses.replace(circle, background="blue"))
    assert not words.fits(dataclasses.replace(circle, style="charcoal"))
    assert words.fits(dataclasses.replace(circle, place="left"))
    assert words.fits(dataclasses.replace(circle, material="striped"))


def stated(text: str, picture: Picture) -> set[str]:
    """The attributes that a caption of these words states."""
    said = (caption(picture, random.Random(i)) for i in range(3000))
    one = next(words for words in said if words.text == text)
    return {name for name, value in zip(ATTRIBUTES, one.stated, strict=True) if value != NOT_SAID}


def test_a_fragment_states_what_it_says_and_no_more() -> None:
    scene = Picture(thing="car", colour="red", weather="night", ground="grass", mountains=True, style="watercolor")
    shape = Picture(thing="star", colour="red", material="wooden", background="blue")
    assert stated("a starry sky", scene) == {"weather"}
    assert stated("a meadow", scene) == {"ground"}
    assert stated("mountains", scene) == {"mountains"}
    assert stated("watercolor", scene) == {"style"}
    assert stated("a red car", scene) == {"thing", "colour", "count"}
    assert stated("a car", scene) == {"thing", "count"}
    assert stated("wooden", shape) == {"material"}
    assert stated("blue background", shape) == {"background"}


def test_people_also_type_lists_and_terse_words() -> None:
    scene = Picture(thing="car", colour="red", weather="night", ground="road", style="watercolor")
    texts = {caption(scene, random.Random(i)).text for i in range(12_000)}
    assert {"night, red car, watercolor", "red car night watercolor", "a watercolor of a red car at night"} <= texts


@pytest.mark.parametrize(
    ("picture", "text"),
    [
        (
            Picture(thing="circle", colour="red", material="striped", background="blue"),
            "a striped red circle on a blue background",
        ),
        (
            Picture(
                thing="house", colour="red", weather="rain", ground="grass", mountains=True, style="charcoal"
            ),
            "a charcoal drawing of a house in the rain on grass with mountains",
        ),
        (
            Picture(thing="cat", colour="blue", count=2, weather="night", ground="desert", style="oil painting"),
            "an oil painting of two blue cats at night in the desert",
        ),
        (
            Picture(thing="star", colour="red", background="pink", other="ring", other_colour="blue", relation="above"),
            "a red star above a blue ring on a pink background",
        ),
        (Picture(thing="", colour="", weather="sunset", ground="sea"), "the sea at sunset"),
    ],
)  # fmt: skip
def test_the_full_caption_says_everything(picture: Picture, text: str) -> None:
    assert full_caption(picture) == text


def test_pictures_with_the_same_full_caption_look_alike_but_for_what_charcoal_hides() -> None:
    texts: dict[str, Picture] = {}
    for picture in evaluation_pictures(3000, unseen_pairs=False):
        if picture.style != "charcoal":
            assert texts.setdefault(full_caption(picture), picture) == picture


def test_a_caption_that_states_the_colour_says_it_beside_the_thing() -> None:
    picture = Picture(thing="tree", colour="red", weather="day", ground="grass")
    for i in range(200):
        words = caption(picture, random.Random(i))
        assert ("red tree" in words.text) == (words.stated[1] != NOT_SAID)
        assert ("tree" in words.text) == (words.stated[0] != NOT_SAID)


def test_a_third_of_the_captions_of_a_thing_leave_its_colour_out() -> None:
    scene = Picture(thing="cat", colour="orange", weather="day", ground="grass")
    shapes = Picture(
        thing="star", colour="red", background="pink", other="ring", other_colour="blue", relation="above"
    )  # fmt: skip
    for picture, colours in ((scene, {"orange"}), (shapes, {"red", "blue"})):
        captions = [caption(picture, random.Random(i)) for i in range(4000)]
        of_the_thing = [words for words in captions if words.stated[0] != NOT_SAID]
        bare = [words for words in of_the_thing if not colours & set(words.text.replace("orange sky", "").split())]
        assert 0.28 < len(bare) / len(of_the_thing) < 0.39
        assert {words.stated[1] for words in bare} == {NOT_SAID}


def test_charcoal_captions_name_no_colour() -> None:
    picture = Picture(thing="circle", colour="red", background="blue", style="charcoal")
    texts = [caption(picture, random.Random(i)).text for i in range(50)]
    assert not any(colour in text for text in texts for colour in ("red", "blue"))


def test_a_sheet_shows_every_picture() -> None:
    pictures = evaluation_pictures(5, unseen_pairs=True)
    assert sheet(pictures, size=64, columns=2).size == (128, 192)
