"""The list of things and people's prompts, and what the reader makes of their pictures."""

import pytest
import torch
from PIL import Image

from benchmarks.alignment import things as measured
from benchmarks.alignment.things import SeenThings, ThingPrompt
from benchmarks.judge.reader import ThingReader
from benchmarks.paint import PaintSettings, PaintTask
from training.things.table import things


def test_each_thing_of_the_list_is_asked_for_bare_and_once_with_more() -> None:
    asked = measured.from_table(30)
    bare = [one for one in asked if one.kind == "bare"]
    assert len(bare) == 30 and len(asked) == 60 and not any(one.colour or one.weather for one in bare)
    assert {one.kind for one in asked[30:]} == {"colour", "weather", "style"}
    assert [one.things for one in asked[:30]] == [one.things for one in asked[30:]]
    assert measured.from_table(30) == asked


def test_what_people_ask_for_is_in_the_table() -> None:
    asked = measured.from_people()
    assert len(asked) >= 200
    assert all(name in things() for one in asked for name in one.things)


def test_a_picture_shows_its_things_only_if_all_of_them_are_among_the_first() -> None:
    class Says(ThingReader):
        def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
            scores = torch.tensor([[9.0, 8.0, 7.0, 6.0, 5.0, 0.0]]).expand(len(images), -1)
            return {"things": scores, "colour": torch.eye(12)[:1], "weather": torch.eye(6)[:1]}

    judge = Says(("a", "b", "c", "d", "e", "f"))
    image = Image.new("RGB", (128, 128))

    def seen(*wanted: str, colour: str = "") -> SeenThings:
        return measured.read(judge, [ThingPrompt(kind="bare", prompt="", things=wanted, colour=colour)], [image])[0]

    assert seen("a").first and seen("a", "b").first and not seen("b").first
    assert seen("b").five and seen("a", "e").five and not seen("a", "f").five
    assert seen("a", colour="red").colour and not seen("a", colour="blue").colour
    assert seen("a").belief > seen("b").belief


def test_a_refused_prompt_shows_nothing() -> None:
    asked = [
        ThingPrompt(kind="bare", prompt="x", things=("owl",)),
        ThingPrompt(kind="bare", prompt="y", things=("owl",)),
    ]
    good = SeenThings(first=True, five=True, belief=0.9, colour=False, weather=False)
    found = measured.shares(asked, [good, None])["bare"]
    assert found["first"].value == found["first five"].value == 0.5 and found["refused"].value == 0.5


@pytest.mark.parametrize(("prompt", "painted"), [("an owl at night", True), ("florbel", False)])
def test_a_prompt_is_painted_as_a_member_would_see_it_or_refused(prompt: str, painted: bool) -> None:
    pair = measured.painted(PaintSettings(iterations=2, recalls=True), PaintTask(prompt=prompt, seed=1))
    assert (pair is not None) == painted
    if pair:
        assert pair.start.size == pair.end.size and pair.start.tobytes() != pair.end.tobytes()
