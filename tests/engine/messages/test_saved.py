"""A saved run comes back whole, and a damaged or hostile one is refused with a sentence and without much memory."""

from __future__ import annotations

import io
import json
import random
import struct
import tracemalloc
import zipfile
from typing import Any

import pytest

from engine.messages import Saved, Spec, SpecError, is_saved
from engine.messages import saved as module

WHOLE = Saved(
    spec=Spec(prompt="a red car", bundle="starter", width=64, height=48, iterations=9, seed=3),
    state=bytes(range(256)) * 9, iteration=4, init_image=b"picture" * 50, mask=b"mask" * 20,
    image_prompts=(b"one" * 9, b"two" * 9), input_hash="ab" * 32, facts=("painted like an owl",),
)  # fmt: skip


def members() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(WHOLE.to_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(content: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, part in content.items():
            archive.writestr(name, part)
    return buffer.getvalue()


def told(**changes: Any) -> bytes:
    parts = members()
    return packed({**parts, "run.json": json.dumps({**json.loads(parts["run.json"]), **changes}).encode()})


def refused(content: bytes) -> str:
    with pytest.raises(SpecError) as error:
        Saved.from_bytes(content)
    assert len(str(error.value)) < 300
    return str(error.value)


def test_a_run_comes_back_whole_also_when_it_was_packed_anew() -> None:
    assert Saved.from_bytes(WHOLE.to_bytes()) == WHOLE
    assert Saved.from_bytes(packed(members(), zipfile.ZIP_DEFLATED)) == WHOLE
    assert Saved.from_bytes(packed({**members(), "notes.txt": b"mine"})) == WHOLE


@pytest.mark.parametrize("text", [
    b"[" * 100_000, b'{"a":' * 100_000, b"", b"null", b"3", b"[]", b'"x"', b"\xff", b"{}", b'{"version": 1}',
    b"9" * 10_000,
])  # fmt: skip
def test_settings_of_any_other_form_are_refused(text: bytes) -> None:
    assert refused(packed({**members(), "run.json": text}))


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e400, -1, 10**30, 1.5, "4", None, [], {}, True])
@pytest.mark.parametrize("name", ["iteration", "image_prompts"])
def test_numbers_that_are_none_are_refused(name: str, value: Any) -> None:
    assert refused(told(**{name: value})) == module._DAMAGED


@pytest.mark.parametrize("changes", [
    {"spec": []}, {"spec": None}, {"spec": "x"}, {"spec": {"prompt": 3, "width": []}}, {"spec": {"colour": 3}},
    {"facts": 3}, {"facts": [3]}, {"facts": None}, {"input_hash": 3}, {"version": 2}, {"version": None},
    {"image_prompts": 3},
])  # fmt: skip
def test_fields_of_another_kind_are_refused(changes: dict[str, Any]) -> None:
    assert refused(told(**changes))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_ways_of_packing_that_no_run_has_are_refused(method: int) -> None:
    assert refused(packed(members(), method)) == module._DAMAGED


def test_an_encrypted_member_is_refused() -> None:
    content = WHOLE.to_bytes()
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.index(magic) + flags
        content = content[:place] + struct.pack("<H", 1) + content[place + 2 :]
    assert refused(content) == module._DAMAGED


@pytest.mark.parametrize("name", ["spare", "run.json", "init"])
def test_a_member_that_unpacks_to_very_much_takes_little_memory(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(module, "_MOST_PICTURE", 1 << 20)  # so that the test need not unpack a quarter of a gigabyte
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part, content in members().items():
            if part != name:
                archive.writestr(part, content)
        with archive.open(name, "w") as file:
            for _ in range(200):
                file.write(bytes(1 << 20))
    tracemalloc.start()
    try:
        assert Saved.from_bytes(buffer.getvalue()) == WHOLE
        assert name == "spare"
    except SpecError:
        assert name != "spare"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20


@pytest.mark.parametrize("name", ["run.json", "state", "image-prompt-1"])
def test_a_missing_part_is_refused(name: str) -> None:
    assert refused(packed({part: content for part, content in members().items() if part != name})) == module._DAMAGED


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("seed", range(6))
def test_a_run_damaged_anywhere_is_read_or_refused(seed: int, method: int) -> None:
    rng, whole = random.Random(seed), packed(members(), method)
    for _ in range(400):
        content = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        broken = bytes(content[: rng.randrange(len(content))] if rng.random() < 0.2 else content)
        try:
            is_saved(broken)
            Saved.from_bytes(broken)
        except SpecError as error:
            assert len(str(error)) < 300
