"""The shipped models: thresholds lie below what `python -m training evaluate` measured (see the model card)."""

from pathlib import Path

import pytest

from engine.bundles import bundles
from engine.messages import split_words
from engine.models.clip import CLIP
from engine.models.weights import load_vocabulary
from training.models.clip import SIZE
from training.models.evaluate import (
    colours_told_apart,
    load_clip,
    load_vqgan,
    reconstruction,
    retrieval,
    shapes_told_apart,
)
from training.pictures.pages import evaluation_pictures
from training.pictures.tokens import CONTEXT

STARTER = Path(__file__).parents[3] / "weights" / "starter"
VISIONS = ("vit", "resnet")


@pytest.fixture(scope="module", params=VISIONS)
def perceptor(request: pytest.FixtureRequest) -> CLIP:
    return load_clip(STARTER, request.param)


def test_all_weights_together_take_at_most_60_megabytes() -> None:
    assert sum(path.stat().st_size for path in STARTER.glob("*.safetensors")) <= 60e6


def test_a_perceptor_tells_the_colours_apart(perceptor: CLIP) -> None:
    assert colours_told_apart(perceptor) >= 0.9


def test_a_perceptor_tells_the_shapes_apart(perceptor: CLIP) -> None:
    assert shapes_told_apart(perceptor) >= 0.7


@pytest.mark.parametrize("unseen_pairs", [False, True])
def test_a_perceptor_finds_the_caption_of_a_new_picture(perceptor: CLIP, unseen_pairs: bool) -> None:
    assert retrieval(perceptor, evaluation_pictures(120, unseen_pairs=unseen_pairs)) >= 0.85


def test_perceptors_take_what_the_card_says_and_know_their_words(perceptor: CLIP) -> None:
    assert (perceptor.input_size, perceptor.context) == (SIZE, CONTEXT)
    assert all(map(perceptor.reads, ("red", "circle", "night", "watercolor"))) and not perceptor.reads("zeppelin")


def test_the_vocabulary_is_what_the_perceptors_read_and_the_examples_are_made_of_it(perceptor: CLIP) -> None:
    vocabulary = load_vocabulary(STARTER / "vocabulary.json")
    assert all(map(perceptor.reads, vocabulary.words))
    examples = bundles.table()["starter"].examples
    said = {word for text in (*examples, *dict(vocabulary.kinds).values()) for word in split_words(text)}
    assert said <= set(vocabulary.words)


def test_the_generator_repeats_a_new_picture() -> None:
    ratio, used = reconstruction(load_vqgan(STARTER), evaluation_pictures(24, unseen_pairs=True), 128)
    assert ratio >= 23
    assert used >= 800
