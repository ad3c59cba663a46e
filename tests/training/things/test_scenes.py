"""Scenes composed of drawings, the captions that tell of them, and the trainings that see them."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw

from benchmarks.judge import reader
from benchmarks.judge.judge import JudgeError
from training.models.loop import Training, run
from training.things import perceive, told
from training.things.corpus import Drawing
from training.things.scenes import COLOURS, UNKNOWN, Book
from training.things.table import things

SHOWN = ("fox", "owl", "castle", "pizza", "rocket")


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> list[Drawing]:
    """Draw a red disc for each of five things, which leaves the corners clear."""
    folder, found = tmp_path_factory.mktemp("drawings"), []
    for i, name in enumerate(SHOWN):
        image = Image.new("RGBA", (64, 64))
        ImageDraw.Draw(image).ellipse((4, 4, 60, 60), fill=(200, 20 + 10 * i, 20, 255))
        image.save(path := folder / f"{name}.png")
        found.append(Drawing(thing=things()[name], vendor="test", name=name, path=path))
    return found


@pytest.fixture(scope="module")
def book(drawings: list[Drawing], tmp_path_factory: pytest.TempPathFactory) -> Book:
    return Book(drawings, tmp_path_factory.mktemp("backdrops"), 64, backdrops=12)


def test_a_scene_shows_what_it_says_and_the_same_seed_makes_the_same_scene(book: Book) -> None:
    first, again = (book.compose(40, random.Random(3)) for _ in range(2))
    assert torch.equal(first.images, again.images) and first.images.shape == (40, 3, 64, 64)
    assert first.images.min() >= 0 and first.images.max() <= 1.001
    names = list(things())
    for row, scene in zip(first.things, first.shown, strict=True):
        assert {names[int(i)] for i in row.nonzero()} == {thing.name for thing in scene.things}
        assert len(scene.laid) == scene.copies * len(scene.things) <= 4
    assert {scene.copies for scene in first.shown} > {1} and {len(scene.things) for scene in first.shown} == {1, 2, 3}


def test_a_thing_is_where_it_was_laid_in_its_new_colour(book: Book) -> None:
    scenes = book.compose(80, random.Random(5))
    seen = 0
    for image, scene in zip(scenes.images, scenes.shown, strict=True):
        if COLOURS[scene.colour] == "blue" and scene.colour != UNKNOWN and len(scene.laid) == 1:
            x, y = round(scene.laid[0].x * 64), round(scene.laid[0].y * 64)
            red, _, blue = image[:, min(y, 63), min(x, 63)]
            assert blue > red + 0.2
            seen += 1
    assert seen


def test_a_caption_is_true_of_its_own_scene_and_of_those_that_it_leaves_room_for(book: Book) -> None:
    rng = random.Random(1)
    scenes = book.compose(60, rng).shown
    captions = [told.told(scene, rng) for scene in scenes]
    true = told.truths(captions, scenes)
    assert true.diagonal().all()
    for i, scene in enumerate(scenes):
        for j, caption in enumerate(captions):
            if {thing.name for thing in scene.things} != caption.kinds or scene.copies != caption.count:
                assert not true[i, j]
            elif caption.weather not in (UNKNOWN, scene.weather):
                assert not true[i, j]


def test_captions_name_things_as_people_do(book: Book) -> None:
    rng = random.Random(2)
    texts = [told.told(scene, rng).text for scene in book.compose(200, rng).shown]
    assert any(text.startswith(("an owl", "two owls")) for text in texts) and any("castles" in text for text in texts)
    assert not any(wrong in f" {text} " for text in texts for wrong in (" a owl ", " a an ", " a two "))


@pytest.mark.parametrize("make", [perceive.ThingsTraining, reader.ReaderTraining])
def test_a_training_of_things_learns_and_goes_on_where_it_was_stopped(
    make: Callable[..., Training], book: Book, tmp_path: Path
) -> None:
    torch.set_num_threads(1)
    whole, halves = make(book, batch=8), make(book, batch=8)
    losses = [whole.step(number, 0.5)["loss"] for number in range(12)]
    assert sum(losses[-3:]) < sum(losses[:3])
    run(halves, tmp_path / "part.pt", 60, max_steps=2)
    resumed = make(book, batch=8)
    assert run(resumed, tmp_path / "part.pt", 60, max_steps=3) == 3


def test_the_reader_keeps_its_names_and_refuses_another_table(book: Book, tmp_path: Path) -> None:
    made = reader.ReaderTraining(book).averaged()
    reader.save(made, tmp_path)
    kept = reader.load(tmp_path)
    images = torch.rand(3, 3, 128, 128)
    for name, scores in reader.read(kept, images).items():
        assert torch.allclose(scores, reader.read(made, images)[name], atol=0.05), name
    with pytest.raises(JudgeError, match="knows another table of things"):
        made.names = ("cat",)
        reader.save(made, tmp_path)
        reader.load(tmp_path)
