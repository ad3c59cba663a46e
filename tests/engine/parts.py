"""The tests' bundle has models of the default kinds; these return them as what they are."""

from __future__ import annotations

from engine.bundles.bundles import Bundle
from engine.models.clip import CLIP
from engine.models.vqgan import VQGAN


def as_vqgan(model: object) -> VQGAN:
    assert isinstance(model, VQGAN)
    return model


def as_clip(model: object) -> CLIP:
    assert isinstance(model, CLIP)
    return model


def vqgan_of(bundle: Bundle) -> VQGAN:
    return as_vqgan(bundle.generator)
