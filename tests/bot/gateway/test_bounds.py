"""Every text is within Discord's limits, whoever sends it and however."""

import random
from typing import Any

import pytest

from bot.gateway.bounds import bounded, cut

LONG = "x" * 9000


def at(body: Any, path: str) -> Any:
    for step in path.split("."):
        body = body[int(step)] if isinstance(body, list) else body[step]
    return body


def made(path: str, value: Any) -> Any:
    """Return a body that has ``value`` at ``path`` and nothing else; components are of the type that the path needs."""
    for step in reversed(path.split(".")):
        value = [value] if step.isdecimal() else {step: value}
    return value


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("content", 2000),
        ("data.content", 2000),
        ("data.title", 45),
        ("name", 100),
        ("message.content", 2000),
        ("embeds.0.title", 256),
        ("embeds.0.description", 4096),
        ("embeds.0.fields.0.name", 256),
        ("embeds.0.fields.0.value", 1024),
        ("embeds.0.footer.text", 2048),
        ("embeds.0.author.name", 256),
        ("data.embeds.0.description", 4096),
        ("attachments.0.description", 1024),
        ("data.choices.0.name", 100),
        ("components.0.components.0.placeholder", 150),
        ("components.0.components.0.options.0.label", 100),
        ("components.0.components.0.options.0.description", 100),
        ("data.components.0.components.0.content", 4000),
    ],
)
def test_each_kind_of_text_is_cut_to_its_limit(path: str, most: int) -> None:
    shown = at(bounded(made(path, LONG)), path)
    assert len(shown) == most and shown.endswith("…")
    assert at(bounded(made(path, "x" * most)), path) == "x" * most


@pytest.mark.parametrize(("kind", "name", "most"), [(2, "label", 80), (4, "label", 45), (4, "value", 4000)])
def test_a_component_has_the_limits_of_its_type(kind: int, name: str, most: int) -> None:
    row = {"type": 1, "components": [{"type": kind, name: LONG, "custom_id": LONG}]}
    shown = bounded({"components": [row]})["components"][0]["components"][0]
    assert len(shown[name]) == most and shown["custom_id"] == LONG, "an id is never cut"


def test_lists_have_at_most_twenty_five_entries() -> None:
    entries = [{"name": "n", "value": "v"}] * 40
    assert len(bounded({"embeds": [{"fields": entries}]})["embeds"][0]["fields"]) == 25
    assert len(bounded({"type": 8, "data": {"choices": entries}})["data"]["choices"]) == 25


def test_all_embeds_of_a_message_have_at_most_six_thousand_characters() -> None:
    embed = {"title": LONG, "description": LONG, "fields": [{"name": LONG, "value": LONG}] * 3}
    embeds = bounded({"embeds": [dict(embed), dict(embed)]})["embeds"]
    texts = [one[name] for one in embeds for name in ("title", "description")]
    texts += [field[name] for one in embeds for field in one["fields"] for name in ("name", "value")]
    assert sum(map(len, texts)) <= 6000 + len(texts) and all(texts)


def test_joined_characters_are_not_parted_and_a_code_block_is_closed() -> None:
    family, accented = "👨‍👩‍👧", "e\u0301"
    for most in range(2, 30):
        for text in (family * 9, accented * 30, "👍🏽" * 20):
            shown = cut(text, most)
            assert len(shown) <= most and not shown.removesuffix("…").endswith("\u200d")
            assert text.startswith(shown.removesuffix("…"))
            rest = text[len(shown) - 1 :]
            assert not rest.startswith(("\u200d", "\u0301", "🏽"))
    block = cut(f"```\n{LONG}\n```", 2000)
    assert len(block) <= 2000 and block.count("```") == 2


def test_what_is_short_enough_is_left_as_it_is() -> None:
    rng = random.Random(1)
    for _ in range(200):
        body = {
            "content": "c" * rng.randrange(2001),
            "embeds": [{"title": "t" * rng.randrange(257), "fields": [{"name": "n", "value": "v", "inline": True}]}],
            "components": [{"type": 1, "components": [{"type": 2, "label": "l", "emoji": {"name": "🔁"}}]}],
            "flags": 64,
        }
        assert bounded(body) == body
