"""A step never waits for its device: on one that has no numbers to give, every question to it is an error.

torch's device *meta* knows shapes alone: reading a value, looking for what is not zero or choosing by booleans raises
there. What the step copies to it is counted.
"""

from __future__ import annotations

import copy
import dataclasses
import io
from collections.abc import Callable
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from engine.bundles.bundles import Bundle
from engine.device import transfers
from engine.messages import Spec
from engine.method import cutouts, warp
from engine.run import batch
from engine.run.run import Run
from engine.run.upscale import Tiled
from tests.engine.run.test_run import photograph

META = torch.device("meta")


class Copies(TorchDispatchMode):
    """Counts the tensors that go from the host to the device."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count = 0
        self.waited = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is torch.ops.aten._to_copy.default and kwargs.get("device") == META and args[0].device != META:
            self.count += 1
            self.waited += not kwargs.get("non_blocking")
        return func(*args, **kwargs)


class Nowhere:
    """In place of a loss that arrives: there is no number to arrive."""

    def __init__(self, tensor: Tensor) -> None:
        assert tensor.device == META

    def get(self) -> float:
        return 0.5


@pytest.fixture(autouse=True)
def without_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warp, "_noise", lambda shape, seed, device: torch.empty(shape, device=device))
    monkeypatch.setattr(transfers, "Arriving", Nowhere)


def on_meta(value: Any) -> Any:
    """Tensors, and what holds them, on the device without numbers."""
    if isinstance(value, Tensor):
        return value.detach().to(META)
    if isinstance(value, tuple | list):
        return type(value)(map(on_meta, value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type | Bundle):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        moved = {name: on_meta(held) for name, held in fields.items() if not isinstance(held, int | float)}
        return dataclasses.replace(value, **moved)
    return value


@pytest.fixture(scope="module")
def elsewhere(weights_dir: Any) -> Callable[[Run], Run]:
    """Moves a run; the models are moved once."""
    known: dict[int, Any] = {}

    def moved(model: Any) -> Any:
        return known.setdefault(id(model), copy.deepcopy(model).to(META))

    def move(run: Run) -> Run:
        bundle = run.bundle
        perceptors = tuple(map(moved, bundle.perceptors))
        run.bundle = dataclasses.replace(bundle, generator=moved(bundle.generator), perceptors=perceptors, device=META)
        run.perceptors = perceptors
        if run.spec.upscale == 1:
            run.generator = run.bundle.generator
        else:
            run.generator = Tiled(run.bundle.generator, bundle.entry.width)
        masked = run.masked
        for name in ("story", "masked", "rest", "first", "refined", "bounds"):
            setattr(run, name, on_meta(getattr(run, name)))
        if masked is not None:
            vars(run.masked)["box"] = masked.box  # known since the first step
        run.z = run.z.detach().to(META).requires_grad_()
        optimiser: Any = type(run.optimiser)
        run.optimiser = optimiser([run.z], lr=0.1)
        return run

    return move


def half_white() -> bytes:
    mask = Image.new("L", (40, 40))
    mask.paste(255, (0, 0, 20, 40))
    out = io.BytesIO()
    mask.save(out, "PNG")
    return out.getvalue()


RUNS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a picture": ({}, {}),
    "a story with an average and a plateau": (
        {"prompt": "a red car ^ a blue circle", "ema": 0.9, "plateau": 2, "losses": ("tv-z:0.1", "tv-picture:0.1")},
        {},
    ),
    "codebook sampling": ({"latent": "codebook"}, {}),
    "another optimiser": ({"optimiser": "nadam", "rate_schedule": "cosine"}, {}),
    "few cutouts first": ({"cutout_schedule": "rising"}, {}),
    "an edit": ({"strength": 0.4}, {"init_image": photograph()}),
    "a masked edit": ({"strength": 0.4}, {"init_image": photograph(), "mask": half_white()}),
    "an upscale in tiles": ({"upscale": 2, "width": 64, "height": 64}, {"init_image": photograph()}),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_step_asks_its_device_for_nothing_and_sends_it_one_parcel(
    name: str, bundle: Bundle, spec: Spec, elsewhere: Callable[[Run], Run]
) -> None:
    changes, given = RUNS[name]
    run = elsewhere(Run(dataclasses.replace(spec, **changes), bundle, **given))
    batch.step([run])  # constants are sent once
    with Copies() as copies:
        batch.step([run])
        batch.step([run])
    assert run.iteration == 3
    parcels = 2 if "latent" in changes else 1  # that of the codes goes before it
    assert (copies.count, copies.waited) == (2 * parcels, 0)


def test_a_step_in_chunks_sends_a_parcel_for_each_and_asks_for_nothing(
    bundle: Bundle, spec: Spec, elsewhere: Callable[[Run], Run]
) -> None:
    runs = [elsewhere(Run(dataclasses.replace(spec, cutouts=count), bundle)) for count in (4, 6)]
    batch.step(runs, chunk=2)
    with Copies() as copies:
        batch.step(runs, chunk=2)
    assert (copies.count, copies.waited) == (3, 0)


def test_company_shares_the_parcel(bundle: Bundle, spec: Spec, elsewhere: Callable[[Run], Run]) -> None:
    specs = [spec, dataclasses.replace(spec, seed=8), dataclasses.replace(spec, seed=9, prompt="a blue circle")]
    runs = [elsewhere(Run(each, bundle)) for each in specs]
    batch.step(runs)
    with Copies() as copies:
        batch.step(runs)
    assert (copies.count, copies.waited) == (1, 0)


def asking(asked: Callable[[Tensor], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on every step does this too."""
    follow = cutouts.follow

    def instead(plan: cutouts.Plan, image: Tensor) -> Tensor:
        asked(image.detach())
        return follow(plan, image)

    monkeypatch.setattr(cutouts, "follow", instead)


@pytest.mark.parametrize("asked", [lambda x: float(x.mean()), lambda x: x[x > 0], lambda x: x.cpu(), torch.nonzero])
def test_a_step_that_asks_is_found_out(
    asked: Callable[[Tensor], object],
    bundle: Bundle,
    spec: Spec,
    elsewhere: Callable[[Run], Run],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asking(asked, monkeypatch)
    with pytest.raises((RuntimeError, NotImplementedError)):
        batch.step([elsewhere(Run(spec, bundle))])


def test_a_step_that_sends_more_is_found_out(
    bundle: Bundle, spec: Spec, elsewhere: Callable[[Run], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = elsewhere(Run(spec, bundle))
    batch.step([run])
    asking(lambda x: x + torch.tensor([0.5]).to(x.device), monkeypatch)
    with Copies() as copies:
        batch.step([run])
    assert (copies.count, copies.waited) == (2, 1)
