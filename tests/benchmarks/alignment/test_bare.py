"""The benchmark of bare prompts."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image

from benchmarks.alignment.bare import prompts, read
from benchmarks.alignment.prompts import pictures
from benchmarks.judge.judge import Judge, load
from benchmarks.options import PromptList
from benchmarks.paint import PaintSettings, _bundle
from engine.bundles.completion import completed
from engine.bundles.natural import load_natural
from engine.messages import split_words
from engine.models.weights import load_vocabulary
from training.picturebook.captions import full_caption
from training.picturebook.draw import draw
from training.picturebook.picture import Picture
from training.picturebook.words import COLOURS, THINGS

STARTER = Path(__file__).parents[3] / "weights" / "starter"


def test_the_prompts_name_every_thing_four_times_and_no_colour() -> None:
    asked = prompts()
    assert [sum(bare.thing == thing for bare in asked) for thing in THINGS] == [4] * len(THINGS)
    assert len({bare.prompt for bare in asked}) == len(asked)
    assert not any(set(COLOURS) & set(split_words(bare.prompt)) for bare in asked)


def test_every_bare_prompt_is_completed_and_no_prompt_of_the_other_lists() -> None:
    natural = load_natural(STARTER, load_vocabulary(STARTER / "vocabulary.json"))
    assert all(completed(bare.prompt, 1, natural, lambda text: True) for bare in prompts())
    named = [full_caption(picture) for which in PromptList for picture in pictures(which, 100)]
    assert not any(completed(prompt, 1, natural, lambda text: True) for prompt in named)


def test_real_pictures_show_their_things_and_gray_ones_are_counted() -> None:
    asked = [bare for bare in prompts() if bare.count == 1][:24:3]
    scene = [Picture(thing=bare.thing, colour="gray", weather="day", ground="grass") for bare in asked]
    things, shares = read(load(), asked, [draw(picture, 1, 128) for picture in scene])
    assert sum(things) >= len(asked) - 1
    assert shares["gray"].value > 0.8 and shares["count"].value > 0.8


def test_a_judge_that_sees_nothing_counts_every_picture(untrained: Judge) -> None:
    torch.manual_seed(0)
    shares = read(untrained, prompts()[:3], [Image.new("RGB", (64, 64), "red")] * 3)[1]
    assert {found.of for found in shares.values()} == {3}


def test_painting_as_written_leaves_the_bundles_words_aside() -> None:
    settings = PaintSettings(weights_dir=STARTER.parent, completes=False)
    assert _bundle(settings.of_the_bundle()).natural is None
