"""Things are recalled from the bundle's memory by the words of a prompt, and laid into the start of its picture."""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path

import pytest
import torch

from engine.bundles import bundles, memory
from engine.bundles.bundles import Bundle
from engine.messages import PromptError, Spec, vocabulary
from engine.models.generator import CodedGenerator
from engine.models.weights import WeightsError
from engine.run import batch, recall, recolour
from engine.run.run import Run
from training.picturebook.picture import Picture
from training.pictures.pages import images_of

STARTER = Path(__file__).parents[3] / "weights"


@cache
def starter() -> Bundle:
    return bundles.load("starter", STARTER, torch.device("cpu"))


def spec(prompt: str, seed: int = 1, **changes: object) -> Spec:
    asked = Spec(prompt=prompt, bundle="starter", width=128, height=128, iterations=2, seed=seed, strength=0.6)
    return dataclasses.replace(asked, **changes)  # type: ignore[arg-type]


def recalled(prompt: str, seed: int = 1) -> list[tuple[str, str]]:
    found = recall.read(prompt, seed, starter())
    return [(one.thing.name, one.relation) for one in found.wanted] if found else []


@pytest.mark.parametrize(
    ("prompt", "things"),
    [
        ("a dragon", [("dragon", "beside")]),
        ("an astronaut riding a horse", [("astronaut", "beside"), ("horse", "upon")]),
        ("a dragon over a castle", [("dragon", "beside"), ("castle", "above")]),
        ("my cat sleeping on a sofa", [("cat", "beside"), ("sofa", "upon")]),
        ("two penguins", [("penguin", "beside"), ("penguin", "beside")]),
        ("a fox to the right of an owl", [("fox", "beside"), ("owl", "right")]),
        ("a fish below a whale", [("fish", "beside"), ("whale", "below")]),
        ("a puppy in a box", [("dog", "beside"), ("box", "inside")]),
        ("a ghost in front of a house", [("ghost", "beside"), ("house", "beside")]),
        ("A SPACESHIP!", [("rocket", "beside")]),
        ("a polar bear", [("polar bear", "beside")]),
        ("owl | castle:2 | dog:-1", [("owl", "beside"), ("castle", "beside")]),
        ("seven dwarfs", []),
        ("no dragons, just a castle", [("castle", "beside")]),
        ("a castle without a dragon", [("castle", "beside")]),
        ("no dragon", []),
        ("five owls", [("owl", "beside")] * 4),
        ("a hot dog and a dog", [("hot dog", "beside"), ("dog", "beside")]),
        ("a lion wearing a crown", [("lion", "beside"), ("crown", "worn")]),
        ("a dragon over a city", [("dragon", "beside"), ("city", "above")]),
        ("a cat", [("cat", "beside")]),  # a learned subject is a blob without its colour
        ("a house and a red tree", [("house", "beside"), ("tree", "beside")]),  # two hide each other
    ],
)
def test_what_a_prompt_names_is_found_with_its_place(prompt: str, things: list[tuple[str, str]]) -> None:
    assert recalled(prompt) == things


@pytest.mark.parametrize(
    "prompt",
    ["a blue cat", "a red house at night", "an oil painting of a white boat", "two stars", "mountains in the snow",
     "a donut", "", "a dragon ^ a castle", "a picture of a tree at sunset, watercolor"],
)  # fmt: skip
def test_what_the_models_learned_is_left_to_them(prompt: str) -> None:
    assert recalled(prompt) == []


def test_the_words_that_are_left_make_an_empty_scene_and_the_seed_draws_what_they_leave_open() -> None:
    def scene(prompt: str, seed: int = 1) -> str:
        found = recall.read(prompt, seed, starter())
        assert found is not None
        return found.background

    assert scene("a knight in the snow at night").startswith("snow ")
    assert scene("a knight in the snow at night").endswith(" at night")
    assert scene("a whale").startswith("the sea ") and scene("an elephant on a rainy day").endswith("on a rainy day")
    assert scene("pizza", 1) == scene("pizza", 1) and scene("pizza").startswith("on a ")
    assert len({scene("a castle", seed) for seed in range(30)}) > 3


@torch.no_grad()
def test_a_recalled_thing_is_in_the_picture_in_its_own_colours_or_in_those_asked_for() -> None:
    def middle(prompt: str) -> torch.Tensor:
        picture = Run(spec(prompt, seed=4, iterations=1), starter()).picture()
        return picture[0, :, 48:96, 40:88].mean((1, 2))

    plain, blue = middle("a pig on grass"), middle("a blue pig on grass")
    assert plain[0] > plain[2] and blue[2] > blue[0] + 0.1  # pink by itself
    without = Run(spec("grass on a sunny day", seed=4, iterations=1), starter()).picture()[0, :, 48:96, 40:88]
    assert (plain - without.mean((1, 2))).abs().max() > 0.1


def test_the_loop_holds_what_was_recalled_and_a_checkpoint_goes_on_bit_for_bit() -> None:
    whole, begun = Run(spec("a dragon at night"), starter()), Run(spec("a dragon at night"), starter())
    first = whole.picture()
    for _ in range(2):
        batch.step([whole])
    batch.step([begun])
    resumed = Run(spec("a dragon at night"), starter(), continues=begun.checkpoint())
    resumed.resume(begun.checkpoint())
    batch.step([resumed])
    assert torch.equal(whole.picture(), resumed.picture()) and whole.read_as == resumed.read_as
    assert whole.read_as is not None and whole.read_as.startswith("recalled: dragon; ")
    assert (whole.picture() - first).abs().mean() < 0.05


def test_sizes_other_than_the_bundles_own_and_things_beyond_the_edge_are_painted() -> None:
    for width, height in ((64, 64), (256, 128), (128, 256)):
        run = Run(spec("four castles and a dragon over a whale", width=width, height=height), starter())
        batch.step([run])
        assert run.picture().shape[2:] == (height, width) and run.picture().isfinite().all()


@torch.no_grad()
def test_a_scene_of_the_picture_book_is_remembered_by_the_words_of_the_background() -> None:
    bundle = starter()
    for words, seen in {
        "grass on a sunny day": "day grass", "the sea at night": "night sea", "a desert in the rain": "rain desert",
        "snow at sunset": "sunset snowfield", "a road on a cloudy day": "cloudy road",
    }.items():  # fmt: skip
        wanted = Picture(thing="", colour="", weather=seen.split()[0], ground=seen.split()[1])
        found = recall.read(f"a dragon, {words}", 3, bundle)
        assert found is not None
        z = recall.backdrop(found, bundle.perceptors[0].embed_text([words]), bundle)
        assert z is not None
        shown = bundle.generator.decode(z)
        each = (shown - images_of([wanted], 128, seed=1)).abs().mean((0, 1))
        difference = each.median(1).values  # of each row, because suns, moons and clouds have no fixed place
        assert difference[:24].mean() < 0.1 and difference[104:].mean() < 0.1, words


@torch.no_grad()
def test_what_fills_the_picture_leaves_nothing_of_another_scene_and_lies_behind_the_rest() -> None:
    def picture(prompt: str) -> torch.Tensor:
        return Run(spec(prompt, seed=5), starter()).picture()

    city, with_dragon = picture("a city at sunset"), picture("a dragon in a city at sunset")
    grass = torch.tensor([0.35, 0.7, 0.2]).view(1, 3, 1, 1)
    assert ((city - grass).abs().mean(1) > 0.1).float().mean() > 0.95
    assert (city - with_dragon).abs().mean() > 0.02


@torch.no_grad()
def test_what_is_worn_is_smaller_and_above_what_wears_it() -> None:
    found = recall.read("a lion wearing a crown", 4, starter())
    memory, generator = starter().memory, starter().generator
    assert found is not None and memory is not None and isinstance(generator, CodedGenerator)
    lion, crown = recall._stamps(found, memory, generator, torch.zeros(1, 3, 128, 128))
    assert crown.top < lion.top and crown.image.shape[3] < lion.image.shape[3]
    assert crown.top + crown.image.shape[2] > lion.top, "it touches the head"


def test_clients_are_told_that_the_words_of_the_memory_are_known() -> None:
    known = starter().info().vocabulary
    assert known is not None and {"dragon", "polar", "sofa"} <= set(known.words)


def test_a_colour_keeps_the_shading_and_touches_nothing_else() -> None:
    noise = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    picture = noise * 0.4 + torch.tensor([0.5, 0.1, 0.1]).view(1, 3, 1, 1)
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., :8] = 1
    for name, (red, green, blue) in recolour.COLOURS.items():
        changed = recolour.recoloured(picture, mask, name)
        assert torch.allclose(changed[..., 8:], picture[..., 8:], atol=2e-3), name
        now = changed[..., :8].mean((0, 2, 3))
        assert (now - torch.tensor([red, green, blue])).abs().max() < 0.35, (name, now)


def test_a_file_that_is_no_memory_is_named(tmp_path: Path) -> None:
    path = tmp_path / memory.FILE
    assert memory.beside(tmp_path / "vocabulary.json") is None
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(WeightsError, match=r"memory\.safetensors is no memory of things"):
        memory.beside(tmp_path / "vocabulary.json")
    kept = starter().memory
    assert kept is not None
    memory.save(kept, path)
    again = memory.load(path)
    assert again.things == kept.things and len(again.patches) == len(kept.patches)
    for before, after in zip(kept.patches, again.patches, strict=True):
        assert torch.equal(before.codes, after.codes) and torch.equal(before.outline, after.outline)
    assert again.backdrops is not None and kept.backdrops is not None
    assert torch.equal(again.backdrops.codes, kept.backdrops.codes)
    memory.save(dataclasses.replace(kept, backdrops=None), path)
    assert memory.load(path).backdrops is None


def test_what_is_not_known_is_named_in_one_sentence_if_the_bundle_remembers_much() -> None:
    info = starter().info()
    assert vocabulary.check("an astronaut riding a horse", info) == ()
    assert vocabulary.check("my cat sleeping on a sofa", info) == ("I do not know “sleeping”.",)
    assert vocabulary.check("a cat and a dragn", info) == ("I do not know “dragn” (did you mean “dragon”?).",)
    with pytest.raises(PromptError) as refused:
        vocabulary.check("florbel", info)
    assert "“florbel”" in str(refused.value) and len(str(refused.value)) < 300
