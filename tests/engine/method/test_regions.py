from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

import engine
from engine import pictures
from engine.bundles import bundles, presets
from engine.bundles.bundles import Bundle
from engine.method import cutouts, regions
from engine.method.regions import RegionNotFoundError, RegionSettings

QUICK = RegionSettings(sides=(0.5,), grid=6, threshold=0.75, smooth=0.0, grow=0.0)


def scene() -> Image.Image:
    """A red circle on the left of a blue square, on white."""
    image = Image.new("RGB", (128, 128), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((8, 40, 56, 88), fill=(220, 28, 32))
    draw.rectangle((76, 40, 118, 84), fill=(28, 72, 214))
    return image


class Colours(torch.nn.Module):
    """A perceptor of red, green and blue alone: what it sees is the mean colour, less the white in it."""

    input_size = 16

    def embed_text(self, texts: Sequence[str]) -> torch.Tensor:
        return torch.stack([torch.tensor([float(c in text) for c in ("red", "green", "blue")]) for text in texts])

    def embed_images(self, cutouts: torch.Tensor) -> torch.Tensor:
        mean = cutouts.mean((2, 3))
        return torch.nn.functional.normalize(mean - mean.amin(1, keepdim=True) + 0.05, dim=1)


def found(image: torch.Tensor, phrase: str, settings: RegionSettings) -> torch.Tensor:
    """The region by two perceptors of colours."""
    return regions.find(image, phrase, [Colours(), Colours()], [1.0, 0.5], settings)  # type: ignore[list-item]


def share_left(mask: torch.Tensor) -> float:
    return float(mask[..., :64].sum() / mask.sum())


@pytest.mark.parametrize("cover", [0.0, 0.4])
def test_words_find_their_thing_and_other_words_another(cover: float) -> None:
    image, settings = pictures.from_image(scene()), dataclasses.replace(QUICK, cover=cover)
    circle, square = (found(image, phrase, settings) for phrase in ("red circle", "blue square"))
    assert share_left(circle) > 0.8
    assert share_left(square) < 0.2


def test_a_perceptor_without_weight_has_no_say_in_where_a_thing_is() -> None:
    class Unasked(Colours):
        def embed_text(self, texts: Sequence[str]) -> torch.Tensor:
            raise AssertionError("asked")

    image, both = pictures.from_image(scene()), [Colours(), Unasked()]
    mask = regions.find(image, "red circle", both, [1.0, 0.0], QUICK)  # type: ignore[arg-type]
    assert torch.equal(mask, regions.find(image, "red circle", [Colours()], [1.0], QUICK))  # type: ignore[list-item]


def test_the_papers_threshold_of_two_deviations_is_the_default_and_a_lower_one_finds_more() -> None:
    assert RegionSettings().threshold == 2.0
    image = pictures.from_image(scene())
    sizes = [float(found(image, "red circle", dataclasses.replace(QUICK, threshold=t)).sum()) for t in (0.0, 1.0)]
    assert sizes[0] > sizes[1] > 0


def test_what_is_not_found_is_refused_with_advice_to_draw_a_mask() -> None:
    plain = pictures.from_image(Image.new("RGB", (64, 64), "white"))
    with pytest.raises(RegionNotFoundError, match=r"“red circle”.*draw a mask"):
        found(plain, "red circle", dataclasses.replace(QUICK, threshold=5.0))


def test_a_crop_is_recorded_at_its_centre() -> None:
    image = torch.full((1, 3, 64, 96), 0.5)
    image[..., 24:40, 40:56] = 1.0
    crops, rows, columns = regions.pyramid_level(image, 0.25, 8, 32)
    assert (rows, columns) == (8, 12)
    assert crops.shape == (96, 3, 32, 32)
    brightest = int(crops.mean((1, 2, 3)).argmax())
    assert brightest // columns in (3, 4) and brightest % columns in (5, 6)


def test_a_covered_square_hides_what_is_under_it_and_nothing_else() -> None:
    image = torch.zeros(1, 3, 64, 64)
    image[..., 0:8, 0:8] = 1.0
    views, rows, columns = regions.cover_level(image, 0.25, 8, 32)
    small = torch.nn.functional.interpolate(image, (32, 32), mode="bilinear", antialias=True, align_corners=False)
    assert views.shape == (rows * columns, 3, 32, 32)
    assert float(views[0, 0, 0, 0]) == pytest.approx(float(small.mean()))
    assert torch.equal(views[-1, :, :16, :16], small[0, :, :16, :16])


def test_focused_crops_show_all_of_the_box_and_lie_within_the_picture() -> None:
    drawn = cutouts.draw(cutouts.CutoutSettings(count=64, crop=(0.1, 1.0)), torch.Generator().manual_seed(1))
    width, height, box = 128, 96, (80, 10, 110, 50)
    focused = cutouts.focused(drawn, box, width, height)
    side = focused.box[:, 2] * 96
    x, y = focused.box[:, 0] * (width - side), focused.box[:, 1] * (height - side)
    slack = 0.01
    assert ((x >= -slack) & (y >= -slack) & (x + side <= width + slack) & (y + side <= height + slack)).all()
    assert ((x <= box[0] + slack) & (x + side >= box[2] - slack)).all()
    assert ((y <= box[1] + slack) & (y + side >= box[3] - slack)).all()
    assert len({round(float(value), 3) for value in x}) > 10


def test_replacing_changes_the_found_region_alone_and_shows_it(bundle: Bundle) -> None:
    *_, last = engine.generate(
        init_image=scene(), replace=("red circle", "a green star"), bundle=bundle, size=(64, 64), iterations=2,
        seed=1, region_threshold=1.0, feather=2, structure=0.5,
    )  # fmt: skip
    assert last.run.spec.prompt == "a green star" and last.run.spec.replace == "red circle"
    assert last.mask is not None
    untouched = np.asarray(last.mask) == 0
    before, after = np.asarray(scene().resize((64, 64), Image.Resampling.LANCZOS)), np.asarray(last.image)
    assert untouched.any() and (before[untouched] == after[untouched]).all()
    assert (before[~untouched] != after[~untouched]).any()


def test_room_is_where_the_learned_starts_of_the_old_and_the_new_thing_differ(bundle: Bundle) -> None:
    network, perceptor = bundle.start_network, bundle.perceptors[0]
    assert network is not None
    z = bundle.generator.encode(torch.rand(1, 3, 64, 48))
    old, new = perceptor.embed_text(["a red circle"]), perceptor.embed_text(["a green car"])

    def room(one: torch.Tensor, two: torch.Tensor, threshold: float) -> torch.Tensor:
        return regions.room(z, one, two, network, (64, 48), threshold)

    much, little = room(old, new, 0.0), room(old, new, 1.0)
    assert much.shape == (1, 1, 64, 48) and set(much.unique().tolist()) == {0, 1}
    assert (little <= much).all() and 0 < little.sum() < much.sum()
    assert not room(old, old, 0.5).any()


def test_a_bundle_that_can_tell_gives_the_new_thing_its_room(bundle: Bundle) -> None:
    def painted(room: float | None) -> np.typing.NDArray[np.uint8]:
        region = dataclasses.replace(bundle.entry.region, threshold=1.5, room=room)
        entry = dataclasses.replace(bundle.entry, region=region)
        steps = engine.generate(
            init_image=scene(), replace=("red circle", "a green car"), size=(64, 64), iterations=1, seed=1, feather=0,
            bundle=dataclasses.replace(bundle, entry=entry),
        )  # fmt: skip
        mask = next(iter(steps)).mask
        assert mask is not None
        return np.asarray(mask)

    alone, roomy = painted(None), painted(0.5)
    assert (roomy >= alone).all() and (roomy > alone).any()


def test_the_inputs_own_embedding_is_compared_with_every_cutout_by_the_weight_of_structure(bundle: Bundle) -> None:
    def first_loss(structure: float) -> float:
        steps = engine.generate(
            init_image=scene(), replace=("red circle", "a green star"), bundle=bundle, size=(64, 64), iterations=1,
            seed=1, structure=structure,
        )  # fmt: skip
        return next(iter(steps)).loss

    none, one, two = first_loss(0.0), first_loss(1.0), first_loss(2.0)
    assert one > none
    assert two - one == pytest.approx(one - none, rel=1e-3)


def test_the_papers_presets_are_there_and_a_bundle_may_have_its_own() -> None:
    paper = {preset.name: dict(preset.values) for preset in presets.for_bundle({})}
    assert {"colour", "weather", "material", "replace"} <= paper.keys()
    assert paper["colour"] == {"strength": 1.0, "iterations": 400, "learning_rate": 0.15}
    assert paper["replace"]["region_threshold"] == 2.0
    own = {preset.name: preset for preset in presets.for_bundle({"colour": {"strength": 0.5}})}
    assert own["colour"].values == (("strength", 0.5),) and own["colour"].title
    with pytest.raises(ValueError, match="no picture has: brightness"):
        presets.for_bundle({"colour": {"brightness": 2}})
    with pytest.raises(ValueError, match="needs a title"):
        presets.for_bundle({"mood": {"strength": 0.5}})


def test_every_bundle_of_the_table_has_presets_that_its_own_limits_allow() -> None:
    for entry in bundles.table().values():
        for preset in presets.for_bundle(entry.presets):
            assert dict(preset.values)["iterations"] <= entry.max_iterations
