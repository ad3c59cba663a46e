"""Say what an edit may change: a mask drawn by hand or found by words (paper §2.5, appendix G.2)."""

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
    """Return the masked part of an edit, or None if all of the picture may change.

    A drawn mask goes before one that words name, which the perceptors find by their weights. A learned start reads
    ``sentence`` (1, d), which says what is to come. Raises :class:`SpecError` without a picture to edit,
    :class:`engine.drawn.MaskError` and :class:`engine.method.regions.RegionNotFoundError`.
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
        else masks.read(mask, pictures.read(init_image), spec.width, spec.height).to(bundle.device)
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
    """Return where the named thing is and, if the bundle can tell, where the new thing will lie."""
    settings = bundle.entry.region
    if spec.region_threshold is not None:
        settings = dataclasses.replace(settings, threshold=spec.region_threshold)
    region = regions.find(given, spec.replace, bundle.perceptors, perceptor_weights, settings)
    if settings.room is None or bundle.start_network is None or sentence is None:
        return region
    old = bundle.perceptors[0].embed_text([spec.replace])
    room = regions.room(z, old, sentence, bundle.start_network, given.shape[2:], settings.room)
    return torch.maximum(region, room)
