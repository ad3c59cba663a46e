"""Where a run begins, at any size: z, and what the latent penalty rests at (001 §2.1, §2.4)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from PIL import Image
from torch import Tensor

from engine import pictures
from engine.bundles.bundles import Bundle
from engine.messages import Spec
from engine.method import latent
from engine.method.latent import Latent
from engine.models import start
from engine.models.tiles import Tiled
from engine.models.vqgan import VQGAN

Rest = Callable[[int, int], Tensor | None]
"""From a height and a width in cells to what z rests at, (1, e, height, width); None for the origin."""


def from_nothing(
    bundle: Bundle, method: Latent, sentence: Tensor | None, rng: torch.Generator, height: int, width: int
) -> tuple[Tensor, Rest]:
    """The first parameter of a picture from nothing, (1, ·, height, width), and its rest, at any size.

    By the bundle's choice of :data:`engine.method.latent.STARTS`; ``sentence`` (1, d) is what a learned start reads.
    """
    entry, generator, network = bundle.entry, bundle.generator, bundle.start_network
    if entry.start == "random":
        return method.undecided(height, width, generator, rng), lambda height, width: None
    if network is None:
        z = latent.mean_code(generator, height, width)
        return method.begin(latent.add_noise(z, entry.start_noise, generator, rng), generator), lambda *cells: None
    assert sentence is not None
    n = entry.start_spread * torch.randn(1, start.OPEN, generator=rng).to(bundle.device)
    learned = network(sentence, n)
    z = latent.add_noise(start.resized(learned, height, width), entry.start_noise, generator, rng)
    return method.begin(z, generator), lambda height, width: start.resized(learned, height, width)


def from_image(
    spec: Spec, bundle: Bundle, generator: VQGAN | Tiled, sentence: Tensor | None, init_image: bytes
) -> Rest:
    """Where an edit begins and rests: its input's latent, or what a learned start makes of it.

    An upscale's start is its input. Raises :class:`ValueError` when that is not a picture.
    """

    @cache
    def encoded(height: int, width: int) -> Tensor:
        image = pictures.decode(init_image, width * generator.f, height * generator.f)
        return generator.encode(image.to(bundle.device))

    network = bundle.start_network
    if network is None or spec.upscale > 1:
        return encoded
    assert sentence is not None
    whole = pictures.decode(init_image, spec.width, spec.height)
    z = encoded(spec.height // generator.f, spec.width // generator.f)
    before, after = _words(bundle, network, sentence, pictures.to_image(whole), z)

    def reworded(height: int, width: int) -> Tensor:
        """z with what the input's own words explain exchanged for what the prompt says.

        What the two differ in has come whole at strength 1/2; what no words explain, the details, goes evenly and is
        gone at strength 1.
        """
        z, was, becomes = encoded(height, width), *(start.resized(one, height, width) for one in (before, after))
        return z + min(1.0, 2 * spec.strength) * (becomes - was) - spec.strength * (z - was)

    return reworded


def _words(
    bundle: Bundle, network: start.StartNetwork, sentence: Tensor, image: Image.Image, z: Tensor
) -> tuple[Tensor, Tensor]:
    """The learned start of the picture's description and that of ``sentence``, with the n of its ``z``.

    So things lie where they lay, as large as they were. Models that cannot describe go straight to the second.
    """
    lies = bundle.entry.start_keep * network.recognise(z)[0]
    after = network(sentence, lies)
    if not (describer := bundle.describer).has_words:
        return after, after
    told = bundle.perceptors[0].embed_text([describer.describe(image).sentence])
    return network(told, lies), after
