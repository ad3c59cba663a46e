"""Files that the command line reads and writes: none is lost, whatever they are called."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

import bot.cli.engine_run
from tests.bot.cli.test_pictures import call, told
from tests.bot.engine_thread import ThreadEngineClient

ONCE = ("--size", "32x48", "--iterations", "1", "--seed", "7")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, weights_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bot.cli.engine_run, "ProcessEngineClient", ThreadEngineClient)
    Path("config.toml").write_text(f'[engine]\nweights_dir = "{weights_dir}"\nthreads = 1\ndevice = "cpu"\n')
    Image.new("RGB", (32, 48), "blue").save("in.png")
    mask = Image.new("L", (32, 48))
    ImageDraw.Draw(mask).rectangle((0, 0, 31, 15), fill="white")
    mask.save("mask.png")


def linked(path: str) -> str:
    Path("link.png").symlink_to(path)
    return "link.png"


def hard_linked(path: str) -> str:
    os.link(path, "hard.png")
    return "hard.png"


def through_folder(path: str) -> str:
    Path("sub").mkdir()
    Path("sub/here").symlink_to(Path.cwd(), target_is_directory=True)
    return f"sub/here/{path}"


DISGUISES: dict[str, Callable[[str], str]] = {
    "as it is": lambda path: path,
    "./x": lambda path: f"./{path}",
    "absolute": lambda path: str(Path(path).absolute()),
    "..": lambda path: f"../{Path.cwd().name}/{path}",
    "symlink": linked,
    "hard link": hard_linked,
    "linked folder": through_folder,
    "case": str.upper,
}
READS = {
    "edit": ("edit", "in.png", "a red car"),
    "--init": ("paint", "a red car", "--init", "in.png"),
    "--image-prompt": ("paint", "a red car", "--image-prompt", "mask.png", "--image-prompt", "in.png"),
    "--image-prompt with a weight": ("paint", "a red car", "--image-prompt", "in.png:0.5"),
    "--mask": ("edit", "mask.png", "a red car", "--mask", "in.png"),
    "upscale": ("upscale", "in.png", "--prompt", "a red car"),
    "resume": ("resume", "in.png"),
    "branch": ("branch", "in.png", "--prompt", "a red car"),
    "paint-over": ("paint-over", "mask.png", "--picture", "in.png"),
}


SAVED_AGAIN = ("resume", "--checkpoint")  # a run goes on in its own file


def contents() -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize(
    ("reads", "option"),
    [(reads, option) for reads in READS for option in ("--out", "--checkpoint") if (reads, option) != SAVED_AGAIN],
)
def test_what_is_read_is_never_written(reads: str, option: str, disguise: str) -> None:
    arguments = (*READS[reads], option, DISGUISES[disguise]("in.png"))
    before = contents()
    assert "named twice" in call(*arguments, code=2)
    assert contents() == before


@pytest.mark.parametrize("disguise", ["as it is", "./x", "absolute", "..", "linked folder", "case"])
@pytest.mark.parametrize(
    ("one", "other", "name"),
    [
        ("--out", "--checkpoint", "x.png"),
        ("--film", "--checkpoint", "x.mp4"),
        ("--config", "--checkpoint", "config.toml"),
    ],
)
def test_two_files_to_write_are_two(one: str, other: str, name: str, disguise: str) -> None:
    before = {**contents()}
    assert "named twice" in call("paint", "a red car", one, name, other, DISGUISES[disguise](name), code=2)
    assert {path: content for path, content in contents().items() if path in before} == before
    assert not Path("x.png").exists() and not Path("x.mp4").exists()


@pytest.mark.parametrize("folder", ["", "pictures"])
@pytest.mark.parametrize("disguise", ["as it is", "./x", "symlink", "case"])
def test_a_name_made_from_the_prompt_is_never_that_of_an_input(disguise: str, folder: str) -> None:
    name = "a-red-car-7.png"
    if folder:
        Path(folder).mkdir()
    source = Path(folder) / (name.upper() if disguise == "case" else name)
    Path("in.png").rename(source)
    given = linked(str(source)) if disguise == "symlink" else f"./{source}" if disguise == "./x" else str(source)
    before = contents()
    refused = call("edit", given, "a red car", *ONCE, *(("--out", folder) if folder else ()), code=2)
    assert "named twice" in refused
    assert contents() == before


@pytest.mark.parametrize("taken", ["--init", "--checkpoint"])
def test_the_picture_of_a_region_has_a_name_of_its_own(taken: str) -> None:
    Path("in.png").rename("a-region.png")
    given = "a-region.png" if taken == "--init" else "mask.png"
    arguments = ["paint", "--init", given, "--replace", "a circle", "--with", "a car", *ONCE, "--out", "a.png"]
    if taken == "--checkpoint":
        arguments += ["--checkpoint", "./a-region.png"]
    before = contents()
    assert "named twice" in call(*arguments, code=2)
    assert contents() == before


@pytest.mark.parametrize(
    "styles", ["in deep fog,in deep fog!", "in Deep Fog,in deep fog", f"{'in fog ' * 12},{'in fog ' * 13}"]
)
def test_the_pictures_of_a_grid_have_names_of_their_own(styles: str) -> None:
    before = contents()
    assert "named twice" in call("grid", "a red car", "--styles", styles, *ONCE[:4], "--out", "cars", code=2)
    assert contents() == before


def test_a_picture_may_be_read_twice_and_a_run_is_saved_in_its_own_file() -> None:
    erased = Image.new("RGBA", (32, 48), "blue")
    erased.paste((0, 0, 0, 0), (0, 0, 32, 16))
    erased.save("erased.png")
    call("edit", "erased.png", "a red car", "--mask", "erased.png", *ONCE, "--out", "a.png", "--checkpoint", "a.run")
    before = Path("a.run").read_bytes()
    call("continue", "a.run", "--iterations", 1, "--out", "b.png", "--checkpoint", "./a.run")
    assert Path("a.run").read_bytes() != before
    assert "named twice" in call("branch", "a.run", "--prompt", "a cat", "--checkpoint", "a.run", code=2)
    assert "named twice" in call("resume", "a.run", "--film", "a.mp4", "--checkpoint", "A.MP4", code=2)


LETTERS = {"one byte": "a", "two": "é", "three": "猫", "four": "𠀀", "astral letter": "𝔞", "combined": "e\u0301"}


@pytest.mark.parametrize("count", [1, 59, 60, 61, 300])
@pytest.mark.parametrize("letter", LETTERS)
def test_a_name_made_from_any_prompt_fits_any_file_system(letter: str, count: int) -> None:
    words = f"{LETTERS[letter] * count} a red car"
    painted = told("paint", words, *ONCE)
    assert Path(painted["path"]).exists() and len(painted["path"].encode()) <= 143
    assert Path(painted["path"]).name.endswith("-7.png")


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("a" * 252 + ".png", ()),
        ("猫" * 84 + ".png", ()),
        ("a" * 245 + ".png", ("--init", "in.png", "--replace", "a circle", "--with", "a car")),  # with -region
    ],
)
def test_a_name_that_is_too_long_is_refused_before_painting(name: str, more: tuple[str, ...]) -> None:
    before = contents()
    words = () if more else ("a red car",)
    assert "is too long" in call("paint", *words, *more, *ONCE, "--out", name, code=2)
    assert contents() == before


@pytest.mark.parametrize("option", ["--checkpoint", "--film"])
def test_so_is_that_of_every_other_file(option: str) -> None:
    before = contents()
    assert "is too long" in call("paint", "a red car", *ONCE, option, "a" * 252 + ".mp4", code=2)
    assert contents() == before


@pytest.mark.parametrize("length", [251, 245, 240])
def test_the_longest_name_that_the_system_takes_is_written(length: int) -> None:
    name = "a" * length + ".png"
    call("paint", "a red car", *ONCE, "--out", name)
    assert Path(name).exists()


@pytest.mark.parametrize("option", ["--checkpoint", "--film"])
def test_a_folder_is_no_file(option: str) -> None:
    Path("folder.mp4").mkdir()
    assert "is a folder" in call("paint", "a red car", *ONCE, option, "folder.mp4", code=2)
    assert not list(Path().glob("a-red*"))


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o027, 0o002])
def test_every_file_has_the_permissions_that_the_umask_leaves(umask: int) -> None:
    before = os.umask(umask)
    try:
        painted = told(
            "paint", "--init", "in.png", "--replace", "a circle", "--with", "a car", "--region-threshold", "0.2", *ONCE,
            "--out", "a.png", "--checkpoint", "a.run", "--film", "a.webp",
        )  # fmt: skip
        files = [painted[name] for name in ("path", "region", "checkpoint", "film")]
        made = told("grid", "a red car", "--seeds", "1-2", *ONCE[:4], "--out", "cars")
        files += [made["sheet"], *(one["path"] for one in made["pictures"])]
    finally:
        os.umask(before)
    assert len(files) == 7
    assert {Path(file).stat().st_mode & 0o777 for file in files} == {0o666 & ~umask}


def test_a_picture_is_written_through_a_link() -> None:
    Path("folder").mkdir()
    Path("a.png").symlink_to("folder/b.png")
    call("paint", "a red car", *ONCE, "--out", "a.png")
    assert Path("a.png").is_symlink() and Path("folder/b.png").exists()
