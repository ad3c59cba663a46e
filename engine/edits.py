"""What an edit may change and what it keeps: a mask drawn by hand or found by words (001 §2.5, G.2)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from torch import Tensor

from engine import latent, masks, pictures, regions
from engine.bundles import Bundle
from engine.messages import Spec, SpecError


def masked(
    spec: Spec, bundle: Bundle, perceptor_weights: Sequence[float], init_image: bytes | None, mask: bytes | None
) -> masks.Masked | None:
    """The masked part of an edit; None where all of the picture may change.

    A mask that is drawn goes before one that words name, which the perceptors find by their weights. Raises
    :class:`SpecError` without a picture to edit, :class:`engine.masks.MaskError` and
    :class:`engine.regions.RegionNotFoundError`.
    """
    if mask is None and not spec.replace:
        return None
    if init_image is None:
        raise SpecError("A mask and a replacement need a picture to work on. Send the picture too.")
    if spec.upscale > 1:
        raise SpecError("upscale refines all of a picture: leave the mask and the replacement out.")
    given = pictures.decode(init_image, spec.width, spec.height).to(bundle.device)
    drawn = (
        _found(spec, bundle, perceptor_weights, given)
        if mask is None
        else masks.read(mask, pictures.read(init_image).size, spec.width, spec.height).to(bundle.device)
    )
    feather = bundle.entry.feather if spec.feather is None else spec.feather
    z = bundle.generator.encode(given)
    return masks.Masked(
        mask=masks.feathered(drawn, feather),
        given=given,
        z=z,
        z_q=latent.quantize(z, bundle.generator),
        f=bundle.generator.f,
    )


def _found(spec: Spec, bundle: Bundle, perceptor_weights: Sequence[float], given: Tensor) -> Tensor:
    settings = bundle.entry.region
    if spec.region_threshold is not None:
        settings = dataclasses.replace(settings, threshold=spec.region_threshold)
    return regions.find(given, spec.replace, bundle.perceptors, perceptor_weights, settings)
