from __future__ import annotations

import dataclasses
import io
import queue
import threading
from pathlib import Path

import pytest
import torch
from PIL import Image

import engine
from engine import pictures
from engine.bundles import bundles, describer, phrasebook
from engine.bundles.bundles import Bundle
from engine.bundles.phrasebook import Phrasebook
from engine.messages import (
    Command,
    Describe,
    Described,
    DescribeFailed,
    Event,
    Failure,
    Progress,
    RunFinished,
    Shutdown,
    Spec,
    StartRun,
)
from engine.serve.loop import Loop
from training.picturebook import words
from training.picturebook.draw import draw
from training.picturebook.picture import Picture

ROOT = Path(__file__).parents[3]
PICTURE = Image.effect_noise((40, 30), 60).convert("RGB")
PNG = pictures.png(PICTURE)


def asked(bundle: str = "starter", image: bytes = PNG, request_id: int = 5) -> Describe:
    return Describe(request_id=request_id, bundle=bundle, image=image)


def test_each_kind_has_its_best_phrases_as_probabilities_and_the_sentence_says_the_best(bundle: Bundle) -> None:
    told = bundle.describer.describe(PICTURE)
    kinds = {kind.name: kind.phrases for kind in told.kinds}
    assert set(kinds) >= {"thing", "colour"}
    for phrases in kinds.values():
        shares = [share for _, share in phrases]
        assert shares == sorted(shares, reverse=True) and 0 < sum(shares) <= 1 + 1e-5
    assert f"{kinds['colour'][0][0]} {kinds['thing'][0][0]}" in told.sentence
    assert all(perceptor.reads(told.sentence) for perceptor in bundle.perceptors)


def test_the_vocabulary_is_read_once_and_kept(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Phrasebook(kinds={"thing": ("car", "circle")}, looks=("a {thing}",), sentences=(("a {thing}",),))
    kept = describer.Describer(bundle.perceptors, [0.5, 0.5], book)
    first = kept.describe(PICTURE)
    monkeypatch.setattr(type(bundle.perceptors[0]), "embed_text", None)
    assert kept.describe(PICTURE) == first


def test_every_perceptor_is_asked_by_its_weight(bundle: Bundle) -> None:
    book = Phrasebook(kinds={"thing": ("car", "circle")}, looks=("a {thing}",), sentences=(("a {thing}",),))
    text = ["a car", "a circle"]
    logits = []
    for perceptor in bundle.perceptors:
        square = PICTURE.resize((perceptor.input_size,) * 2, Image.Resampling.LANCZOS)
        seen = perceptor.embed_images(pictures.from_image(square))
        logits.append(perceptor.scale * (seen @ perceptor.embed_text(text).T)[0])
    for weights in ([1.0, 0.0], [0.25, 0.75]):
        (kind,) = describer.Describer(bundle.perceptors, weights, book).describe(PICTURE).kinds
        expected = (weights[0] * logits[0] + weights[1] * logits[1]).softmax(0)
        assert dict(kind.phrases) == pytest.approx(dict(zip(("car", "circle"), expected.tolist(), strict=True)))


def test_a_sentence_leaves_out_what_is_unsaid_or_hidden() -> None:
    book = phrasebook.load("picture-book")
    chosen = {"material": "", "colour": "orange", "thing": "car", "background": "blue", "style": ""}
    shapes = book.sentences[0]
    assert book.say(shapes, chosen) == "an orange car on a blue background"
    assert book.say(shapes, {**chosen, "style": "watercolor"}) == "an orange car on a blue background, watercolor"
    assert book.say(shapes, {**chosen, "style": "charcoal"}) == "a car, charcoal"


@pytest.mark.parametrize("name", ["picture-book", "general"])
def test_the_phrasebooks_are_whole_and_nothing_is_in_them_twice(name: str) -> None:
    book = phrasebook.load(name)
    for kind, phrases in book.kinds.items():
        assert len(set(phrases)) == len(phrases), kind
    said = {kind for sentence in book.sentences for segment in sentence for kind in phrasebook.kinds_of(segment)}
    assert said == set(book.kinds)


def test_the_general_phrasebook_has_hundreds_of_phrases_and_the_other_all_that_the_picture_book_draws() -> None:
    assert sum(map(len, phrasebook.load("general").kinds.values())) > 300
    kinds = phrasebook.load("picture-book").kinds
    assert set(kinds["thing"]) == set(words.THINGS)
    assert set(kinds["colour"]) == set(kinds["background"]) == set(words.COLOURS)
    for kind, names in (("weather", words.WEATHER_WORDS), ("ground", words.GROUND_WORDS)):
        assert list(kinds[kind]) == [said[0] for said in names.values()]
    assert {"plain", *kinds["style"]} - {""} == set(words.STYLES)
    assert {"solid", *kinds["material"]} - {""} == set(words.MATERIALS)


def test_a_phrasebook_of_unknown_kinds_is_refused() -> None:
    with pytest.raises(ValueError, match="no kind colour"):
        Phrasebook(kinds={"thing": ("car", "bus")}, looks=("a {colour} {thing}",), sentences=(("a {thing}",),))
    with pytest.raises(ValueError, match="never asks for colour"):
        Phrasebook(kinds={"thing": ("car",), "colour": ("red",)}, looks=("a {thing}",), sentences=(("a {thing}",),))


def test_models_of_too_few_words_say_so(bundle: Bundle) -> None:
    book = Phrasebook(kinds={"thing": ("zebra", "lynx")}, looks=("a {thing}",), sentences=(("a {thing}",),))
    with pytest.raises(ValueError, match="too few words"):
        describer.Describer(bundle.perceptors, [0.5, 0.5], book).describe(PICTURE)


def test_a_picture_is_described_between_two_iterations_of_a_run(bundle: Bundle, spec: Spec) -> None:
    events: list[Event] = []
    commands: queue.Queue[Command] = queue.Queue()

    def hear(event: Event) -> None:
        events.append(event)
        if isinstance(event, Progress) and event.iteration == 2:
            commands.put(asked())
        if isinstance(event, RunFinished):
            commands.put(Shutdown())

    commands.put(StartRun(job_id=1, spec=spec))
    loop = threading.Thread(target=Loop({"starter": bundle}, hear).serve, args=(commands,))
    loop.start()
    loop.join(60)
    (answer,) = (event for event in events if isinstance(event, Described))
    assert answer.request_id == 5 and answer.description.sentence and answer.seconds > 0
    after = events[events.index(answer) + 1]
    assert isinstance(after, Progress) and after.iteration == 3


def test_what_cannot_be_described_is_answered_and_harms_nothing(bundle: Bundle) -> None:
    events: list[Event] = []
    loop = Loop({"starter": bundle}, events.append)
    buffer = io.BytesIO()
    PICTURE.save(buffer, "JPEG")
    for image in (b"no picture", PNG[:60], buffer.getvalue()[:300]):
        loop.obey(asked(image=image))
    loop.obey(asked(bundle="nowhere"))
    loop.obey(asked())
    *failed, last = events
    assert all(isinstance(event, DescribeFailed) and event.reason is Failure.BAD_REQUEST for event in failed)
    assert ["not a picture" in event.detail for event in failed if isinstance(event, DescribeFailed)] == [True] * 3 + [
        False
    ]
    assert isinstance(last, Described)


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (Picture(thing="circle", colour="red", background="white"), "a red circle on a white background"),
        (
            Picture(thing="house", colour="blue", weather="night", ground="grass"),
            "a blue house on grass at night",
        ),
    ],
)
def test_the_shipped_models_say_what_a_plain_picture_shows(picture: Picture, said: str) -> None:
    told = engine.describe(draw(picture, 3, 128), weights_dir=ROOT / "weights", device="cpu")
    assert told.sentence == said
    assert all(kind.phrases[0][1] > 0.5 for kind in told.kinds)


def test_a_bundle_names_its_phrasebook_and_an_unknown_one_is_told(weights_dir: Path) -> None:
    entry = dataclasses.replace(bundles.table()["starter"], phrases="nowhere")
    with pytest.raises(Exception, match="no phrasebook 'nowhere'"):
        bundles.load("starter", weights_dir, torch.device("cpu"), entry)
