import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import typer
from PIL import Image
from rich.console import Console
from typer.testing import CliRunner

from benchmarks.alignment import scores
from benchmarks.alignment.__main__ import main
from benchmarks.alignment.measure import Exam, measure
from benchmarks.alignment.prompts import EDITED, edits, pictures, shows_unseen_pair
from benchmarks.alignment.report import edits_figures, edits_tables
from benchmarks.alignment.scores import subject
from benchmarks.alignment.sheet import sheet
from benchmarks.judge.attributes import VALUES, answers, shown
from benchmarks.judge.judge import Judge
from benchmarks.options import PromptList
from benchmarks.paint import PaintSettings, PaintTask, paint, paint_all
from benchmarks.shares import Share, mean_interval
from training.picturebook.captions import full_caption
from training.picturebook.picture import Picture, held_out, too_fine
from training.pictures.pages import evaluation_pictures, family
from training.presets import SMALL

COUNT = 60
TEST_PROMPTS = [
    "a purple house at night on snowy ground with mountains",
    "a black circle on a pink background",
    "a wooden yellow star on the left on a red background",
    "a green cross on a black background",
]
TEST_EDITS = [
    "a watercolor of a white house at sunset on grass",
    "two turquoise squares on a brown background",
    "a white cross on a black background",
]


@pytest.fixture(scope="module")
def lists() -> dict[PromptList, list[Picture]]:
    return {which: pictures(which, COUNT) for which in PromptList}


def settings(weights_dir: Path, **changes: object) -> PaintSettings:
    return PaintSettings(weights_dir=weights_dir, size=32, iterations=2, cutouts=2, **changes)  # type: ignore[arg-type]


def test_all_prompts_of_a_list_differ_in_their_attributes_and_words(lists: dict[PromptList, list[Picture]]) -> None:
    for found in lists.values():
        assert len({tuple(answers(picture)) for picture in found}) == COUNT
        assert len({full_caption(picture) for picture in found}) == COUNT


def test_every_second_prompt_has_a_pair_that_was_never_trained(lists: dict[PromptList, list[Picture]]) -> None:
    for found in lists.values():
        assert [shows_unseen_pair(picture) for picture in found] == [False, True] * (COUNT // 2)
        assert [held_out(picture) for picture in found] == [False, True] * (COUNT // 2)
        assert not any(too_fine(picture) for picture in found)


def test_no_prompt_is_in_both_lists_or_in_the_training(lists: dict[PromptList, list[Picture]]) -> None:
    looks = {which: {tuple(answers(picture)) for picture in found} for which, found in lists.items()}
    assert not looks[PromptList.DEV] & looks[PromptList.TEST]
    for seed in range(0, SMALL.families, 10):
        for picture in family(seed):
            assert not any(tuple(answers(picture)) in found for found in looks.values())


def test_the_lists_are_always_the_same_and_a_short_one_begins_a_long_one(
    lists: dict[PromptList, list[Picture]],
) -> None:
    assert pictures(PromptList.TEST, 7) == lists[PromptList.TEST][:7]
    assert [full_caption(picture) for picture in lists[PromptList.TEST][:4]] == TEST_PROMPTS
    assert [edit.prompt for edit in edits(PromptList.TEST, 3)] == TEST_EDITS


def test_the_lists_keep_the_books_kinds_of_pictures(lists: dict[PromptList, list[Picture]]) -> None:
    for found in lists.values():
        scenes = sum(picture.is_scene for picture in found)
        pairs = sum(bool(picture.other) for picture in found)
        assert COUNT * 0.3 < scenes < COUNT * 0.8 and 0 < pairs < COUNT * 0.25


def test_an_edit_changes_the_asked_attribute_alone() -> None:
    for which in PromptList:
        found = edits(which, 25)
        assert [edit.asked for edit in found] == list(EDITED) * 5
        for edit in found:
            before, after = shown(edit.before), shown(edit.after)
            changed = {name for name in before if name in after and before[name] != after[name]}
            assert len(changed) == 1 and {name.removeprefix("other_") for name in changed} == {edit.asked}
            assert not too_fine(edit.after)
    dev, test = ({tuple(answers(edit.after)) for edit in edits(which, 50)} for which in PromptList)
    assert len(dev) == len(test) == 50 and not dev & test


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [(85, 100, 0.7672, 0.9069), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (1, 1, 0.2065, 1.0)],
)
def test_intervals_are_wilsons(right: int, of: int, low: float, high: float) -> None:
    assert Share(right=right, of=of).interval() == pytest.approx((low, high), abs=1e-4)


def test_nothing_counted_says_nothing() -> None:
    assert Share(right=0, of=0).interval() == (0, 1)


def test_a_means_interval_holds_it_and_narrows_with_more_numbers() -> None:
    few, many = [2.0, 4.0, 6.0, 8.0], [2.0, 4.0, 6.0, 8.0] * 25
    assert mean_interval([3.0]) == (3.0, 3.0)
    assert mean_interval(few) == mean_interval(few)
    for numbers, half in ((few, 1.96 * 5**0.5 / 4**0.5), (many, 1.96 * 5**0.5 / 100**0.5)):
        assert mean_interval(numbers) == pytest.approx((5 - half, 5 + half), rel=0.15)


def test_the_subject_is_where_the_thing_is() -> None:
    mask = subject(Picture(thing="circle", colour="red", background="white", style="charcoal"), 3, 64)
    assert mask[32, 32] and not mask[2, 2] and 0.2 < mask.mean() < 0.6
    pair = Picture(thing="star", colour="red", background="blue", other="ring", other_colour="green", relation="above")
    mask = subject(pair, 3, 64)
    assert mask[16, 32] and not mask[40:].any()
    assert not subject(Picture(thing="", colour="", weather="day", ground="sea"), 3, 64).any()


def test_a_change_of_the_subject_alone_is_no_difference_outside() -> None:
    edit = next(edit for edit in edits(PromptList.DEV, 5) if edit.asked == "colour")
    from training.picturebook.draw import draw

    one, two = draw(edit.before, 7, 64), draw(edit.after, 7, 64)
    assert scores.outside_difference(edit, 7, one, two) < 1
    white = Image.new("RGB", (64, 64), "white")
    assert scores.outside_difference(edit, 7, one, white) > 5


class Omniscient(Judge):
    """Sees what it is told to: the scoring is tested, not the seeing."""

    def attributes(self, images: torch.Tensor) -> torch.Tensor:
        return images[:, 0, : len(VALUES), 0].round().long()


def coded(rows: list[list[int]]) -> torch.Tensor:
    """Pictures in whose first column the answers are written."""
    images = torch.zeros(len(rows), 3, 32, 32)
    images[:, 0, : len(VALUES), 0] = torch.tensor(rows).float()
    return images


def test_an_edit_that_does_all_is_reached_and_kept_and_one_that_does_nothing_is_only_kept(untrained: Judge) -> None:
    judge = Omniscient(classifier=untrained.classifier, style=untrained.style, ranker=untrained.ranker)
    asked = edits(PromptList.DEV, 25)
    did_all = scores.judge_edits(judge, asked, coded([answers(edit.after) for edit in asked]))
    did_nothing = scores.judge_edits(judge, asked, coded([answers(edit.before) for edit in asked]))
    assert all(did_all.done) and not any(did_nothing.done)
    assert set(did_all.reached) == set(EDITED)
    for found in (did_all, did_nothing):
        assert all(kept.value == 1 for kept in found.kept.values())
    figures = edits_figures(did_all, did_nothing, did_all, {"colour": {"edited": [1.0, 3.0], "real": [0.0, 0.0]}})
    assert (figures["reached"], figures["reached_unedited"]) == (1, 0)
    assert figures["outside"] == {"colour": {"edited": 2, "real": 0}}
    assert figures["reached_by_attribute_intervals"].keys() == figures["reached_by_attribute"].keys() == set(EDITED)


def test_what_the_vqgan_loses_stands_beside_what_an_edit_loses(untrained: Judge) -> None:
    judge = Omniscient(classifier=untrained.classifier, style=untrained.style, ranker=untrained.ranker)
    asked = edits(PromptList.DEV, 10)
    after = [answers(edit.after) for edit in asked]
    column = list(VALUES).index("count")
    lost = [[*row[:column], (row[column] + 1) % 4, *row[column + 1 :]] for row in after]
    edited, real = (scores.judge_edits(judge, asked, coded(rows)) for rows in (lost, after))
    figures = edits_figures(edited, edited, real, {})
    assert (figures["kept"]["count"], figures["kept_unedited"]["count"], figures["kept_ceiling"]["count"]) == (0, 0, 1)
    low, high = figures["kept_intervals"]["count"]
    assert low == 0 and 0 < high < 1
    console = Console(file=io.StringIO(), width=160)
    for table in edits_tables(edited, edited, real, {}):
        console.print(table)
    assert "without an edit" in console.file.getvalue()  # type: ignore[attr-defined]


def test_attributes_are_counted_only_where_they_are_shown(untrained: Judge) -> None:
    judge = Omniscient(classifier=untrained.classifier, style=untrained.style, ranker=untrained.ranker)
    asked = evaluation_pictures(30, unseen_pairs=False)
    found = scores.align(judge, asked, coded([answers(picture) for picture in asked]))
    assert all(share.value == 1 for share in found.attributes.values())
    assert found.attributes["weather"].of == sum(picture.is_scene for picture in asked)


def test_settings_override_the_bundles_defaults(weights_dir: Path) -> None:
    entry = PaintSettings(weights_dir=weights_dir).entry()
    changed = PaintSettings(weights_dir=weights_dir, learning_rate=0.5, cutouts=3, regulariser=0.7).entry()
    assert (changed.learning_rate, changed.cutouts.count, changed.regulariser.weight) == (0.5, 3, 0.7)
    assert changed.cutouts.crop == entry.cutouts.crop and changed.start == entry.start
    plain = PaintSettings(weights_dir=weights_dir, start="mean").entry()
    assert (plain.start, plain.start_network, plain.regulariser.weight) == ("mean", None, 0)


def test_the_same_task_is_painted_alike_here_and_in_another_process(weights_dir: Path) -> None:
    tasks = [PaintTask(prompt="a red circle", seed=seed) for seed in (1, 2)]
    here = [paint(settings(weights_dir), task) for task in tasks]
    there = list(paint_all(tasks, settings(weights_dir), processes=2))
    for one, two in zip(here, there, strict=True):
        assert np.array_equal(np.asarray(one.image), np.asarray(two.image)) and two.seconds > 0


@pytest.mark.parametrize("edit", [False, True])
def test_a_measurement_prints_its_tables_writes_the_sheet_and_gives_every_figure(
    edit: bool, untrained: Judge, weights_dir: Path, tmp_path: Path
) -> None:
    console = Console(file=io.StringIO(), width=160)
    exam = Exam(
        judging=untrained, settings=settings(weights_dir), which=PromptList.DEV, processes=1,
        sheet_path=tmp_path / "sheet.png", console=console,
    )  # fmt: skip
    figures = measure(exam, 10, edits=edit)
    assert json.loads(json.dumps(figures)) == json.loads(json.dumps(figures, allow_nan=False))
    common = {"seconds_per_picture", "processes", "list", "settings"}
    if edit:
        assert figures.keys() >= common | {"edits", "reached", "reached_ceiling", "kept", "kept_ceiling", "outside"}
        assert figures["kept_intervals"].keys() == figures["kept"].keys() == figures["kept_unedited"].keys()
        assert figures["outside_intervals"].keys() == set(EDITED)
        assert figures["outside"].keys() == set(EDITED)
        assert figures["outside"]["colour"]["real"] < 1
    else:
        assert figures.keys() >= common | {"top1", "top1_unseen", "ceiling", "ceiling_unseen", "chance", "attributes"}
        assert figures["chance"] == 0.1 and figures["prompts"] == 10
        assert figures["intervals"].keys() == {"top1", "top1_unseen", "ceiling", "ceiling_unseen"}
        assert figures["attributes_intervals"].keys() == figures["attributes"].keys()
    shown_text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "ceiling" in shown_text and "s a picture" in shown_text and "dev list" in shown_text
    with Image.open(tmp_path / "sheet.png") as page:
        assert page.width > 1000


def test_a_sheet_marks_right_green_and_wrong_red() -> None:
    picture = Image.new("RGB", (16, 16), "blue")
    page = sheet([[picture], [picture]], ["one", "two"], [True, False])
    green, red = ((22, 150, 60), (206, 36, 40))
    colours = {colour for _, colour in page.getcolors(1 << 20) or ()}
    assert {green, red, (0, 0, 255), (255, 255, 255)} <= colours


def command() -> typer.Typer:
    app = typer.Typer()
    app.command()(main)
    return app


def test_the_command_refuses_missing_weights_with_a_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(command(), ["--prompts", "2", "--weights", str(tmp_path), "--bundle", "nothing"])
    assert result.exit_code == 1
    assert "There is no bundle" in result.output and "Traceback" not in result.output


def test_what_is_set_reaches_every_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    monkeypatch.setattr("benchmarks.alignment.__main__.load", lambda: None)
    monkeypatch.setattr("benchmarks.alignment.__main__.measure", lambda exam, *_, **__: given.append(exam.settings))
    for words in (["--precision", "bf16", "--candidates", "3"], []):
        result = CliRunner().invoke(command(), ["--prompts", "2", *words])
        assert result.exit_code == 0, result.output
    assert [settings.more for settings in given] == [(("candidates", 3), ("precision", "bf16")), ()]
