import logging
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.models import weights
from engine.models.clip import build as build_clip
from engine.models.vqgan import build as build_vqgan
from training.models.clip import AttributeHeads, CLIPTraining, contrast, encode_text
from training.models.export import checkpoint_weights, export_clip, export_vqgan
from training.models.latents import encode_all, repaint
from training.models.loop import Training, run, warm_cosine
from training.models.start import StartTraining
from training.models.vqgan import MovingCodebook, VQGANTraining, build
from training.picturebook.captions import NOT_SAID
from training.picturebook.picture import ATTRIBUTES
from training.pictures.corpus import PictureBook, canonical
from training.pictures.pages import draw_family
from training.pictures.tokens import vocabulary
from training.presets import SMALL, Vision

BOOK = PictureBook(np.concatenate([draw_family((seed, 64)) for seed in range(8)]))
LARGE = np.concatenate([draw_family((seed, 128)) for seed in range(2)])


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def ids() -> Tensor:
    return vocabulary(PictureBook(np.zeros((3000, 1, 1, 3), np.uint8)))


def small_vqgan(ids: Tensor) -> Training:
    return VQGANTraining(SMALL.vqgan, LARGE, batch=4)


def small_clip(ids: Tensor) -> Training:
    return CLIPTraining(SMALL.clip(Vision.VIT), BOOK, ids, batch=16)


def small_start(ids: Tensor) -> Training:
    torch.manual_seed(0)
    generator = build(SMALL.vqgan)
    torch.nn.init.normal_(generator.codebook)
    latents = torch.randn(1, 16, 1, 1).expand(24, -1, 16, 16)
    clip = CLIPTraining(SMALL.clip(Vision.VIT), BOOK, ids)
    perceptor = build_clip(checkpoint_weights(clip.state()))
    return StartTraining({"read": 16, "drawn": 16}, generator, latents, BOOK, perceptor, batch=8)


def small_resnet(ids: Tensor) -> Training:
    return CLIPTraining(SMALL.clip(Vision.RESNET), BOOK, ids, batch=16)


@pytest.mark.parametrize("make", [small_vqgan, small_clip, small_resnet, small_start])
def test_a_few_steps_lower_the_loss_of_a_batch_seen_again(make: Callable[[Tensor], Training], ids: Tensor) -> None:
    training = make(ids)
    losses = [training.step(0, 0.03)["loss"] for _ in range(8)]
    assert losses[-1] < 0.85 * losses[0]


@pytest.mark.parametrize("make", [small_vqgan, small_clip, small_start])
def test_a_killed_training_resumes_and_ends_as_if_it_had_not_been_killed(
    make: Callable[[Tensor], Training], ids: Tensor, tmp_path: Path
) -> None:
    whole, killed, resumed = (make(ids) for _ in range(3))
    numbers = [whole.step(i, 0.5)["loss"] for i in range(4)]
    run(_AtHalf(killed), tmp_path / "run.pt", 60, max_steps=2)
    rest = _AtHalf(resumed)
    run(rest, tmp_path / "run.pt", 60, max_steps=4)
    assert rest.losses == pytest.approx(numbers[2:], rel=1e-4)


class _AtHalf(Training):
    """A training that always believes to be halfway, so that the clock plays no part."""

    def __init__(self, training: Training) -> None:
        self.training, self.losses = training, list[float]()

    def state(self) -> dict[str, Any]:
        return self.training.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        self.training.restore(state)

    def step(self, number: int, progress: float) -> dict[str, float]:
        numbers = dict(self.training.step(number, 0.5))
        self.losses.append(numbers["loss"])
        return numbers


def test_the_time_budget_counts_earlier_runs(ids: Tensor, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    path = tmp_path / "run.pt"
    done = run(small_vqgan(ids), path, 0.01)
    assert done >= 1
    assert run(small_vqgan(ids), path, 0.01) == done
    assert f"resumed at step {done}" in caplog.text


def test_the_learning_rate_warms_up_and_falls() -> None:
    rates = [warm_cosine(i / 100) for i in range(101)]
    assert rates[0] == 0.01 and max(rates) == rates[3] == 1 and rates[-1] == pytest.approx(0.01)


def test_codes_follow_their_cells_and_dead_ones_start_again_from_the_batch() -> None:
    torch.manual_seed(0)
    cells = torch.tensor([[1.0, 1.0], [1.0, 1.2]]).repeat(50, 1)
    moving = MovingCodebook(torch.tensor([[0.0, 0.0], [90.0, 90.0]]))
    for _ in range(200):
        moving.follow(cells, torch.cdist(cells, moving.codebook).argmin(1))
    assert torch.cdist(moving.codebook, cells).min(1).values.max() < 0.25


def test_a_caption_that_is_true_of_two_pictures_is_no_negative() -> None:
    vectors = torch.nn.functional.normalize(torch.randn(3, 4, generator=torch.Generator().manual_seed(0)), dim=1)
    images = vectors[[0, 0, 1]]  # the first two pictures are alike, and so are their captions
    own = torch.eye(3, dtype=torch.bool)
    true = own.clone()
    true[0, 1] = true[1, 0] = True
    scale = torch.tensor(50.0)
    assert contrast(images, images, scale, true) < 0.01 < contrast(images, images, scale, own)


def test_captions_know_what_is_true_of_what() -> None:
    described = BOOK.describe(range(24), random.Random(0))
    assert described.true.shape == (24, 24) and described.true.diagonal().all() and not described.true.all()
    assert len(set(described.texts)) > 12


def test_two_shapes_are_the_same_from_either_side() -> None:
    names = list(ATTRIBUTES)
    values = [0] * len(names)
    for name, value in (("thing", 7), ("other", 4), ("colour", 1), ("relation", 4)):
        values[names.index(name)] = value
    told = dict(zip(names, canonical(values), strict=True))
    assert (told["thing"], told["other"], told["colour"], told["other_colour"]) == (4, 7, 0, 1)
    assert ATTRIBUTES["relation"][told["relation"]] == "above"
    assert canonical(list(told.values())) == list(told.values())


def test_attributes_that_are_not_said_cost_nothing() -> None:
    heads = AttributeHeads(4, (2, 3))
    vectors = torch.randn(5, 4)
    first, unsaid = torch.zeros(5, 1, dtype=torch.long), torch.full((5, 1), NOT_SAID)
    assert heads(vectors, torch.cat([unsaid, unsaid], 1)) == 0
    both, one = heads(vectors, torch.cat([first, first], 1)), heads(vectors, torch.cat([first, unsaid], 1))
    assert 0 < one < both


def test_text_without_its_empty_places_has_the_same_vectors(ids: Tensor) -> None:
    training = CLIPTraining(SMALL.clip(Vision.VIT), BOOK, ids, batch=8)
    tokens = training.tokens(["a red circle", "a blue tree at night, watercolor"])
    with torch.no_grad():
        short = encode_text(training.model, tokens)
        whole = build_clip(checkpoint_weights(training.state())).model.encode_text(tokens)  # type: ignore[operator]
    assert torch.allclose(short, whole, atol=2e-3)  # build_model goes through half precision


def test_exported_models_are_what_the_engine_loads(ids: Tensor, tmp_path: Path) -> None:
    run(small_vqgan(ids), tmp_path / "vqgan.pt", 60, max_steps=1)
    run(small_clip(ids), tmp_path / "vit.pt", 60, max_steps=1)
    export_vqgan(tmp_path / "vqgan.pt", tmp_path)
    export_clip(tmp_path / "vit.pt", tmp_path / "vit.safetensors")
    generator = build_vqgan(weights.load_config(tmp_path / "vqgan.yaml"), weights.load(tmp_path / "vqgan.safetensors"))
    assert generator.decode(generator.encode(torch.zeros(1, 3, 64, 64))).shape == (1, 3, 64, 64)
    perceptor = build_clip(weights.load(tmp_path / "vit.safetensors"))
    assert perceptor.embed_text(["a red circle"]).shape == (1, 128)
    assert not perceptor.reads("zeppelin")


def test_latents_are_encoded_once_and_pictures_repainted_from_them(tmp_path: Path) -> None:
    generator = build(SMALL.vqgan).eval().requires_grad_(False)
    z = encode_all(generator, LARGE, tmp_path / "latents.pt")
    assert z.shape == (8, 16, 16, 16)
    assert torch.equal(encode_all(generator, LARGE[:0], tmp_path / "latents.pt"), z)
    shown = repaint(generator, z[:3], 64, tmp_path / "repainted.npy")
    assert shown.shape == (3, 64, 64, 3) and np.array_equal(shown, np.load(tmp_path / "repainted.npy"))
