"""What an edit may change and what it keeps: a mask drawn by hand or found by words (001 §2.5, G.2)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch
from torch import Tensor

from engine import pictures
from engine.bundles.bundles import Bundle
from engine.messages import Spec, SpecError
from engine.method import latent, masks, regions


def masked(
    spec: Spec,
    bundle: Bundle,
    perceptor_weights: Sequence[float],
    sentence: Tensor | None,
    init_image: bytes | None,
    mask: bytes | None,
) -> masks.Masked | None:
    """The masked part of an edit; None where all of the picture may change.

    A mask that is drawn goes before one that words name, which the perceptors find by their weights. ``sentence``
    (1, d) is what a learned start reads of what is to come, None where there is no such start. Raises
    :class:`SpecError` without a picture to edit, :class:`engine.drawn.MaskError` and
    :class:`engine.method.regions.RegionNotFoundError`.
    """
    if mask is None and not spec.replace:
        return None
    if init_image is None:
        raise SpecError("A mask and a replacement need a picture to work on. Send the picture too.")
    if spec.upscale > 1:
        raise SpecError("upscale refines all of a picture: leave the mask and the replacement out.")
    given = pictures.decode(init_image, spec.width, spec.height).to(bundle.device)
    z = bundle.generator.encode(given)
    drawn = (
        _found(spec, bundle, perceptor_weights, given, z, sentence)
        if mask is None
        else masks.read(mask, pictures.read(init_image).size, spec.width, spec.height).to(bundle.device)
    )
    feather = bundle.entry.feather if spec.feather is None else spec.feather
    return masks.Masked(
        mask=masks.feathered(drawn, feather),
        given=given,
        z=z,
        z_q=latent.quantize(z, bundle.generator),
        f=bundle.generator.f,
    )


def _found(
    spec: Spec,
    bundle: Bundle,
    perceptor_weights: Sequence[float],
    given: Tensor,
    z: Tensor,
    sentence: Tensor | None,
) -> Tensor:
    """Where the named thing is and, if the bundle can tell, where what is to come will lie."""
    settings = bundle.entry.region
    if spec.region_threshold is not None:
        settings = dataclasses.replace(settings, threshold=spec.region_threshold)
    region = regions.find(given, spec.replace, bundle.perceptors, perceptor_weights, settings)
    if settings.room is None or bundle.start_network is None or sentence is None:
        return region
    old = bundle.perceptors[0].embed_text([spec.replace])
    room = regions.room(z, old, sentence, bundle.start_network, given.shape[2:], settings.room)
    return torch.maximum(region, room)
