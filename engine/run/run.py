"""A run: one job's optimisation state (001 §2, figure 1)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from engine import pictures
from engine.bundles import completion
from engine.bundles.bundles import Bundle
from engine.device.readings import Readings
from engine.messages import Spec, check
from engine.messages.limits import Term, parse_term
from engine.method import cutouts, latent, losses, masks, targets
from engine.method.latent import LATENTS
from engine.method.masks import Masked
from engine.method.optimisers import OPTIMISERS, Average, Plateau
from engine.method.schedules import COUNTS, DECAYS, RATES
from engine.models.tiles import Tiled
from engine.run import begin, candidates, checkpoint, coarse, edits
from engine.run.overpaint import paint_over

FIDELITY = 30.0
"""Weight of an upscale's difference to its input: an error of a tenth then counts as much as the words do."""


class Run:
    """z, its optimiser and its random generator: everything that changes from one iteration to the next.

    ``z`` is what is optimised: (1, e, H/f, W/f), or logits (1, K, H/f, W/f) for codebook sampling. ``rest`` is where
    the latent penalty is zero: the input's own latent for an edit, a learned start, a place between them, or None for
    the origin (001 §2.4). The generator is seeded before the first number is drawn. Raises
    :class:`engine.messages.SpecError`, :class:`engine.messages.PromptError` or
    :class:`engine.models.clip.PromptTooLongError` when the spec cannot be painted, :class:`ValueError` when the init
    image, an image prompt or a mask is not a picture.
    """

    def __init__(
        self,
        spec: Spec,
        bundle: Bundle,
        init_image: bytes | None = None,
        image_prompts: Sequence[bytes] = (),
        mask: bytes | None = None,
        *,
        continues: bytes | None = None,
    ) -> None:
        check(spec, bundle.info())
        self.spec, self.bundle, entry = spec, bundle, bundle.entry
        torch.set_num_threads(spec.threads)  # the start and the first picture round as the steps do
        generator, self.perceptors = bundle.models(spec.precision)
        self.generator = generator if spec.upscale == 1 else Tiled(generator, bundle.entry.width)
        self.iteration = 0
        self.loss = float("nan")  # the last that was read
        self.read = 0  # the iteration of that loss
        self.diverged = False
        self.readings = Readings(bundle.device)
        self.cells = spec.height // bundle.generator.f, spec.width // bundle.generator.f
        self.coarse: coarse.Coarse | None = None  # while half the size is painted
        self.rest: Tensor | None = None
        self.refined: Tensor | None = None  # what an upscale refines, (1, 3, h, w) in its own size
        self.rng = torch.Generator().manual_seed(spec.seed)
        self.latent = LATENTS[spec.latent or entry.latent]
        self.cutouts = cutouts.chosen(entry.cutouts, spec.cutouts, spec.augmentations)
        self.perceptor_weights = losses.shares(
            spec.perceptor_weights or entry.perceptor_weights, len(bundle.perceptors)
        )
        self.editing = init_image is not None
        self.words_seed = spec.seed if continues is None else checkpoint.words_seed(continues)
        read = None
        if not self.editing and not image_prompts and self.words_seed is not None:
            read = completion.completed(spec.prompt, self.words_seed, bundle.natural, bundle.reads)
        self.read_as = completion.told(read) if read else None
        self.story = targets.of(spec, bundle, self.cutouts, image_prompts, read)
        with torch.no_grad():
            self.masked = edits.masked(spec, bundle, self.perceptor_weights, self.story[0].sentence, init_image, mask)
            if self.masked is not None and spec.replace:
                weight = entry.structure if spec.structure is None else spec.structure
                self.story = targets.keeping(self.story, self.masked.given, weight, bundle)
            if init_image is not None and spec.upscale > 1:
                small = spec.width // spec.upscale, spec.height // spec.upscale
                self.refined = pictures.decode(init_image, *small).to(bundle.device)
            z = self._begin(init_image)
        self.rate = self._learning_rate()
        self.rate_schedule = RATES[spec.rate_schedule or entry.rate_schedule]
        self.cutout_schedule = COUNTS[spec.cutout_schedule or entry.cutout_schedule]
        self._descend_from(z)
        decay = entry.ema if spec.ema is None else spec.ema
        self.average = Average(decay) if decay else None
        self.plateau = Plateau(spec.plateau)
        self.terms = self._terms()
        codes = bundle.generator.codebook
        self.bounds = codes.amin(0).view(1, -1, 1, 1), codes.amax(0).view(1, -1, 1, 1)
        self.variance = latent.codebook_scale(bundle.generator) ** 2

    def _begin(self, init_image: bytes | None) -> Tensor:
        """The first parameter, at half size if the run has a coarse part, and where it rests."""
        last = coarse.until(self.spec, self.bundle.entry, self.cells)
        cells, masked = coarse.half(self.cells) if last else self.cells, self.masked
        if last and masked is not None:
            masked = coarse.reduced(masked, cells, self.bundle.generator)
        if init_image is None:
            p, rest = self._best_start(*cells)
            self.rest = rest(*cells)
        else:
            sentence = self.story[0].sentence
            rest = begin.from_image(self.spec, self.bundle, self.generator, sentence, init_image)
            self.rest = masks.kept(rest(*cells), masked)
            assert self.rest is not None  # an edit's never is
            p = self.latent.begin(self.rest, self.bundle.generator)
        if last:
            whole = masks.kept(rest(*self.cells), self.masked)
            self.coarse = coarse.Coarse(until=last, cells=self.cells, rest=self.rest, whole=whole, masked=masked)
        return p

    def _best_start(self, height: int, width: int) -> tuple[Tensor, begin.Rest]:
        """The best of so many starts from nothing as are asked for, all from the run's generator."""
        bundle, now = self.bundle, self.story[0]
        starts = [
            begin.from_nothing(bundle, self.latent, now.sentence, self.rng, height, width)
            for _ in range(self.spec.candidates or bundle.entry.candidates)
        ]
        seen = dataclasses.replace(bundle, generator=bundle.models(self.spec.precision)[0], perceptors=self.perceptors)
        return starts[candidates.best([p for p, _ in starts], self.latent, seen, now, self.perceptor_weights)]

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
        grey = self.editing and (self.bundle.start_network is None or self.spec.upscale > 1)
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

    def _descend_from(self, z: Tensor) -> None:
        """Let the optimiser begin at the parameter ``z``."""
        self.first = z.detach().clone()  # what a masked edit keeps outside of its mask
        self.z = z.requires_grad_()
        name = self.spec.optimiser or self.bundle.entry.optimiser or self.latent.optimiser
        self.optimiser = OPTIMISERS[name](self.z, self.rate, self.bundle.entry.betas)

    @torch.no_grad()
    def refine(self) -> None:
        """Go from half the size to the whole one, if that has not come yet.

        The optimiser begins anew: gradients of half a size are of other cells, and each of them of four.
        """
        if (half := self.coarse) is None:
            return
        self.settle()
        z = self._whole(self.z)
        if self.average is not None and self.average.value is not None:
            self.average.value = self._whole(self.average.value)
        self.coarse, self.rest = None, half.whole
        self._descend_from(z)
        self.plateau.reset()

    def _whole(self, p: Tensor) -> Tensor:
        """The parameter ``p`` at the whole size, where a masked edit keeps what it must not change."""
        if self.coarse is None:
            return p
        p = self.coarse.enlarged(p, self.latent, self.bundle.generator)
        if self.masked is None or self.coarse.whole is None:
            return p
        return self.masked.keep(p, self.latent.begin(self.coarse.whole, self.bundle.generator))

    @property
    def finished(self) -> bool:
        """No step is left. An edit of strength 0 has none: it is the input's reconstruction."""
        kept = self.editing and self.spec.strength == 0
        return kept or self.plateaued or self.iteration >= self.spec.iterations

    @property
    def plateaued(self) -> bool:
        """The loss has stopped falling, at the whole size and in the last phase of the story, as far as it is read."""
        return self.plateau.reached and self.coarse is None and self._phase(self.read) is self.story[-1]

    def _phase(self, done: int) -> targets.Targets:
        return next((phase for phase in self.story if done < phase.until), self.story[-1])

    @property
    def targets(self) -> targets.Targets:
        """What the next iteration is guided towards: the phase of the story that it falls into."""
        return self._phase(self.iteration)

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
        """The next cutouts' parameters, from this run's generator; a masked edit's show all of what is painted.

        All are drawn, however few are used: a schedule of their number changes no other random number.
        """
        count = round(self.cutout_schedule(self.cutouts.count, *self.clock))
        drawn = cutouts.some(cutouts.draw(self.cutouts, self.rng), max(1, count))
        if (masked := self._masked) is None:
            return drawn
        return cutouts.focused(drawn, masked.box, *masked.mask.shape[:1:-1])

    @property
    def _masked(self) -> Masked | None:
        """What a masked edit keeps, at the size that is painted now."""
        return self.masked if self.coarse is None else self.coarse.masked

    def held(self, codes: Tensor) -> Tensor:
        """The codes to decode, (1, e, h, w): the input's own where a masked edit must not change (001 §2.5)."""
        return codes if (masked := self._masked) is None else masked.keep(codes, masked.z_q)

    def joined(self, painted: Tensor) -> Tensor:
        """The picture (1, 3, H, W) of a decoded z: in a masked edit, inside the mask only."""
        return painted if (masked := self._masked) is None else masked.join(painted)

    def descend(self, loss: Tensor) -> None:
        """A step on the gradient in ``z.grad``; z stays in the codebook's range. ``loss`` (a scalar) is read later."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate_schedule(self.rate, *self.clock)
        self.optimiser.step()
        self.optimiser.zero_grad()
        with torch.no_grad():
            self.latent.tame(self.z, self.bounds)
            if (masked := self._masked) is not None:
                self.z.copy_(masked.keep(self.z, self.first))
        self.iteration += 1
        if self.average is not None:
            self.average.add(self.z, self.iteration)
        self._read(self.readings.add(self.iteration, loss))
        if self.coarse is not None and (self.iteration >= self.coarse.until or self.plateau.reached):
            self.refine()

    def settle(self) -> None:
        """Read the losses that are still under way; waits for the device."""
        self._read(self.readings.rest())

    def _read(self, arrived: Sequence[tuple[int, float]]) -> None:
        for self.read, self.loss in arrived:
            self.diverged = self.diverged or not math.isfinite(self.loss)
            if self.plateau.patience:
                self.plateau.add(self.loss)
                if self._phase(self.read) is not self._phase(self.read - 1):
                    self.plateau.reset()

    @torch.no_grad()
    def picture(self) -> Tensor:
        """The picture of the present z, or of its average, (1, 3, H, W) in [0, 1]; always of the whole size."""
        generator, z, masked = self.bundle.generator, self.z, self.masked
        if self.average is not None and self.average.value is not None:
            z = self.average.value
        codes = self.latent.shown(self._whole(z), generator)
        codes = codes if masked is None else masked.keep(codes, masked.z_q)
        painted = self.generator.decode(codes).clamp(0, 1)
        return painted if masked is None else masked.join(painted)

    def checkpoint(self) -> bytes:
        """Everything that :meth:`resume` needs to go on bit for bit (on the CPU)."""
        return checkpoint.save(self)

    def resume(self, state: bytes, *, branch: bool = False) -> None:
        """Go on from a checkpoint, of this spec or, for a ``branch``, of another one of the same size.

        Raises :class:`engine.messages.SpecError` when it does not belong.
        """
        checkpoint.restore(self, state, branch=branch)

    def paint_over(self, painted: bytes) -> None:
        """Go on from ``painted``, the present picture with something painted over it (001 appendix C).

        Raises :class:`ValueError` when it is not a picture.
        """
        paint_over(self, painted)
