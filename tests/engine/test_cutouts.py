from __future__ import annotations

import dataclasses

import kornia.augmentation as augmentation
import pytest
import torch

from engine import cutouts, latent
from engine.cutouts import CutoutSettings

STILL = CutoutSettings(
    count=3, crop=(1.0, 1.0), flip=0.0, rotate=0.0, shift=0.0, shear=0.0, perspective=0.0, jitter=0.0, noise=0.0
)


def gradient_picture(height: int = 40, width: int = 40) -> torch.Tensor:
    """Smooth, so that one interpolation more or less hardly shows; every corner has a colour of its own."""
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    return torch.stack([x, y, 1 - x * y])[None]


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(11)


def test_without_augmentations_a_cutout_is_the_whole_picture() -> None:
    picture = gradient_picture()
    result = cutouts.apply(picture, cutouts.draw(STILL, rng()), 40)
    torch.testing.assert_close(result, picture.expand(3, -1, -1, -1), atol=1e-4, rtol=0)


def test_the_same_generator_state_draws_the_same_cutouts() -> None:
    settings = CutoutSettings(count=5)
    picture = gradient_picture()
    first = cutouts.apply(picture, cutouts.draw(settings, rng()), 32)
    again = cutouts.apply(picture, cutouts.draw(settings, rng()), 32)
    assert torch.equal(first, again)
    assert first.shape == (5, 3, 32, 32)


def test_a_certain_flip_mirrors_the_cutout() -> None:
    settings = dataclasses.replace(STILL, flip=1.0)
    result = cutouts.apply(gradient_picture(), cutouts.draw(settings, rng()), 40)
    torch.testing.assert_close(result[0], gradient_picture().flip(-1)[0], atol=1e-4, rtol=0)


def test_a_crop_shows_its_box() -> None:
    drawn = cutouts.draw(dataclasses.replace(STILL, count=1), rng())
    box = torch.tensor([[0.5, 0.25, 0.5]])
    picture = gradient_picture(40, 80)
    result = cutouts.apply(picture, dataclasses.replace(drawn, box=box), 20)
    # The box is half the short side (20 px), with free travel 60 × 20 px: x0 = 30, y0 = 5.
    torch.testing.assert_close(result, picture[..., 5:25, 30:50], atol=1e-3, rtol=0)


def test_the_affine_part_agrees_with_kornias_random_affine_given_its_parameters() -> None:
    reference = augmentation.RandomAffine(20.0, (0.1, 0.1), p=1.0, padding_mode="border", align_corners=True)
    torch.manual_seed(4)
    picture = gradient_picture()
    params = reference.forward_parameters(picture.shape)
    expected = reference(picture, params=params)
    drawn = dataclasses.replace(
        cutouts.draw(dataclasses.replace(STILL, count=1), rng()),
        angle=params["angle"],
        shift=params["translations"] / 40,
    )
    result = cutouts.apply(picture, drawn, 40)
    # kornia turns about the same centre; both sample bilinearly once.
    torch.testing.assert_close(result, expected, atol=2e-2, rtol=0)


def test_gradients_reach_the_picture_and_are_finite_even_in_flat_grey() -> None:
    picture = torch.full((1, 3, 64, 64), 0.5, requires_grad=True)
    cutouts.apply(picture, cutouts.draw(CutoutSettings(count=8), rng()), 32).square().mean().backward()
    assert picture.grad is not None
    assert picture.grad.isfinite().all()
    assert picture.grad.any()


def test_a_large_picture_is_reduced_without_aliasing() -> None:
    stripes = (torch.arange(256) % 2).float().expand(1, 3, 256, 256)
    result = cutouts.apply(stripes, cutouts.draw(STILL, rng()), 32)
    assert float((result - 0.5).abs().max()) < 0.1  # one-pixel stripes become grey, not moiré


@pytest.mark.parametrize(("value", "gradient", "kept"), [(1.5, 1.0, True), (1.5, -1.0, False), (0.5, -1.0, True)])
def test_the_clamp_keeps_a_gradient_only_where_it_pulls_inward(value: float, gradient: float, kept: bool) -> None:
    x = torch.tensor([value], requires_grad=True)
    clamped = latent.clamp_with_grad(x)
    clamped.backward(torch.tensor([gradient]))
    assert float(clamped.detach()) <= 1.0
    assert x.grad is not None
    assert bool(x.grad.any()) is kept
