"""Starts: the first z of a run and what the latent penalty rests at, at any size (paper §2.1, §2.4)."""

from collections.abc import Callable, Sequence
from functools import cache

import torch
from PIL import Image
from torch import Tensor

from engine import pictures
from engine.bundles.bundles import Bundle, Models
from engine.messages import Spec
from engine.method import latent, losses
from engine.method.latent import Latent
from engine.method.targets import Targets, whole
from engine.models.generator import Coder, LearnedStart
from engine.models.perceptor import Perceptor
from engine.run import recall
from engine.run.recall import Recalled

TOGETHER = 4  # starts in one pass: without gradients they need less memory than a step
Rest = Callable[[int, int], Tensor | None]
"""Return what z rests at, (1, e, height, width), from a height and a width in cells; None is the origin."""


def from_nothing(
    bundle: Bundle, method: Latent, sentence: Tensor | None, rng: torch.Generator, height: int, width: int
) -> tuple[Tensor, Rest]:
    """Return the first parameter of a picture from nothing, (1, ·, height, width), and where it rests at any size.

    The bundle chooses one of :data:`engine.method.latent.STARTS`. A learned start reads ``sentence`` (1, d).
    """
    entry, generator, network = bundle.entry, bundle.generator, bundle.start_network
    if entry.start == "random":
        return method.undecided(height, width, generator, rng), lambda height, width: None
    if network is None:
        z = generator.middle(height, width)
        return method.begin(latent.add_noise(z, entry.start_noise, generator, rng), generator), lambda *cells: None
    assert sentence is not None
    n = entry.start_spread * torch.randn(1, network.open, generator=rng).to(bundle.device)
    learned = network(sentence, n)
    z = latent.add_noise(latent.resized(learned, height, width), entry.start_noise, generator, rng)
    return method.begin(z, generator), lambda height, width: latent.resized(learned, height, width)


def with_things(
    recalled: Recalled, empty: Rest, bundle: Bundle, method: Latent, rng: torch.Generator, height: int, width: int
) -> tuple[Tensor, Rest]:
    """Return what :func:`from_nothing` does, with the ``recalled`` things laid into the scene of ``empty``."""

    @cache
    def lying(height: int, width: int) -> Tensor:
        scene = empty(height, width)
        assert scene is not None  # neither a learned start's nor a remembered scene is
        return recall.laid(recalled, scene, bundle)

    z = latent.add_noise(lying(height, width), bundle.entry.start_noise, bundle.generator, rng)
    return method.begin(z, bundle.generator), lying


def from_image(spec: Spec, bundle: Bundle, generator: Coder, sentence: Tensor | None, init_image: bytes) -> Rest:
    """Return where an edit begins and rests: at its input's latent, or at what a learned start makes of it.

    An upscale begins at its input. The result raises :class:`ValueError` if that is not a picture.
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
        """Return z with the part that the input's own words explain exchanged for what the prompt says.

        The exchange is complete at strength 1/2. The details, which no words explain, fade evenly until strength 1.
        """
        z, was, becomes = encoded(height, width), *(latent.resized(one, height, width) for one in (before, after))
        return z + min(1.0, 2 * spec.strength) * (becomes - was) - spec.strength * (z - was)

    return reworded


def _words(
    bundle: Bundle, network: LearnedStart, sentence: Tensor, image: Image.Image, z: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the learned starts of the picture's description and of ``sentence``, both with the n of its ``z``.

    So things keep their place and size. Models that cannot describe use the second start for both.
    """
    lies = bundle.entry.start_keep * network.recognise(z)[0]
    after = network(sentence, lies)
    if not (describer := bundle.describer).has_words:
        return after, after
    told = bundle.perceptors[0].embed_text([describer.describe(image).sentence])
    return network(told, lies), after


@torch.no_grad()
def best_of(
    starts: Sequence[Tensor], method: Latent, models: Models, targets: Targets, perceptor_weights: Sequence[float]
) -> int:
    """Return the index of the start, each (1, ·, h, w), whose picture is nearest to ``targets``.

    The distance is the run's prompt loss of the whole picture, without augmentations. The paper takes the first start.
    """
    if len(starts) == 1:
        return 0
    found: list[float] = []
    generator, perceptors = models
    for i in range(0, len(starts), TOGETHER):
        shown = method.shown(torch.cat(list(starts[i : i + TOGETHER])), generator)
        images = generator.decode(shown).clamp(0, 1)
        found += _losses(images, perceptors, targets, perceptor_weights).tolist()
    return min(range(len(found)), key=found.__getitem__)


def _losses(
    images: Tensor, perceptors: Sequence[Perceptor], targets: Targets, perceptor_weights: Sequence[float]
) -> Tensor:
    """Return the prompt loss of each of ``images`` (n, 3, H, W), (n,)."""
    total = images.new_zeros(len(images))
    for perceptor, texts, weight in zip(perceptors, targets.embeddings, perceptor_weights, strict=True):
        if weight:
            seen = whole(perceptor, images)
            each = [losses.prompt_loss(one[None], texts, targets.weights, targets.stops) for one in seen]
            total += weight * torch.stack(each)
    return total
