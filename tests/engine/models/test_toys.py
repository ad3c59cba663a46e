"""The loop runs with any generator and perceptor: here one without codes and one that is no CLIP."""

from __future__ import annotations

import ast
import dataclasses
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from engine.bundles import bundles
from engine.bundles.bundles import Bundle
from engine.messages import Spec
from engine.models import kinds
from engine.models.perceptor import PromptTooLongError
from engine.run import batch
from engine.run.run import Run
from engine.serve.memory import StepMemory

ENGINE = Path(__file__).parents[3] / "engine"


class Mosaic:
    """A generator whose z is a colour for each square of four pixels."""

    f = 4
    device = torch.device("cpu")
    scale = 0.5

    def encode(self, images: Tensor) -> Tensor:
        return F.avg_pool2d(images, self.f) * 2 - 1

    def decode(self, z_q: Tensor) -> Tensor:
        return (F.interpolate(z_q, scale_factor=self.f, mode="bilinear") + 1) / 2

    def bounds(self) -> tuple[Tensor, Tensor]:
        return -torch.ones(1, 3, 1, 1), torch.ones(1, 3, 1, 1)

    def quantise(self, z: Tensor) -> Tensor:
        return z.detach()

    def undecided(self, height: int, width: int, rng: torch.Generator) -> Tensor:
        return torch.rand(1, 3, height, width, generator=rng) * 2 - 1

    def middle(self, height: int, width: int) -> Tensor:
        return torch.zeros(1, 3, height, width)

    def placed(self, device: torch.device) -> Self:
        return self

    def halved(self) -> Self:
        return self


class Letters(nn.Module):
    """A perceptor that reads letters and sees through one matrix."""

    input_size, embedding_size, context = 8, 16, 40
    device = torch.device("cpu")
    scale = 10.0

    def __init__(self, matrix: Tensor) -> None:
        super().__init__()
        self.matrix = nn.Parameter(matrix, requires_grad=False)

    def reads(self, word: str) -> bool:
        return word.isascii()

    def fits(self, text: str) -> bool:
        return len(text) <= self.context

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        if not all(map(self.fits, texts)):
            raise PromptTooLongError("That prompt is too long.")
        seeds = [torch.Generator().manual_seed(sum(map(ord, text))) for text in texts]
        return F.normalize(torch.stack([torch.randn(16, generator=rng) for rng in seeds]), dim=-1)

    def embed_images(self, cutouts: Tensor) -> Tensor:
        return F.normalize((cutouts.flatten(1) - 0.5) @ self.matrix, dim=-1)

    def placed(self, device: torch.device) -> Self:
        return self

    def halved(self) -> Self:
        return self


def mosaic(state: Mapping[str, Tensor], config: Path | None) -> Mosaic:
    return Mosaic()


def letters(state: Mapping[str, Tensor], config: Path | None, metadata: Mapping[str, str]) -> Letters:
    return Letters(state["matrix"])


ENTRY = """
title = "Toys"
generator = { kind = "mosaic", weights = "empty.safetensors" }
perceptors = [{ kind = "letters", weights = "letters.safetensors" }]
width = 32
height = 32
iterations = 4
iterations_edit = 4
iterations_upscale = 4
strength = 0.5
max_pixels = 4096
max_iterations = 100
cutouts = { count = 4 }
"""


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    monkeypatch.setattr(kinds, "GENERATORS", table := {**kinds.GENERATORS, "mosaic": mosaic})
    monkeypatch.setattr(kinds, "PERCEPTORS", others := {**kinds.PERCEPTORS, "letters": letters})
    monkeypatch.setattr(bundles, "GENERATORS", table)
    monkeypatch.setattr(bundles, "PERCEPTORS", others)
    folder = tmp_path / "toys"
    folder.mkdir()
    save_file({"none": torch.zeros(1)}, folder / "empty.safetensors")
    matrix = torch.randn(3 * 8 * 8, 16, generator=torch.Generator().manual_seed(0))
    save_file({"matrix": matrix}, folder / "letters.safetensors")
    (folder / "bundle.toml").write_text(ENTRY, encoding="utf-8")
    return bundles.load("toys", tmp_path, torch.device("cpu"))


@pytest.fixture
def asked() -> Spec:
    return Spec(prompt="a red car", bundle="toys", width=32, height=24, iterations=6, seed=3)


def photograph() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((32, 24)).convert("RGB").save(out, "PNG")
    return out.getvalue()


def paint(run: Run, steps: int) -> Run:
    for _ in range(steps):
        batch.step([run])
    run.settle()
    return run


@pytest.mark.parametrize("given", [None, photograph()], ids=["from nothing", "an edit with a pull"])
@pytest.mark.parametrize("start", ["random", "mean"])
def test_toys_paint_and_a_checkpoint_resumes_bit_for_bit(
    toys: Bundle, asked: Spec, given: bytes | None, start: str
) -> None:
    toys = dataclasses.replace(toys, entry=dataclasses.replace(toys.entry, start=start))
    whole, broken = (Run(asked, toys, given) for _ in range(2))
    first = whole.picture()
    assert first.shape == (1, 3, 24, 32)
    assert ("pull" in {term.name for term in whole.terms}) == (given is not None)
    paint(whole, 6)
    assert whole.finished and whole.loss == whole.loss and not torch.equal(whole.picture(), first)
    state = paint(broken, 3).checkpoint()
    resumed = Run(asked, toys, given, continues=state)
    resumed.resume(state)
    assert torch.equal(paint(resumed, 3).picture(), whole.picture())


def test_an_upscale_and_the_reckoning_of_memory_need_no_codes(toys: Bundle, asked: Spec) -> None:
    larger = dataclasses.replace(asked, width=64, height=48, upscale=2)
    assert StepMemory(10**9).chunk(larger, toys) is None
    assert paint(Run(larger, toys, photograph()), 2).picture().shape == (1, 3, 48, 64)


def test_codebook_sampling_asks_for_codes(toys: Bundle, asked: Spec) -> None:
    with pytest.raises(ValueError, match="no codes to sample"):
        Run(dataclasses.replace(asked, latent="codebook"), toys)


@pytest.mark.parametrize("kind", ["generator", "perceptor"])
def test_an_unknown_kind_is_refused_with_the_known_ones(toys: Bundle, kind: str) -> None:
    other: Any = bundles.ModelFiles(kind="unheard-of", weights="w")
    change = {"generator": other} if kind == "generator" else {"perceptors": (other,)}
    with pytest.raises(ValueError, match=r"unheard-of.*(mosaic|letters)"):
        dataclasses.replace(toys.entry, **change)


@pytest.mark.parametrize("package", ["method", "run", "serve"])
def test_the_loop_knows_only_the_protocols(package: str) -> None:
    allowed = {"engine.models.generator", "engine.models.perceptor"}
    for path in (ENGINE / package).glob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                imported = {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                named = {f"{node.module}.{alias.name}" for alias in node.names}
                imported = named if node.module == "engine.models" else {node.module or ""}
            else:
                continue
            assert {name for name in imported if name.startswith("engine.models")} <= allowed, path
        for word in (".codebook", "VQGAN", "CLIP"):
            assert word not in text, f"{path} speaks of {word}"
