from __future__ import annotations

import dataclasses
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image
from rich.console import Console
from typer.testing import CliRunner

from benchmarks.alignment.scenes import Naming, replacements
from benchmarks.judge.judge import Judge
from benchmarks.options import PromptList
from benchmarks.paint import PaintSettings, PaintTask, TimedPicture, paint
from benchmarks.studies import report
from benchmarks.studies.__main__ import main
from benchmarks.studies.cache import Job, Store, courses, paint_missing
from benchmarks.studies.catalogue import STUDIES
from benchmarks.studies.measure import Bench, cpu_seconds, measure
from benchmarks.studies.study import Study, with_more
from benchmarks.studies.subjects import Scenes, edges_alike
from engine.method.cutouts import AUGMENTATIONS

NAN = math.nan


@pytest.fixture(scope="module")
def base(weights_dir: Path) -> PaintSettings:
    return PaintSettings(weights_dir=weights_dir, size=32, iterations=2, cutouts=2)


def quiet() -> Console:
    return Console(file=io.StringIO(), width=200)


def text_of(bench: Bench) -> str:
    assert isinstance(bench.console.file, io.StringIO)
    return bench.console.file.getvalue()


def small(tmp_path: Path) -> Bench:
    return Bench(
        store_folder=tmp_path / "runs", workers=1, sheets=tmp_path / "sheets", markdown=tmp_path / "tables.md",
        console=quiet(),
    )  # fmt: skip


def run(bench: Bench, names: str, base: PaintSettings, judge: Judge) -> dict[str, Any]:
    return measure(bench, names.split(","), 2, base, only_estimate=False, judge=judge)


def test_every_study_of_the_paper_gives_figures_a_table_and_a_sheet(
    tmp_path: Path, base: PaintSettings, untrained: Judge
) -> None:
    bench = small(tmp_path)
    figures = run(bench, "regularisation,augmentations,addition,masks,strength", base, untrained)
    assert json.loads(json.dumps(figures, allow_nan=False)).keys() >= {"weights", "prompts", "studies"}
    for name, cells in figures["studies"].items():
        assert len(cells) >= 5 and report.REAL in cells, name
        with Image.open(tmp_path / "sheets" / f"{name}.png") as page:
            assert page.width > 400
    assert {"all", "none", *(f"{name} alone" for name in AUGMENTATIONS)} <= figures["studies"]["augmentations"].keys()
    kept = figures["studies"]["strength"]["strength 0"]
    assert kept["cpu_seconds"] >= 0 and kept["structure"]["pairs"] == 2
    assert figures["studies"]["masks"]["no mask"]["overlap"] == {"mean": None}
    tables = (tmp_path / "tables.md").read_text(encoding="utf-8")
    assert tables.count("\n## ") == 4 and "| real pictures |" in tables
    assert "CPU-s" in text_of(bench) and "pictures" in text_of(bench)


def test_what_was_painted_is_not_painted_again_and_what_was_lost_is(
    tmp_path: Path, base: PaintSettings, untrained: Judge
) -> None:
    bench = small(tmp_path)
    first = run(bench, "strength", base, untrained)
    files = {path: path.stat().st_mtime_ns for path in bench.store_folder.iterdir()}
    assert len(files) == 10
    lost = sorted(files)[0]
    lost.unlink()
    again = run(bench, "strength", base, untrained)
    assert "10 pictures, 1 of them to paint in 1 runs" in text_of(bench)
    changed = [path for path in files if path.stat().st_mtime_ns != files[path]]
    assert changed == [lost]
    for cells in (first, again):
        for found in cells["studies"]["strength"].values():
            found.pop("cpu_seconds")
    assert first == again


def test_cells_that_studies_share_are_painted_once(base: PaintSettings) -> None:
    shared = [STUDIES[name](4, base) for name in ("regularisation", "defaults")]
    jobs = [(variant.settings, task) for study in shared for variant in study.variants for task in variant.tasks]
    store = Store(folder=Path("nowhere"), weights_hash="")
    assert len(store.missing(jobs)) == len(jobs) - 4  # two prompts of the default, two of the weight 0


def test_the_defaults_are_changed_one_at_a_time(base: PaintSettings) -> None:
    study: Study = STUDIES["defaults"](4, base)
    assert len({variant.settings for variant in study.variants}) == len(study.variants) == 19
    default = dataclasses.asdict(study.variants[0].settings)
    for variant in study.variants[1:]:
        assert (
            len([name for name, value in dataclasses.asdict(variant.settings).items() if value != default[name]]) == 1
        )
        assert variant.tasks == study.variants[0].tasks


@pytest.mark.parametrize("name", ["sooner", "sooner-random"])
def test_runs_whose_course_depends_on_their_length_are_painted_by_themselves(base: PaintSettings, name: str) -> None:
    study: Study = STUDIES[name](4, dataclasses.replace(base, iterations=50))
    assert len({variant.settings for variant in study.variants}) == len(study.variants) == 12
    jobs = [(variant.settings, task) for variant in study.variants for task in variant.tasks]
    together = [[job[0].iterations for job in course] for course in courses(jobs) if len(course) > 1]
    runs = len(study.variants[0].tasks)
    assert sorted(together) == [[5, 10, 25, 50]] * runs + [[10, 25]] * runs


def test_a_shorter_run_is_looked_at_on_the_way_of_a_longer_one(tmp_path: Path, base: PaintSettings) -> None:
    task = PaintTask(prompt="a red circle", seed=3)
    lengths: list[Job] = [(dataclasses.replace(base, iterations=n), task) for n in (4, 2, 3)]
    cosine: list[Job] = [(with_more(settings, rate_schedule="cosine"), task) for settings, _ in lengths]
    assert [len(course) for course in courses(lengths)] == [3] and len(list(courses(cosine))) == 3
    store = Store(folder=tmp_path, weights_hash="")
    paint_missing(lengths, store, 1, quiet())
    for settings, _ in lengths:
        stored, alone = store.load((settings, task)), paint(settings, task)
        assert np.array_equal(np.asarray(stored.image), np.asarray(alone.image))


def test_a_picture_is_kept_under_all_that_decides_how_it_looks(tmp_path: Path, base: PaintSettings) -> None:
    one, two = (Store(folder=tmp_path, weights_hash=name) for name in ("one", "two"))
    task = PaintTask(prompt="a red circle", seed=3)
    jobs: list[Job] = [
        (base, task),
        (base, dataclasses.replace(task, seed=4)),
        (base, dataclasses.replace(task, init=Image.new("RGB", (32, 32)))),
        (base, dataclasses.replace(task, init=Image.new("RGB", (32, 32), "red"))),
        (with_more(base, ema=0.9), task),
        (dataclasses.replace(base, regulariser=0.5), task),
    ]
    assert len({store.path(job) for store in (one, two) for job in jobs}) == 2 * len(jobs)


def test_a_thing_that_is_not_found_leaves_the_input_and_counts_as_not_changed(
    tmp_path: Path, base: PaintSettings, untrained: Judge
) -> None:
    asked = replacements(PromptList.DEV, 1, Naming.COLOURED)
    scenes = Scenes(scenes=asked, edits=[scene.edit for scene in asked], which=PromptList.DEV)
    (before,) = scenes.before(32)
    task = PaintTask(prompt=None, seed=1, init=before, replace=(scenes.scenes[0].source, scenes.scenes[0].target))
    job = with_more(base, region_threshold=5.0), task
    store = Store(folder=tmp_path, weights_hash="")
    paint_missing([job], store, 1, quiet())
    measured = scenes.measure(untrained, [store.load(job)])
    assert measured["found"] == [0] and measured["overlap"] == [0] and measured["moved inside"] == [0]


def test_differences_are_paired_and_clear_where_their_interval_leaves_out_nothing() -> None:
    reference = [0.1, 0.9, 0.5, NAN]
    found = report.paired([0.2, 1.0, 0.6, 0.3], reference)
    assert found is not None and found.of == 3 and found.is_clear and found.mean == pytest.approx(0.1)
    assert report.paired([NAN] * 4, reference) is None
    unclear = report.paired([0.0, 1.0, 0.5, 0.3], reference)
    assert unclear is not None and not unclear.is_clear
    assert report.written("kept", [0.2, 1.0, 0.6, 0.3], reference) == "52 % **(+10 to +10)**"
    assert report.written("moved outside", [2.0, 4.0], [4.0, 2.0]) == "3.0 (−2.0 to +2.0)"
    assert report.written("kept", [NAN], [NAN]) == "–"


def test_edges_are_alike_in_the_same_picture_of_another_colour_and_not_in_another() -> None:
    drawn, colours, other = (Image.new("RGB", (32, 32), "white") for _ in range(3))
    drawn.paste("black", (4, 4, 16, 16))
    colours.paste("blue", (4, 4, 16, 16))
    other.paste("black", (20, 20, 28, 28))
    assert edges_alike(drawn, drawn) == pytest.approx(1) and edges_alike(drawn, colours) > 0.9
    assert edges_alike(drawn, other) < 0.1
    assert edges_alike(drawn, Image.new("RGB", (32, 32))) == 0


def test_the_estimate_grows_with_iterations_cutouts_and_size(base: PaintSettings) -> None:
    task = PaintTask(prompt="a red circle", seed=3)
    cost = cpu_seconds((base, task))
    dearer = (
        dataclasses.replace(base, iterations=20),
        dataclasses.replace(base, cutouts=8),
        dataclasses.replace(base, size=128),
    )
    assert all(cpu_seconds((settings, task)) > cost for settings in dearer)
    still = PaintTask(prompt="a red circle", seed=3, init=Image.new("RGB", (32, 32)), strength=0.0)
    assert cpu_seconds((dataclasses.replace(base, iterations=500), still)) == 1


def test_the_command_names_every_study_and_refuses_another_with_a_sentence(tmp_path: Path, weights_dir: Path) -> None:
    app = typer.Typer()
    app.command()(main)
    result = CliRunner().invoke(app, ["--studies", "masks,moods", "--weights", str(weights_dir)])
    assert result.exit_code == 1
    assert "There is no study moods." in result.output and "Traceback" not in result.output
    assert all(name in result.output for name in STUDIES)
    some = ["--studies", "strength", "--estimate", "--weights", str(weights_dir), "--store", str(tmp_path / "runs")]
    result = CliRunner().invoke(app, some)
    assert result.exit_code == 0 and "minutes with 2 at once" in result.output and not (tmp_path / "runs").exists()


def test_a_picture_says_what_it_cost(base: PaintSettings) -> None:
    painted: TimedPicture = paint(base, PaintTask(prompt="a red circle", seed=3))
    assert painted.cpu_seconds > 0 and painted.seconds > 0 and painted.mask is None
