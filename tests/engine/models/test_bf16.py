"""Weights held in bfloat16: one copy for all runs, and a step that agrees with autocast's and with float32's."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.bundles import bundles
from engine.bundles.bundles import Bundle
from engine.messages import Precision, Spec
from engine.models.clip import CLIP
from engine.models.vqgan import VQGAN
from engine.run import batch
from engine.run.run import Run
from tests.engine.parts import as_clip, as_vqgan, vqgan_of
from tests.engine.run.test_run import photograph


@pytest.fixture
def first_gradient(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[Tensor, Tensor]]]:
    """Loss and gradient in z of every step."""
    seen = list[tuple[Tensor, Tensor]]()
    descend = Run.descend

    def watched(run: Run, loss: Tensor) -> None:
        assert run.z.grad is not None
        seen.append((loss, run.z.grad.flatten().clone()))
        descend(run, loss)

    monkeypatch.setattr(Run, "descend", watched)
    yield seen


@pytest.mark.parametrize("strength", [None, 0.5], ids=["from nothing", "an edit"])
def test_a_step_agrees_with_autocasts_and_with_float32s(
    spec: Spec,
    bundle: Bundle,
    first_gradient: list[tuple[Tensor, Tensor]],
    monkeypatch: pytest.MonkeyPatch,
    strength: float | None,
) -> None:
    """The loss within 1 in 100, the direction of the gradient within a cosine of 0.99 of both."""
    given: dict[str, Any] = {} if strength is None else {"init_image": photograph()}
    spec = spec if strength is None else dataclasses.replace(spec, strength=strength)
    half = dataclasses.replace(spec, precision=Precision.BF16)
    batch.step([Run(half, bundle, **given)])
    batch.step([Run(spec, bundle, **given)])
    for model, name in ((VQGAN, "decode"), (CLIP, "embed_images")):
        monkeypatch.setattr(model, name, _with_autocast(getattr(model, name)))
    batch.step([Run(spec, bundle, **given)])
    (mine, gradient), *others = first_gradient
    assert len(others) == 2
    for loss, reference in others:
        assert float(mine) == pytest.approx(float(loss), rel=0.01)
        assert float(F.cosine_similarity(gradient, reference, dim=0)) > 0.99


def _with_autocast(method: Callable[[Any, Tensor], Tensor]) -> Callable[[Any, Tensor], Tensor]:
    def converted(model: Any, x: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return method(model, x)

    return converted


def test_what_decides_stays_in_float32(spec: Spec, bundle: Bundle) -> None:
    generator, perceptors = bundle.models(Precision.BF16)
    assert as_vqgan(generator).codebook is vqgan_of(bundle).codebook
    assert as_vqgan(generator).encoder is vqgan_of(bundle).encoder
    norms = [module for one in map(as_clip, perceptors) for module in one.modules() if isinstance(module, nn.LayerNorm)]
    assert norms and all(norm.weight.dtype is torch.float32 for norm in norms)
    run = Run(dataclasses.replace(spec, precision=Precision.BF16), bundle)
    batch.step([run])
    assert run.z.dtype is run.picture().dtype is torch.float32
    assert run.perceptors[0].embed_images(torch.rand(1, 3, 32, 32)).dtype is torch.float32


def test_the_copy_is_made_once_for_all_runs_and_has_half_the_bytes(spec: Spec, weights_dir: Path) -> None:
    bundle = bundles.load("starter", weights_dir, torch.device("cpu"))
    before = {name: tensor.dtype for name, tensor in vqgan_of(bundle).state_dict().items()}
    half = dataclasses.replace(spec, precision=Precision.BF16)
    one, other, full = Run(half, bundle), Run(half, bundle), Run(spec, bundle)
    assert one.generator is other.generator and one.perceptors is other.perceptors
    assert full.generator is bundle.generator and full.perceptors is bundle.perceptors
    assert 2 * _bytes(as_vqgan(one.generator).decoder) == _bytes(vqgan_of(bundle).decoder)
    assert {name: tensor.dtype for name, tensor in vqgan_of(bundle).state_dict().items()} == before
    assert set(before.values()) == {torch.float32}


def _bytes(module: nn.Module) -> int:
    return sum(tensor.nbytes for tensor in (*module.parameters(), *module.buffers()))
