from __future__ import annotations

import dataclasses

import kornia.augmentation as augmentation
import kornia.enhance as enhance
import kornia.geometry.transform as geometry
import pytest
import torch

from engine.method import cutouts, latent, warp
from engine.method.cutouts import CutoutSettings

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


def smooth_colours(side: int = 48) -> torch.Tensor:
    """Of middling contrast, so that no jitter leaves [0, 1], with every hue."""
    y, x = torch.meshgrid(torch.linspace(-3, 3, side), torch.linspace(-3, 3, side), indexing="ij")
    waves = [torch.sin(x + phase) * torch.cos(y - phase) for phase in (0.0, 2.1, 4.2)]
    return 0.5 + 0.15 * torch.stack(waves)[None]


def test_one_warp_agrees_with_kornias_stack_given_the_same_parameters() -> None:
    """Kornia resamples four times, which blurs: on a smooth picture that is less than 2 in 100."""
    picture, side = smooth_colours(), 48
    settings = CutoutSettings(count=6, crop=(0.6, 1.0), flip=0.5, perspective=0.3, jitter=0.0, noise=0.0)
    drawn = cutouts.draw(settings, rng())
    assert drawn.flip.any() and not drawn.flip.all()
    last = side - 1
    corners = torch.tensor([[0.0, 0], [last, 0], [last, last], [0, last]])
    inward = torch.tensor([[1.0, 1], [-1, 1], [-1, -1], [1, -1]])
    expected = []
    for i in range(settings.count):
        crop_side = float(drawn.box[i, 2]) * side
        x0, y0 = (float(part) * (side - crop_side) for part in drawn.box[i, :2])
        box = torch.tensor([x0, y0]) + corners / last * (crop_side - 1)
        cut = geometry.crop_and_resize(picture, box[None], (side, side), align_corners=True)
        cut = geometry.hflip(cut) if drawn.flip[i] else cut
        affine = geometry.get_affine_matrix2d(
            drawn.shift[i : i + 1] * side, torch.full((1, 2), last / 2), drawn.zoom[i].expand(1, 2),
            drawn.angle[i : i + 1], sx=drawn.shear[i : i + 1, 0], sy=drawn.shear[i : i + 1, 1],
        )  # fmt: skip
        cut = geometry.warp_affine(cut, affine[:, :2], (side, side), padding_mode="border", align_corners=True)
        turned = geometry.get_perspective_transform(corners[None], (corners + drawn.corners[i] * side * inward)[None])
        expected.append(geometry.warp_perspective(cut, turned, (side, side), padding_mode="border", align_corners=True))
    inner = slice(12, -12)  # where no border was repeated, the stack's early borders are not the picture's
    made = cutouts.apply(picture, drawn, side)
    torch.testing.assert_close(made[..., inner, inner], torch.cat(expected)[..., inner, inner], atol=2e-2, rtol=0)


def test_colour_jitter_as_one_matrix_agrees_with_kornias_operators_in_turn() -> None:
    """Brightness, contrast and saturation to rounding; a hue turned by up to 18 degrees within 3 in 100."""
    cuts = smooth_colours().expand(8, -1, -1, -1)
    colour = cutouts.draw(CutoutSettings(count=8), rng()).colour
    for hues, tolerance in ((0.0, 1e-5), (1.0, 3e-2)):
        moved = colour * torch.tensor([1.0, 1.0, 1.0, hues])
        brightness, contrast, saturation, hue = moved.unbind(1)
        expected = enhance.adjust_brightness(cuts, brightness)
        expected = enhance.adjust_contrast_with_mean_subtraction(expected, 1 + contrast)
        expected = enhance.adjust_saturation_with_gray_subtraction(expected, 1 + saturation)
        expected = enhance.adjust_hue(expected, hue * torch.pi)
        assert 0 < float(expected.min()) and float(expected.max()) < 1
        torch.testing.assert_close(warp.recolour(cuts, *warp.colours(moved)), expected, atol=tolerance, rtol=0)


def test_each_cutout_is_taken_at_the_level_that_its_scale_asks_for() -> None:
    """A close crop of a large picture keeps its detail while the whole picture, much smaller, does not alias."""
    stripes = (torch.arange(256) // 2 % 2).float().expand(1, 3, 256, 256)
    drawn = cutouts.draw(dataclasses.replace(STILL, count=2), rng())
    box = torch.tensor([[0.0, 0.0, 0.125], [0.0, 0.0, 1.0]])
    close, whole = cutouts.apply(stripes, dataclasses.replace(drawn, box=box), 32)
    torch.testing.assert_close(close, stripes[0, :, :32, :32], atol=1e-4, rtol=0)
    assert float((whole - 0.5).abs().max()) < 0.1


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
