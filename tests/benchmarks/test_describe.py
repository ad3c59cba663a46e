from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks import describe
from benchmarks.describe import Tally, judged
from engine.messages import Description, PhraseKind
from training.picturebook.picture import Picture


def description(**best: str) -> Description:
    kinds = tuple(PhraseKind(name=name, phrases=((phrase, 0.9), ("else", 0.1))) for name, phrase in best.items())
    return Description(sentence="", kinds=kinds)


def test_each_kind_that_can_be_seen_is_judged_and_what_is_unsaid_counts() -> None:
    car = Picture(thing="car", colour="red", weather="night", ground="road", style="watercolor")
    said = description(thing="car", colour="blue", weather="at night", ground="on a road", style="watercolor")
    right = {"thing": True, "colour": False, "ground": True, "weather": True, "style": True}
    assert judged(car, said) == right
    star = Picture(thing="star", colour="red", material="dotted", background="blue", style="charcoal")
    assert judged(star, description(thing="star", style="charcoal")) == {
        "thing": True, "material": False, "style": True,
    }  # fmt: skip
    assert judged(star, description())["style"] is False
    meadow = Picture(thing="", colour="", weather="day", ground="grass")
    assert judged(meadow, description(weather="on a sunny day"))["thing"]


def test_of_two_things_either_counts_with_its_own_colour() -> None:
    pair = Picture(
        thing="star", colour="red", other="ring", other_colour="pink", relation="above", background="white"
    )  # fmt: skip
    for thing, colour, right in (("star", "red", True), ("ring", "pink", True), ("ring", "red", False)):
        answers = judged(pair, description(thing=thing, colour=colour, background="white"))
        assert answers == {"thing": True, "colour": right, "background": True, "style": True}


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of a list, which is compared with all pages of the training first."""
    drawn = [
        Picture(thing="circle", colour="red", background="white"),
        Picture(thing="house", colour="blue", weather="night", ground="grass"),
        Picture(thing="tree", colour="green", weather="snow", ground="snowfield", style="charcoal"),
    ]
    monkeypatch.setattr(describe, "pictures", lambda which, count: drawn[:count])


def test_the_command_prints_times_and_shares(three: None, weights_dir: Path) -> None:
    import typer

    app = typer.Typer()
    app.command()(describe.main)
    done = CliRunner().invoke(app, ["--pictures", "3", "--json", "--size", "32", "--weights", str(weights_dir)])
    assert done.exit_code == 0, done.output
    assert '"cold_ms"' in done.stdout and '"all that is shown": [' in done.stdout
    done = CliRunner().invoke(app, ["--weights", str(weights_dir / "nowhere")])
    assert done.exit_code == 1 and "missing" in done.output


def test_the_median_and_what_95_of_100_stay_below() -> None:
    figures = Tally(warm=[float(i) for i in range(1, 101)])
    assert (figures.median, figures.slowest) == (50.5, 95.0)
