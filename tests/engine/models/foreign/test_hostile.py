"""Pickles that would run code, fill the memory or never end are read in no time, or refused, and nothing runs."""

from __future__ import annotations

import io
import pickle
import struct
import sys
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.models.foreign import files, pickles
from engine.models.foreign.files import SourceError
from tests import published


class Call:
    """An object whose pickle calls ``function``."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.told = function, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.told


def touching(trace: Path) -> dict[str, Any]:
    """Each value makes ``trace`` where a pickle is loaded without care."""
    import codecs
    import os
    import runpy
    import subprocess

    line = f"open({str(trace)!r}, 'w').close()"
    chain = Call(getattr, Call(__import__, "builtins"), "exec")
    return {
        "os.system": Call(os.system, f"touch {trace}"),
        "eval": Call(eval, f"open({str(trace)!r}, 'w')"),
        "exec": Call(exec, line),
        "getattr": Call(applied, chain, line),
        "subprocess": Call(subprocess.call, ["touch", str(trace)]),
        "codecs": Call(exec, Call(codecs.decode, codecs.encode(line, "rot13"), "rot13")),
        "runpy": Call(runpy._run_code, line, {}),  # type: ignore[attr-defined]
        "open": Call(open, str(trace), "w"),
        "path": Call(Path.touch, trace),
        "torch": Call(torch.save, {}, str(trace)),
    }


def applied(function: Any, *arguments: Any) -> Any:
    return function(*arguments)


def saved(path: Path, content: Any, layout: str) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=layout == "zip")
    return path


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("layout", ["zip", "old"])
@pytest.mark.parametrize("kind", sorted(touching(Path("x"))))
def test_whatever_a_checkpoint_would_call_is_not_called(tmp_path: Path, kind: str, layout: str) -> None:
    trace = tmp_path / "trace"
    state = {"quantize.embedding.weight": torch.arange(6.0).view(2, 3)}
    content = {"state_dict": state, "hyper_parameters": touching(trace)[kind], "callbacks": {"x": [1, {"y": (2,)}]}}
    path = saved(tmp_path / "bomb.ckpt", content, layout)
    torch.load(path, weights_only=False)
    assert trace.exists(), "the bomb works where nobody takes care"
    trace.unlink()
    found = files.read(path)
    assert torch.equal(found["state_dict.quantize.embedding.weight"](), state["quantize.embedding.weight"])
    assert not trace.exists()


def test_a_call_in_place_of_the_state_leaves_no_state(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    for kind, bomb in touching(trace).items():
        with pytest.raises(SourceError, match="holds no VQGAN"):
            files.beneath(
                files.read(saved(tmp_path / "x.ckpt", bomb, "zip")), ["x"], tmp_path / f"{kind}.ckpt", "VQGAN"
            )
    assert not trace.exists()


def test_no_module_is_imported_for_a_pickle() -> None:
    assert "antigravity" not in sys.modules
    for text in (b"cantigravity\nfly\n.", b"\x80\x04\x8c\x0bantigravity\x8c\x03fly\x93.", b"(iantigravity\nfly\n."):
        pickles.read(io.BytesIO(text))
    assert "antigravity" not in sys.modules


def doubled(depth: int, make: Any) -> Any:
    table: Any = make(None, None)
    for _ in range(depth):
        table = make(table, table)
    return table


EIGHT = struct.pack("<Q", 1 << 40)
BOMBS = {
    "a huge bytearray": b"\x80\x05\x96" + EIGHT + b".",
    "huge bytes": b"\x80\x04\x8e" + EIGHT + b".",
    "a huge text": b"\x80\x04\x8d" + EIGHT + b".",
    "a huge frame": b"\x80\x04\x95" + EIGHT + b"N.",
    "a far place in the memo": b"\x80\x02Nr\xff\xff\xff\x7f.",
    "a huge number": b"\x80\x02\x8b\xff\xff\xff\x7f.",
    "many digits": b"I" + b"9" * 100_000 + b"\n.",
    "nothing to pop": b"\x80\x020.",
    "no mark": b"\x80\x02t.",
    "deep lists": b"\x80\x02" + b"](" * 50_000 + b"e" * 50_000 + b".",
    "deep tuples": b"\x80\x02N" + b"\x85" * 100_000 + b".",
    "a buffer from outside": b"\x80\x05\x97.",
    "an extension": b"\x80\x02\x82\x01.",
    "no end": b"\x80\x02" + b"N" * 1000,
    "doubled tuples as a key": pickle.dumps({doubled(18, lambda a, b: (a, b)): 1}),
    "doubled tables": pickle.dumps(doubled(60, lambda a, b: {"a": a, "b": b})),
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_pickle_made_to_fill_the_memory_takes_little_of_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.ckpt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("bomb/data.pkl", BOMBS[name])
    tracemalloc.start()
    try:
        assert not files.read(path)
    except SourceError as error:
        assert "Fetch it again" in str(error) and len(str(error)) < 400
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20


def test_a_key_of_doubled_tuples_is_never_hashed() -> None:
    names = b"".join(b"\x86q%c0h%ch%c" % (i, i, i) for i in range(60))  # a tuple of two, remembered, and twice itself
    assert pickles.read(io.BytesIO(b"\x80\x02}NN" + names + b"\x86K\x01s.")) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"size": (1 << 40,), "stride": (0,)},
        {"size": (4, 4), "stride": (4, 1)},
        {"size": (-1,), "stride": (1,)},
        {"size": (2,), "stride": (-1,)},
        {"offset": 100},
        {"offset": -1},
        {"size": (2,) * 40, "stride": (0,) * 40},
    ],
)
def test_a_tensor_that_is_more_than_its_bytes_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    told = {"offset": 0, "size": (2, 3), "stride": (3, 1), **change}
    (tmp_path / "x").write_bytes(bytes(24))
    view = pickles.TensorView(pickles.Storage("0", "FloatStorage", 0), "FloatStorage", told["offset"], told["size"],
                              told["stride"])  # fmt: skip
    read = files._Bytes(files._mapped(tmp_path / "x"), {"0": (0, 24)})
    with pytest.raises(SourceError, match="reaches past its end"):
        read.tensor(view)


def test_tensors_that_share_their_bytes_a_thousand_times_are_refused(tmp_path: Path) -> None:
    big = torch.zeros(1000, 10)
    path = saved(tmp_path / "x.ckpt", {f"encoder.{i}": big.view(10, 1000) for i in range(1000)}, "zip")
    with pytest.raises(SourceError, match="tensors overlap"):
        files.load(files.read(path), path)


def test_a_packed_archive_which_may_be_a_bomb_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.ckpt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/data.pkl", b"\x80\x02]." + bytes(50_000_000))
    with pytest.raises(SourceError, match="packed zip"):
        files.read(tmp_path / "x.ckpt")


@pytest.mark.parametrize("layout", ["zip", "old", "safetensors"])
def test_a_file_cut_off_or_changed_anywhere_is_refused_or_read_but_never_crashes(tmp_path: Path, layout: str) -> None:
    rng = torch.Generator().manual_seed(5)
    state = {name: tensor for name, tensor in published.vqgan_state().items() if "quant" in name}
    path, broken = tmp_path / "good", tmp_path / "broken.ckpt"
    if layout == "safetensors":
        from safetensors.torch import save_file

        save_file(state, path)
    else:
        saved(path, {"state_dict": state, "epoch": 3}, layout)
    whole = path.read_bytes()
    for i in range(300):
        place = int(torch.randint(len(whole), (1,), generator=rng))
        place %= 3000 if i % 2 else len(whole)
        content = bytearray(whole)
        if i % 3:
            content[place] = int(torch.randint(256, (1,), generator=rng))
        broken.write_bytes(content if i % 3 else content[:place])
        try:
            files.load(files.read(broken), broken)
        except SourceError as error:
            assert 20 < len(str(error)) < 500
