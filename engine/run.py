"""A run: one job's optimisation state (001 §2, figure 1)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from engine import checkpoint, cutouts, edits, latent, losses, pictures, start, targets, tiles
from engine.bundles import Bundle
from engine.latent import LATENTS
from engine.messages import Precision, Spec, check
from engine.messages.limits import Term, parse_term
from engine.optimisers import OPTIMISERS, Average, Plateau
from engine.schedules import DECAYS, RATES

FIDELITY = 30.0
"""Weight of an upscale's difference to its input: an error of a tenth then counts as much as the words do."""
PAINTED_OVER = 4 / 255
"""Mean change of a cell's pixels from which it counts as painted over; a JPEG's own changes are smaller."""


class Run:
    """z, its optimiser and its random generator: everything that changes from one iteration to the next.

    ``z`` is what is optimised: (1, e, H/f, W/f), or logits (1, K, H/f, W/f) for codebook sampling. ``rest`` is where
    the latent penalty is zero: the input's own latent for an edit, a learned start, a place between them, or None for
    the origin (001 §2.4). The generator is seeded before the first number is drawn. Raises
    :class:`engine.messages.SpecError`, :class:`engine.messages.PromptError` or
    :class:`engine.clip.PromptTooLongError` when the spec cannot be painted, :class:`ValueError` when the init image
    , an image prompt or a mask is not a picture.
    """

    def __init__(
        self,
        spec: Spec,
        bundle: Bundle,
        init_image: bytes | None = None,
        image_prompts: Sequence[bytes] = (),
        mask: bytes | None = None,
    ) -> None:
        check(spec, bundle.info())
        self.spec, self.bundle, entry = spec, bundle, bundle.entry
        self.generator = bundle.generator if spec.upscale == 1 else tiles.Tiled(bundle.generator, bundle.entry.width)
        self.iteration = 0
        self.loss = float("nan")
        self.refined: Tensor | None = None  # what an upscale refines, (1, 3, h, w) in its own size
        self.rng = torch.Generator().manual_seed(spec.seed)
        self.latent = LATENTS[spec.latent or entry.latent]
        self.cutouts = _cutouts(spec, bundle)
        self.perceptor_weights = losses.shares(
            spec.perceptor_weights or entry.perceptor_weights, len(bundle.perceptors)
        )
        self.story = targets.of(spec, bundle, self.cutouts, image_prompts)
        self.editing = init_image is not None
        with torch.no_grad():
            self.masked = edits.masked(spec, bundle, self.perceptor_weights, self.story[0].sentence, init_image, mask)
            if self.masked is not None and spec.replace:
                weight = entry.structure if spec.structure is None else spec.structure
                self.story = targets.keeping(self.story, self.masked.given, weight, bundle)
            z, self.rest = self._start() if init_image is None else self._encode(init_image)
        self.first = z.detach().clone()  # what a masked edit keeps outside of its mask
        self.z = z.requires_grad_()
        self.rate = self._learning_rate()
        self.rate_schedule = RATES[spec.rate_schedule or entry.rate_schedule]
        optimiser = spec.optimiser or entry.optimiser or self.latent.optimiser
        self.optimiser = OPTIMISERS[optimiser](self.z, self.rate, entry.betas)
        decay = entry.ema if spec.ema is None else spec.ema
        self.average = Average(decay) if decay else None
        self.plateau = Plateau(spec.plateau)
        self.terms = self._terms()
        codes = bundle.generator.codebook
        self.bounds = codes.amin(0).view(1, -1, 1, 1), codes.amax(0).view(1, -1, 1, 1)
        self.variance = latent.codebook_scale(bundle.generator) ** 2

    def _encode(self, init_image: bytes) -> tuple[Tensor, Tensor]:
        """First z and rest of an edit: the input's latent, or what a learned start makes of it."""
        image = pictures.decode(init_image, self.spec.width, self.spec.height)
        if self.spec.upscale > 1:
            small = self.spec.width // self.spec.upscale, self.spec.height // self.spec.upscale
            self.refined = pictures.decode(init_image, *small).to(self.bundle.device)
        z = self.generator.encode(image.to(self.bundle.device))
        if (network := self._network) is not None:
            z = self._reworded(network, pictures.to_image(image), z)
        if self.masked is not None:
            z = self.masked.keep(z, self.masked.z)
        return self.latent.begin(z, self.bundle.generator), z

    def _reworded(self, network: start.StartNetwork, image: Image.Image, z: Tensor) -> Tensor:
        """The input's z with what its own words explain exchanged for what the prompt says.

        The learned start is asked for both, the picture's description and the prompt, with the n of the input: where
        things are and how large. What the two differ in has come whole at strength 1/2; what no words explain, the
        details, goes evenly and is gone at strength 1. Models that cannot describe go straight to the prompt's start.
        """
        lies = self.bundle.entry.start_keep * network.recognise(z)[0]
        after = before = self._learned(network, lies, *z.shape[2:])
        if (describer := self.bundle.describer).has_words:
            told = self.bundle.perceptors[0].embed_text([describer.describe(image).sentence])
            before = start.resized(network(told, lies), *z.shape[2:])
        words = min(1.0, 2 * self.spec.strength)
        return z + words * (after - before) - self.spec.strength * (z - before)

    def _start(self) -> tuple[Tensor, Tensor | None]:
        """First z and rest of a picture from nothing, by the bundle's choice of :data:`engine.latent.STARTS`."""
        entry, generator, network = self.bundle.entry, self.bundle.generator, self.bundle.start_network
        height, width = self.spec.height // generator.f, self.spec.width // generator.f
        if entry.start == "random":
            return self.latent.undecided(height, width, generator, self.rng), None
        if network is None:
            z, rest = latent.mean_code(generator, height, width), None
        else:
            n = entry.start_spread * torch.randn(1, start.OPEN, generator=self.rng).to(self.bundle.device)
            z = rest = self._learned(network, n, height, width)
        z = latent.add_noise(z, entry.start_noise, generator, self.rng)
        return self.latent.begin(z, generator), rest

    def _learned(self, network: start.StartNetwork, n: Tensor, height: int, width: int) -> Tensor:
        """The start network's z for the prompts of the first phase."""
        sentence = self.story[0].sentence
        assert sentence is not None
        return start.resized(network(sentence, n), height, width)

    @property
    def _network(self) -> start.StartNetwork | None:
        """The learned start; none for an upscale, whose start is its input."""
        return self.bundle.start_network if self.spec.upscale == 1 else None

    def _learning_rate(self) -> float:
        asked, entry = self.spec.learning_rate, self.bundle.entry
        if self.latent.learning_rate is not None:
            return self.latent.learning_rate if asked is None else asked
        return self.bundle.learning_rate * (1.0 if asked is None else asked / entry.learning_rate)

    def _terms(self) -> list[Term]:
        """The terms beside the prompts': the bundle's, each replaced by the spec's of that name.

        The bundle's own L² term is left out where it would do harm: it would pull an edit to grey, and codebook
        sampling has committed itself before it takes effect (001 §5.1). An edit's pull grows as its strength falls.
        """
        entry, terms = self.bundle.entry, dict[str, Term]()
        grey = self.editing and self._network is None
        if not grey and self.latent is LATENTS["straight-through"]:
            terms["l2"] = Term(name="l2", weight=entry.regulariser.weight, schedule=entry.regulariser.schedule)
        if self.editing:
            terms["pull"] = Term(name="pull", weight=entry.pull.weight, schedule=entry.pull.schedule)
        if self.refined is not None:
            terms["fidelity"] = Term(name="fidelity", weight=FIDELITY)
        terms |= {term.name: term for term in map(parse_term, (*entry.losses, *self.spec.losses))}
        if "pull" in terms:
            factor = losses.strength_weight(self.spec.strength) if self.editing else 0.0
            terms["pull"] = dataclasses.replace(terms["pull"], weight=terms["pull"].weight * factor)
        return [term for term in terms.values() if term.weight > 0]

    @property
    def finished(self) -> bool:
        """No step is left. An edit of strength 0 has none: it is the input's reconstruction."""
        kept = self.editing and self.spec.strength == 0
        return kept or self.plateaued or self.iteration >= self.spec.iterations

    @property
    def plateaued(self) -> bool:
        """The loss has stopped falling, in the last phase of the story."""
        return self.plateau.reached and self.targets is self.story[-1]

    @property
    def targets(self) -> targets.Targets:
        """What the next iteration is guided towards: the phase of the story that it falls into."""
        return next((phase for phase in self.story if self.iteration < phase.until), self.story[-1])

    @property
    def clock(self) -> tuple[int, int]:
        """The next iteration and of how many, as the schedules count; a continued run's stay at their end."""
        return min(self.iteration + 1, self.spec.horizon), self.spec.horizon

    def batch_key(self) -> tuple[object, ...]:
        """Runs with equal keys can be stepped together."""
        return self.bundle.name, self.z.shape[2:], self.spec.upscale, self.spec.precision, self.spec.threads

    def penalty(self, picture: Tensor) -> Tensor:
        """The weighted terms beside the prompts' of this iteration (001 §2.4); ``picture`` is (1, 3, H, W)."""
        total = self.z.new_zeros(())
        weighed = [(DECAYS[term.schedule](term.weight, *self.clock), term.name) for term in self.terms]
        weighed = [(weight, name) for weight, name in weighed if weight > 0]
        if not weighed:
            return total
        z = self.latent.z(self.z, self.bundle.generator)
        seen = losses.Seen(z=z, rest=self.rest, picture=picture, variance=self.variance, refined=self.refined)
        for weight, name in weighed:
            total = total + weight * losses.TERMS[name](seen)
        return total

    def draw(self) -> cutouts.Draw:
        """The next cutouts' parameters, from this run's generator; a masked edit's show all of what is painted."""
        drawn = cutouts.draw(self.cutouts, self.rng)
        if self.masked is None:
            return drawn
        return cutouts.focused(drawn, self.masked.box(), self.spec.width, self.spec.height)

    def held(self, codes: Tensor) -> Tensor:
        """The codes to decode, (1, e, h, w): the input's own where a masked edit must not change (001 §2.5)."""
        return codes if self.masked is None else self.masked.keep(codes, self.masked.z_q)

    def joined(self, painted: Tensor) -> Tensor:
        """The picture (1, 3, H, W) of a decoded z: in a masked edit, inside the mask only."""
        return painted if self.masked is None else self.masked.join(painted)

    def descend(self, loss: float) -> None:
        """One step of the optimiser on the gradient in ``z.grad``; then z is kept in the codebook's range."""
        phase = self.targets
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate_schedule(self.rate, *self.clock)
        self.optimiser.step()
        self.optimiser.zero_grad()
        with torch.no_grad():
            self.latent.tame(self.z, self.bounds)
            if self.masked is not None:
                self.z.copy_(self.masked.keep(self.z, self.first))
        self.iteration += 1
        self.loss = loss
        if self.average is not None:
            self.average.add(self.z, self.iteration)
        if self.plateau.patience:
            self.plateau.add(loss)
            if self.targets is not phase:
                self.plateau.reset()

    @torch.no_grad()
    def picture(self) -> Tensor:
        """The picture of the present z, or of its average, (1, 3, H, W) in [0, 1]."""
        generator, z = self.bundle.generator, self.z
        if self.average is not None and self.average.value is not None:
            z = self.average.value
        with autocast(self.spec.precision, self.bundle.device):
            painted = self.generator.decode(self.held(self.latent.shown(z, generator))).float().clamp(0, 1)
        return self.joined(painted)

    def checkpoint(self) -> bytes:
        """Everything that :meth:`resume` needs to go on bit for bit (on the CPU)."""
        return checkpoint.save(self)

    def resume(self, state: bytes, *, branch: bool = False) -> None:
        """Go on from a checkpoint, of this spec or, for a ``branch``, of another one of the same size.

        Raises :class:`engine.messages.SpecError` when it does not belong.
        """
        checkpoint.restore(self, state, branch=branch)

    @torch.no_grad()
    def paint_over(self, painted: bytes) -> None:
        """Go on from ``painted``, the present picture with something painted over it (001 appendix C).

        z is encoded anew in the cells whose pixels changed, where the latent penalty then rests, and stays bit for
        bit in the others. Raises :class:`ValueError` when it is not a picture.
        """
        image = pictures.decode(painted, self.spec.width, self.spec.height).to(self.bundle.device)
        change = (image - self.picture()).abs().mean(1, keepdim=True)
        changed = functional.avg_pool2d(change, self.generator.f) > PAINTED_OVER
        if self.masked is not None:
            changed = changed & self.masked.free
        z = self.generator.encode(image)
        p = self.latent.begin(z, self.bundle.generator)
        self.z.copy_(torch.where(changed, p, self.z))
        if self.average is not None and self.average.value is not None:
            self.average.value = torch.where(changed, p, self.average.value)
        if self.rest is not None:
            self.rest = torch.where(changed, z, self.rest)
        if self.refined is not None:
            size = self.refined.shape[2:]
            repainted = functional.interpolate(changed.float(), size) > 0
            self.refined = torch.where(repainted, functional.interpolate(image, size, mode="area"), self.refined)
        self.plateau.reset()
        if self.z in self.optimiser.state:
            self.optimiser.state[self.z]["exp_avg"].masked_fill_(
                changed, 0
            )  # it pointed away from what is not there now


def autocast(precision: Precision, device: torch.device) -> torch.autocast:
    """The models' arithmetic: bfloat16 where the spec asks for it, else float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == Precision.BF16)


def _cutouts(spec: Spec, bundle: Bundle) -> cutouts.CutoutSettings:
    settings = dataclasses.replace(bundle.entry.cutouts, count=spec.cutouts or bundle.entry.cutouts.count)
    return settings if spec.augmentations is None else cutouts.only(spec.augmentations, settings)
