"""What a run is reckoned to need, and what there is for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.bundles.bundles import Bundle
from engine.device import free_memory
from engine.messages import Precision, Spec
from engine.run import batch
from engine.run.run import Run
from engine.serve import memory
from engine.serve.memory import NoRoom, StepMemory
from tests.engine.parts import as_clip, as_vqgan

AMPLE = 2**40


def saved_by_a_step(run: Run, chunk: int | None) -> int:
    """The most bytes that autograd holds at a time in a real step of ``run``, the models' weights left out."""
    weights = {tensor.untyped_storage().data_ptr() for tensor in model_tensors(run.bundle, run.spec.precision)}
    held: dict[int, int] = {}
    most = 0

    class Kept:
        def __init__(self, tensor: Tensor) -> None:
            nonlocal most
            self.tensor, self.storage = tensor, tensor.untyped_storage()
            if self.storage.data_ptr() not in weights:
                held[self.storage.data_ptr()] = self.storage.nbytes()
            most = max(most, sum(held.values()))

        def __del__(self) -> None:
            held.pop(self.storage.data_ptr(), None)

    with torch.autograd.graph.saved_tensors_hooks(Kept, lambda kept: kept.tensor):
        batch.step([run], chunk)
    return most


def model_tensors(bundle: Bundle, precision: Precision) -> Iterator[Tensor]:
    generator, perceptors = bundle.models(precision)
    for model in (as_vqgan(generator), *map(as_clip, perceptors)):
        yield from model.parameters()
        yield from model.buffers()


@pytest.mark.parametrize("precision", list(Precision))
@pytest.mark.parametrize(
    ("changes", "chunk"),
    [
        ({"cutouts": 4}, None),
        ({"width": 64, "height": 64, "cutouts": 12}, None),
        ({"width": 64, "height": 64, "cutouts": 12}, 2),
        ({"cutouts": 4, "perceptor_weights": (0.0, 1.0)}, None),
        ({"cutouts": 4, "latent": "codebook"}, None),
    ],
    ids=["usual", "large", "chunks", "one perceptor", "codebook"],
)
def test_what_a_step_saves_is_foreseen_from_counts_at_small_sizes(
    spec: Spec, bundle: Bundle, changes: dict[str, Any], chunk: int | None, precision: Precision
) -> None:
    asked = dataclasses.replace(spec, **changes, precision=precision)
    need = StepMemory(AMPLE).need(asked, bundle, chunk)
    assert 0.6 * need <= saved_by_a_step(Run(asked, bundle), chunk) <= need


def test_the_need_grows_with_pixels_cutouts_and_asked_perceptors(spec: Spec, bundle: Bundle) -> None:
    reckoned = StepMemory(AMPLE)

    def need(**changes: object) -> int:
        return reckoned.need(dataclasses.replace(spec, **{"cutouts": 4, **changes}), bundle)  # type: ignore[arg-type]

    assert need(width=64) > need() > need(perceptor_weights=(1.0, 0.0))
    assert need(cutouts=8) > need() > reckoned.need(dataclasses.replace(spec, cutouts=4), bundle, 2)
    assert need(latent="codebook") > need()
    assert need(width=256, height=256, upscale=2) < need(width=256, height=256)


def test_cutouts_are_halved_until_they_fit_and_a_picture_that_never_does_is_refused(spec: Spec, bundle: Bundle) -> None:
    asked = dataclasses.replace(spec, width=64, height=64, cutouts=12)
    ample = StepMemory(AMPLE)
    assert ample.chunk(asked, bundle) is None
    for chunk in (6, 3, 2, 1):
        assert StepMemory(ample.need(asked, bundle, chunk)).chunk(asked, bundle) == chunk
    with pytest.raises(NoRoom, match=r"64×64 px need about \d+ MB of memory, and there are \d+ MB for pictures here"):
        StepMemory(ample.need(asked, bundle, 1) - 1).chunk(asked, bundle)


@pytest.mark.parametrize("size", [(64, 64), (96, 48), (48, 128)])
def test_the_largest_that_fits_has_the_same_shape_and_the_next_does_not_fit(
    spec: Spec, bundle: Bundle, size: tuple[int, int]
) -> None:
    asked = dataclasses.replace(spec, width=size[0], height=size[1])
    least = StepMemory(AMPLE).need(dataclasses.replace(asked, width=32, height=32), bundle, 1)
    tight = StepMemory(least)
    found = tight.largest(asked, bundle, tight.size)
    assert found is not None
    fitting = dataclasses.replace(asked, width=found[0], height=found[1])
    assert tight.need(fitting, bundle, 1) <= tight.size
    assert found[0] / found[1] == pytest.approx(size[0] / size[1], rel=0.15)
    assert f"fits is {found[0]}x{found[1]}" in tight.too_large(asked, bundle)
    Run(fitting, bundle)
    assert StepMemory(1).largest(asked, bundle, 1) is None
    assert "tell whoever runs this bot" in StepMemory(1).too_large(asked, bundle)


def test_after_memory_ran_out_a_smaller_size_is_named_though_all_should_have_fit(spec: Spec, bundle: Bundle) -> None:
    said = StepMemory(AMPLE).ran_out(dataclasses.replace(spec, width=64, height=64), bundle)
    assert said.startswith("64×64 px took more memory than there is.") and "fits is 60x60" in said


def test_chunks_are_a_half_a_quarter_and_so_on_down_to_one() -> None:
    assert list(memory.smaller(12)) == [6, 3, 2, 1]
    assert list(memory.smaller(1)) == []


# What there is


def group(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def test_the_limits_of_a_container_and_of_all_that_it_is_in_count(tmp_path: Path) -> None:
    own, root = tmp_path / "own", tmp_path / "cgroup"
    own.write_text("0::/slice/box\n")
    stat = "anon 5\ninactive_file 100\n"
    group(root)
    group(root / "slice", memory__max="5000\n", memory__current="3000\n", memory__stat=stat)
    group(root / "slice/box", memory__max="max\n", memory__current="900\n", memory__stat=stat)
    assert list(free_memory.cgroup_rooms(own, root)) == [2100]
    group(root / "slice/box", memory__max="1000\n")
    assert list(free_memory.cgroup_rooms(own, root)) == [200, 2100]


def test_the_first_version_of_control_groups_is_read_too_and_a_path_from_outside_is_passed_over(tmp_path: Path) -> None:
    own, root = tmp_path / "own", tmp_path / "cgroup"
    own.write_text("5:cpu,cpuacct:/docker/1\n4:memory:/docker/1\n0::/\n")
    stat = "inactive_file 7\ntotal_inactive_file 30\n"
    group(root / "memory", memory__limit_in_bytes="1000", memory__usage_in_bytes="400", memory__stat=stat)
    assert list(free_memory.cgroup_rooms(own, root)) == [630]
    assert list(free_memory.cgroup_rooms(tmp_path / "none", root)) == []


def test_what_is_free_is_found_and_a_part_of_it_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    assert free_memory.for_runs(cpu) > 0
    monkeypatch.setattr(free_memory, "cgroup_rooms", lambda: iter([1000, 3000]))
    assert free_memory.for_runs(cpu) == 900
