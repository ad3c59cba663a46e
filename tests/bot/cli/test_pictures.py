"""Pictures and runs on the command line, painted by the real engine with small random models."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw
from typer.testing import CliRunner

import bot.cli.engine_run
from bot.cli import files
from bot.cli.app import app
from bot.words import recipe
from engine.messages import Saved
from tests.bot.cli.test_app import interrupt_at_iterations
from tests.bot.engine_thread import ThreadEngineClient

SMALL = ("--size", "32x48", "--iterations", "4", "--seed", "7")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, weights_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bot.cli.engine_run, "ProcessEngineClient", ThreadEngineClient)
    Path("config.toml").write_text(f'[engine]\nweights_dir = "{weights_dir}"\nthreads = 1\ndevice = "cpu"\n')


def call(*arguments: object, code: int = 0) -> str:
    """What it printed; on stderr where it was to fail."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code in (0, 130) else " ".join(done.stderr.split())


def told(*arguments: object, code: int = 0) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(call(*arguments, "--json", code=code))
    return answer


def pixels(path: str | Path) -> bytes:
    with Image.open(path) as picture:
        return picture.tobytes()


def saved(path: str) -> Saved:
    return Saved.from_bytes(Path(path).read_bytes())


def test_every_setting_can_be_given_and_the_recipe_paints_the_same(tmp_path: Path) -> None:
    settings = ("--latent", "codebook", "--noise-seeds", "1,2", "--region-threshold", "-0.5", "--losses=tv-z:0.1")
    painted = told("paint", "a red", "car ^ a blue car", *settings, *SMALL, "--out", "a.png", "--film", "a.webp")
    line = painted["recipe"]
    assert line.startswith("a red car ^ a blue car --seed 7 --size 32x48 --iterations 4 --bundle starter")
    for said in ("--latent codebook", "--noise-seeds 1,2", "--region-threshold -0.5", "--losses tv-z:0.1"):
        assert said in line
    assert painted["film"] == "a.webp"
    with Image.open("a.webp") as film:
        assert getattr(film, "n_frames", 1) > 2
    assert told("imagine", line, "--out", "b.png")["recipe"] == line == recipe.read(Path("b.png").read_bytes())
    assert pixels("a.png") == pixels("b.png")


def test_a_recipe_tells_the_words_that_were_drawn_and_paints_the_same_again(weights_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(weights_dir, tmp_path / "weights")
    (tmp_path / "weights" / "starter" / "natural.toml").write_text(
        'colours = ["red", "blue"]\ncolourless = []\nmaterials = {}\n'
        'weathers = { words = ["night"] }\ngrounds = { words = [] }\nscenery = { words = [] }\n'
        'backgrounds = { words = ["background"], drawn = { "on white background" = 1 } }\n'
        '[things.circle]\nwords = ["circle"]\ncolours = { red = 1, blue = 1 }\n'
    )
    Path("config.toml").write_text('[engine]\nweights_dir = "weights"\nthreads = 1\ndevice = "cpu"\n')
    line = told("paint", "a circle", *SMALL, "--out", "a.png", "--checkpoint", "a.run")["recipe"]
    assert re.search(r", read as “a (red|blue) circle on white background”\]$", line)
    assert told("imagine", line, "--out", "b.png")["recipe"] == line == recipe.read(Path("b.png").read_bytes())
    assert pixels("a.png") == pixels("b.png")
    assert "read as" in told("continue", "a.run", "--iterations", "2", "--out", "c.png")["recipe"]
    edited = told("edit", "a.png", "a circle", "--iterations", "2", "--out", "d.png")["recipe"]
    assert "read as" not in edited + told("paint", "a red circle at night", *SMALL, "--out", "e.png")["recipe"]


def test_a_stopped_run_is_resumed_continued_branched_and_painted_over(monkeypatch: pytest.MonkeyPatch) -> None:
    call("paint", "a red car", *SMALL, "--out", "whole.png")
    with monkeypatch.context() as patch:
        interrupt_at_iterations(patch, 2)
        half = told("paint", "a red car", *SMALL, "--out", "half.png", "--checkpoint", "a.run", code=130)
    assert half["stopped"] and half["checkpoint"] == "a.run" and saved("a.run").iteration == half["iterations"] < 4
    call("paint", half["recipe"], "--out", "again.png")
    assert pixels("again.png") == pixels("half.png")  # the recipe of a stopped run stops there too
    Path("half.run").write_bytes(Path("a.run").read_bytes())
    call("resume", "a.run", "--out", "resumed.png")
    assert pixels("resumed.png") == pixels("whole.png")
    assert saved("a.run").iteration == 4
    assert "continue FILE" in call("resume", "a.run", code=2)
    longer = told("continue", "a.run", "--iterations", 2, "--out", "longer.png")
    assert longer["iterations"] == 6 and "--iterations 6" in longer["recipe"]
    assert "--schedule-iterations 4" in longer["recipe"]
    branch = told(
        "branch", "half.run", "--prompt", "a blue circle --ema 0.5", "--out", "b.png", "--checkpoint", "b.run"
    )
    assert branch["iterations"] == 4 and branch["recipe"].startswith("a blue circle --seed 7")
    assert "--ema 0.5" in branch["recipe"] and f"from iteration {half['iterations']} of run" in branch["recipe"]
    assert saved("half.run").iteration == half["iterations"]  # a branch leaves it as it was
    with Image.open("half.png") as picture:
        ImageDraw.Draw(picture).rectangle((0, 0, 15, 15), fill="white")
        picture.save("painted.png")
    over = told("paint-over", "half.run", "--picture", "painted.png", "--out", "over.png", "--iterations", 1)
    assert "painted over with" in over["recipe"]
    assert pixels("over.png") != pixels("b.png")
    assert saved("b.run").spec.prompt == "a blue circle" and saved("b.run").state != saved("a.run").state


def test_a_run_is_saved_on_its_way_with_its_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    Image.linear_gradient("L").resize((32, 48)).convert("RGB").save("given.png")
    states: list[int] = []

    def write(path: Path, content: bytes) -> None:
        if path.suffix == ".run":
            states.append(Saved.from_bytes(content).iteration)
        real(path, content)

    real = files.write
    monkeypatch.setattr(files, "write", write)
    edited = told("edit", "given.png", "a red car", *SMALL, "--checkpoint", "a.run", "--every", 2, "--out", "a.png")
    assert states == [2, 4]
    longer = told("continue", "a.run", "--iterations", "1", "--out", "b.png")  # without the picture: the run has it
    assert re.search(r"input [0-9a-f]{12}", edited["recipe"])[0] in longer["recipe"]  # type: ignore[index]


def test_a_mask_and_an_image_prompt_are_of_the_picture_they_lie_on() -> None:
    given = Image.linear_gradient("L").resize((64, 96)).convert("RGB")
    given.save("given.png")
    mask = Image.new("L", (64, 96))
    ImageDraw.Draw(mask).rectangle((0, 0, 63, 31), fill="white")
    mask.save("mask.png")
    Image.new("RGB", (20, 20), "red").save("guide.png")
    painted = told(
        "edit", "given.png", "a red car", "--mask", "mask.png", "--image-prompt", "guide.png:0.5", "--feather", 4,
        *SMALL, "--out", "a.png",
    )  # fmt: skip
    assert "--image-weights 0.5" in painted["recipe"] and "--feather 4" in painted["recipe"]
    assert re.search(r"image prompt [0-9a-f]{12}, mask [0-9a-f]{12}\]$", painted["recipe"])
    with Image.open("a.png") as picture:
        small = given.resize((32, 48), Image.Resampling.LANCZOS)
        changed = ImageChops.difference(picture.convert("RGB"), small).getbbox()
    assert changed is not None and changed[3] <= 16 + 4


def test_a_replacement_shows_where_it_looked() -> None:
    Image.effect_mandelbrot((32, 48), (-2, -1, 1, 1), 20).convert("RGB").save("given.png")
    painted = told(
        "paint", "--init", "given.png", "--replace", "a  circle", "--with", "a car", *SMALL, "--out", "a.png",
        "--region-threshold", "0.2",
    )  # fmt: skip
    assert painted["region"] == "a-region.png"
    with Image.open("a-region.png") as region:
        assert region.size == (32, 48) and region.getextrema()[1] == 255
    assert painted["recipe"].startswith("a car --seed 7") and '--replace "a circle"' in painted["recipe"]


def test_a_picture_is_enlarged_by_the_words_that_it_carries() -> None:
    call("paint", "a red car", *SMALL, "--out", "a.png")
    large = told("upscale", "a.png", "--by", 2, "--iterations", 1, "--out", "b.png")
    assert large["size"] == "64x96" and len(pixels("b.png")) == 64 * 96 * 3
    assert large["recipe"].startswith("a red car --seed 7 --size 64x96") and "--upscale 2" in large["recipe"]
    call("paint", large["recipe"], "--init", "a.png", "--out", "again.png")
    assert pixels("again.png") == pixels("b.png")
    Image.new("RGB", (32, 48), "red").save("c.png")
    assert "The prompt is empty" in call("upscale", "c.png", code=2)
    assert "--by 4" in call("upscale", "a.png", "--by", 3, code=2)


def test_a_picture_from_elsewhere_is_enlarged_from_its_working_size_and_styles_have_names_here_too() -> None:
    Image.new("RGB", (400, 100), "red").save("wide.png")
    large = told("upscale", "wide.png", "--prompt", "a red car", "--iterations", 1, "--out", "large.png")
    assert large["size"] == "512x128" and "--upscale 2" in large["recipe"]
    styled = told("paint", "a red car --style Watercolor", *SMALL, "--out", "a.png")
    assert styled["recipe"].startswith("a watercolor of a red car --seed 7")


def test_a_grid_is_single_pictures_and_one_sheet() -> None:
    size = ("--size", "32x32", "--iterations", "1")
    made = told("grid", "a red car", "--styles", "watercolor,at night", "--seeds", "1-2", *size, "--out", "cars")
    names = ["watercolor-seed-1", "watercolor-seed-2", "at-night-seed-1", "at-night-seed-2"]
    assert [Path(one["path"]).stem for one in made["pictures"]] == names
    assert "a watercolor of a red car --seed 1" in made["pictures"][0]["recipe"]
    assert "a red car | at night --seed 2" in made["pictures"][3]["recipe"]
    with Image.open(made["sheet"]) as sheet:
        assert 384 < sheet.width < 450 and sheet.height > 384  # two columns, two rows
    call("grid", "a red car", "--seeds", "5", *size)
    assert Path("a-red-car-grid/seed-5.png").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["paint", "a car", "--cutouts", "0"], "cutouts is 0; it must be a whole number from 1 to 1024"),
        (["paint", "a car", "--cutouts", "1000"], "cutouts is 1000; it must be a whole number from 1 to 128 here"),
        (["paint", "a car", "--optimiser", "sgd"], "optimiser is 'sgd'; it must be one of: adam, adamw, nadam"),
        (["paint", "a car", "--cutuots", "3"], "There is no setting “cutuots”. Did you mean “cutouts”?"),
        (["paint", "--cutouts", "3", "a car"], "Settings stand at the end"),
        (["paint", "a car", "--with", "a fox"], "--with says what to put in the place"),
        (["paint", "a car", "--replace", "a dog"], "I need a picture to start from"),
        (["paint", "a car", "--mask", "given.png"], "A mask needs a picture"),
        (["edit", "given.png", "a car", "--mask", "wide.png"], "they must have the same shape"),
        (["edit", "given.png", "a car", "--preset", "nope"], "must be one of: colour, weather, material, replace"),
        (["paint", "a car", "--image-prompt", "none.png:2"], "none.png cannot be read"),
        (["paint", "a car", "--every", "3"], "give --checkpoint FILE too"),
        (["paint", "a car", "--film", "a.gif"], "A film is .mp4 or .webp"),
        (["paint", "a car", "--checkpoint", "no/a.run"], "does not exist"),
        (["paint", "a car", "--style", "oyl"], "There is no style “oyl” here. Did you mean “oil”?"),
        (["resume", "none.run"], "none.run cannot be read"),
        (["resume", "given.png"], "no run that was saved, or it is damaged"),
        (["grid", "a car"], "styles such as watercolor,oil, seeds such as 1-8"),
        (["grid", "a car", "--styles", "oil,watercolr"], "Did you mean “watercolor”?"),
        (["grid", "a car", "--seeds", "8-1"], "ends before it begins"),
        (["grid", "a car", "--seeds", "1-900"], "at most 64"),
        (["grid", "a car", "--seeds", "x"], "is not a list of seeds"),
    ],
)
def test_what_cannot_be_is_refused_with_what_may_be(arguments: list[str], says: str) -> None:
    Image.new("RGB", (32, 48), "red").save("given.png")
    Image.new("L", (96, 32), "white").save("wide.png")
    before = set(Path().iterdir())
    assert says in call(*arguments, code=2)
    assert set(Path().iterdir()) == before


def test_a_damaged_run_and_a_branch_that_does_not_fit_are_refused() -> None:
    call("paint", "a red car", *SMALL, "--out", "a.png", "--checkpoint", "a.run")
    content = Path("a.run").read_bytes()
    assert Saved.from_bytes(content).to_bytes() == content
    Path("cut.run").write_bytes(content[: len(content) // 2])
    assert "is damaged" in call("resume", "cut.run", code=2)
    assert "keeps the bundle and the size" in call("branch", "a.run", "--prompt", "a car --size 64x64", code=2)
    assert "from 1 to 2,000" in call("continue", "a.run", "--iterations", 5000, code=2)
    assert "a whole number from 1" in call("continue", "a.run", "--iterations", 0, code=2)
    Image.new("RGB", (90, 30), "red").save("wide.png")
    assert "keep its shape" in call("paint-over", "a.run", "--picture", "wide.png", code=2)
    assert saved("a.run").iteration == 4
