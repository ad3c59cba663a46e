"""Measure the shipped models on new pictures: retrieval, reconstruction, use of the codebook."""

from collections.abc import Sequence
from pathlib import Path

import torch

from engine.method.latent import quantize
from engine.models import weights
from engine.models.clip import CLIP
from engine.models.clip import build as build_clip
from engine.models.vqgan import VQGAN
from engine.models.vqgan import build as build_vqgan
from training.picturebook.captions import full_caption
from training.picturebook.picture import Picture
from training.picturebook.words import COLOURS, SHAPES
from training.pictures.pages import evaluation_pictures, images_of


def load_vqgan(folder: Path) -> VQGAN:
    """Load the bundle's generator."""
    return build_vqgan(weights.load_config(folder / "vqgan.yaml"), weights.load(folder / "vqgan.safetensors"))


def load_clip(folder: Path, vision: str) -> CLIP:
    """Load a perceptor of the bundle, "vit" or "resnet"."""
    return build_clip(weights.load(folder / f"{vision}.safetensors"))


def retrieval(perceptor: CLIP, pictures: Sequence[Picture]) -> float:
    """Return the share of pictures whose nearest full caption is their own."""
    return recognised(perceptor, pictures, [full_caption(picture) for picture in pictures])


@torch.no_grad()
def recognised(perceptor: CLIP, pictures: Sequence[Picture], captions: Sequence[str]) -> float:
    """Return the share of pictures whose nearest caption is their own."""
    images = perceptor.embed_images(images_of(pictures, perceptor.input_size))
    nearest = (images @ perceptor.embed_text(captions).T).argmax(1)
    return (nearest == torch.arange(len(pictures))).float().mean().item()


def colours_told_apart(perceptor: CLIP) -> float:
    """Return the share of right captions of squares on white, in every colour but white."""
    colours = [colour for colour in COLOURS if colour != "white"]
    pictures = [Picture(thing="square", colour=colour, background="white") for colour in colours]
    return recognised(perceptor, pictures, [f"a {colour} square on a white background" for colour in colours])


def shapes_told_apart(perceptor: CLIP) -> float:
    """Return the share of right captions of all shapes on white, in red, in blue and in green."""
    shares = []
    for colour in ("red", "blue", "green"):
        pictures = [Picture(thing=shape, colour=colour, background="white") for shape in SHAPES]
        captions = [f"a {colour} {shape} on a white background" for shape in SHAPES]
        shares.append(recognised(perceptor, pictures, captions))
    return sum(shares) / len(shares)


@torch.no_grad()
def reconstruction(generator: VQGAN, pictures: Sequence[Picture], size: int) -> tuple[float, int]:
    """Return the mean PSNR in dB over pictures of `size` px, and how many different codes they use."""
    images = images_of(pictures, size)
    ratios, used = [], set()
    for image in images.split(8):
        z = generator.encode(image)
        decoded = generator.decode(quantize(z, generator)).clamp(0, 1)
        error = (decoded - image).square().mean(dim=(1, 2, 3))
        ratios += (-10 * error.log10()).tolist()
        used |= set(generator.nearest_codes(z).flatten().tolist())
    return sum(ratios) / len(ratios), len(used)


def report(folder: Path, count: int = 400) -> list[tuple[str, str]]:
    """Return every measured number as (what, value), for pictures that no training saw."""
    seen, unseen = (evaluation_pictures(count, unseen_pairs=flag) for flag in (False, True))
    rows = []
    for vision in ("vit", "resnet"):
        perceptor = load_clip(folder, vision)
        shares = {
            f"right caption among {count}, pairs in training": retrieval(perceptor, seen),
            f"right caption among {count}, pairs held out": retrieval(perceptor, unseen),
            "right colour among 11": colours_told_apart(perceptor),
            "right shape among 8": shapes_told_apart(perceptor),
        }
        rows += [(f"{vision}: {what}", f"{value:.1%}") for what, value in shares.items()]
    generator = load_vqgan(folder)
    plain = [picture for picture in seen if picture.style == "plain"]
    groups = {
        "plain shapes": [picture for picture in plain if not picture.is_scene][:96],
        "plain scenes": [picture for picture in plain if picture.is_scene][:96],
        "styled": [picture for picture in seen if picture.style != "plain"][:96],
    }
    for name, pictures in groups.items():
        ratio, used = reconstruction(generator, pictures, 128)
        share = f"{used} of {len(generator.codebook)} codes"
        rows.append((f"VQGAN: {name}, 128 px", f"{ratio:.1f} dB, {share} in {len(pictures)} pictures"))
    ratio, used = reconstruction(generator, plain, 128)
    rows.append((f"VQGAN: all {len(plain)} plain pictures, 128 px", f"{ratio:.1f} dB"))
    _, used = reconstruction(generator, seen, 128)
    rows.append((f"VQGAN: codes in use in {len(seen)} pictures", f"{used / len(generator.codebook):.1%}"))
    return rows
