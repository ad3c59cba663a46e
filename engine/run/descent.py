"""Say what a step changes: z, its optimiser and its random generator (paper §2, figure 1)."""

import dataclasses
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from engine.bundles import completion
from engine.bundles.bundles import Bundle
from engine.device.transfers import Readings
from engine.messages import Spec, check
from engine.messages.limits import Term, parse_term
from engine.method import cutouts, latent, losses, masks, targets
from engine.method.latent import LATENTS
from engine.method.masks import Masked
from engine.method.optimisers import OPTIMISERS, Average, Plateau
from engine.method.schedules import COUNTS, DECAYS, RATES
from engine.run import begin, coarse, edits, recall, upscale


class Descent:
    """The optimisation of one picture. :class:`engine.run.run.Run` adds how it is saved and continued.

    The parameter ``z`` is (1, e, H/f, W/f), or logits (1, K, H/f, W/f) for codebook sampling. The latent penalty is
    zero at ``rest``: an edit's input, a learned start, a place between them, or the origin if None (paper §2.4).
    ``words_seed`` draws words that the prompt leaves open; None draws none. The generator of random numbers is seeded
    before the first draw.

    Raises :class:`engine.messages.SpecError`, :class:`engine.messages.PromptError` or
    :class:`engine.models.perceptor.PromptTooLongError` if the spec cannot be painted, and :class:`ValueError` if the
    init image, an image prompt or a mask is not a picture.
    """

    def __init__(
        self,
        spec: Spec,
        bundle: Bundle,
        init_image: bytes | None = None,
        image_prompts: Sequence[bytes] = (),
        mask: bytes | None = None,
        *,
        words_seed: int | None = None,
    ) -> None:
        check(spec, bundle.info())
        self.spec, self.bundle, entry = spec, bundle, bundle.entry
        torch.set_num_threads(spec.threads)  # the start and the first picture round as the steps do
        generator, self.perceptors = bundle.models(spec.precision)
        self.generator = upscale.coder(spec, entry, generator)
        self.iteration = 0
        self.loss = float("nan")  # the last that was read
        self.read = 0  # the iteration of that loss
        self.diverged = False
        self.readings = Readings(bundle.device)
        self.cells = spec.height // generator.f, spec.width // generator.f
        self.coarse: coarse.Coarse | None = None  # while half the size is painted
        self.rest: Tensor | None = None
        self.refined = upscale.refined(spec, bundle, init_image)
        self.rng = torch.Generator().manual_seed(spec.seed)
        self.latent = LATENTS[spec.latent or entry.latent]
        self.cutouts = cutouts.chosen(entry.cutouts, spec.cutouts, spec.augmentations)
        self.perceptor_weights = losses.shares(
            spec.perceptor_weights or entry.perceptor_weights, len(bundle.perceptors)
        )
        self.editing = init_image is not None
        self.words_seed = words_seed
        self.read_as: str | None = None  # the prompt with the words that were drawn
        self.recalled: recall.Recalled | None = None
        self.story = self._story(image_prompts)
        with torch.no_grad():
            self._mask(init_image, mask)
            z = self._begin(init_image)
        self.rate = self._learning_rate()
        self.rate_schedule = RATES[spec.rate_schedule or entry.rate_schedule]
        self.cutout_schedule = COUNTS[spec.cutout_schedule or entry.cutout_schedule]
        self._descend_from(z)
        decay = entry.ema if spec.ema is None else spec.ema
        self.average = Average(decay) if decay else None
        self.plateau = Plateau(spec.plateau)
        self.terms = self._terms()
        self.bounds = bundle.generator.bounds()
        self.variance = bundle.generator.scale**2

    def _story(self, image_prompts: Sequence[bytes]) -> tuple[targets.Targets, ...]:
        spec, bundle, read = self.spec, self.bundle, None
        if not self.editing and not image_prompts and self.words_seed is not None:
            self.recalled = recall.read(spec.prompt, self.words_seed, bundle)
            if self.recalled is None:
                read = completion.completed(spec.prompt, self.words_seed, bundle.natural, bundle.reads)
        self.read_as = completion.told(read) if read else None
        if self.recalled is not None:
            read, self.read_as = self.recalled.story, self.recalled.told
        reduction, sentence = spec.reduction or bundle.entry.reduction, bundle.start_network is not None
        return targets.of(
            spec, bundle.perceptors, self.cutouts, image_prompts, read, reduction=reduction, sentence=sentence
        )

    def _mask(self, init_image: bytes | None, mask: bytes | None) -> None:
        spec, bundle = self.spec, self.bundle
        self.masked = edits.masked(spec, bundle, self.perceptor_weights, self.story[0].sentence, init_image, mask)
        if self.masked is not None and spec.replace:
            weight = bundle.entry.structure if spec.structure is None else spec.structure
            self.story = targets.keeping(self.story, self.masked.given, weight, bundle.perceptors)

    def _begin(self, init_image: bytes | None) -> Tensor:
        """Return the first parameter, at half size if the run has a coarse part, and set where it rests."""
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
        """Return the best of the starts from nothing that are asked for, and where it rests."""
        bundle, now = self.bundle, self.story[0]
        if self.recalled is not None and now.sentence is not None:
            scene = recall.backdrop(self.recalled, now.sentence, bundle)
            if scene is not None:
                return self._with_things(lambda *cells: latent.resized(scene, *cells), height, width)
        starts = [
            begin.from_nothing(bundle, self.latent, now.sentence, self.rng, height, width)
            for _ in range(self.spec.candidates or bundle.entry.candidates)
        ]
        models = bundle.models(self.spec.precision)
        best = starts[begin.best_of([p for p, _ in starts], self.latent, models, now, self.perceptor_weights)]
        return best if self.recalled is None else self._with_things(best[1], height, width)

    def _with_things(self, empty: begin.Rest, height: int, width: int) -> tuple[Tensor, begin.Rest]:
        assert self.recalled is not None
        return begin.with_things(self.recalled, empty, self.bundle, self.latent, self.rng, height, width)

    def _learning_rate(self) -> float:
        asked, entry = self.spec.learning_rate, self.bundle.entry
        if self.latent.learning_rate is not None:
            return self.latent.learning_rate if asked is None else asked
        return self.bundle.learning_rate * (1.0 if asked is None else asked / entry.learning_rate)

    def _terms(self) -> list[Term]:
        """Return the loss terms beside the prompts': the bundle's, each replaced by the spec's term of that name.

        The bundle's own L² term is left out if it would do harm: it would pull an edit to grey, and codebook sampling
        commits itself before the term takes effect (paper §5.1). An edit's pull grows as its strength falls.
        """
        entry, terms = self.bundle.entry, dict[str, Term]()
        grey = self.editing and (self.bundle.start_network is None or self.spec.upscale > 1)
        if not grey and self.latent is LATENTS["straight-through"]:
            weight = entry.regulariser.weight * (recall.HOLD if self.recalled else 1.0)
            terms["l2"] = Term(name="l2", weight=weight, schedule=entry.regulariser.schedule)
        if self.editing:
            terms["pull"] = Term(name="pull", weight=entry.pull.weight, schedule=entry.pull.schedule)
        if self.refined is not None:
            terms["fidelity"] = upscale.fidelity()
        terms |= {term.name: term for term in map(parse_term, (*entry.losses, *self.spec.losses))}
        if "pull" in terms:
            factor = losses.strength_weight(self.spec.strength) if self.editing else 0.0
            terms["pull"] = dataclasses.replace(terms["pull"], weight=terms["pull"].weight * factor)
        return [term for term in terms.values() if term.weight > 0]

    def _descend_from(self, z: Tensor) -> None:
        """Start a new optimiser at the parameter ``z``."""
        self.first = z.detach().clone()  # what a masked edit keeps outside of its mask
        self.z = z.requires_grad_()
        name = self.spec.optimiser or self.bundle.entry.optimiser or self.latent.optimiser
        self.optimiser = OPTIMISERS[name](self.z, self.rate, self.bundle.entry.betas)

    @torch.no_grad()
    def refine(self) -> None:
        """Go from half the size to the whole size, unless the run is there already.

        The optimiser starts anew, because its moments belong to the cells of half the size.
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
        """Return the parameter ``p`` at the whole size; a masked edit keeps what it must not change."""
        if self.coarse is None:
            return p
        p = self.coarse.enlarged(p, self.latent, self.bundle.generator)
        if self.masked is None or self.coarse.whole is None:
            return p
        return self.masked.keep(p, self.latent.begin(self.coarse.whole, self.bundle.generator))

    @property
    def finished(self) -> bool:
        """Return whether no step is left. An edit of strength 0 has none: it is its input's reconstruction."""
        kept = self.editing and self.spec.strength == 0
        return kept or self.plateaued or self.iteration >= self.spec.iterations

    @property
    def plateaued(self) -> bool:
        """Return whether the loss has stopped falling, at the whole size and in the last phase of the story."""
        return self.plateau.reached and self.coarse is None and self._phase(self.read) is self.story[-1]

    def _phase(self, done: int) -> targets.Targets:
        return next((phase for phase in self.story if done < phase.until), self.story[-1])

    @property
    def targets(self) -> targets.Targets:
        """Return the targets of the next iteration: those of its phase of the story."""
        return self._phase(self.iteration)

    @property
    def clock(self) -> tuple[int, int]:
        """Return the next iteration and their number, as the schedules count. Beyond their end they stay there."""
        return min(self.iteration + 1, self.spec.horizon), self.spec.horizon

    def batch_key(self) -> tuple[object, ...]:
        """Return a key: runs with equal keys can be stepped together."""
        return self.bundle.name, self.z.shape[2:], self.spec.upscale, self.spec.precision, self.spec.threads

    def penalty(self, picture: Tensor) -> Tensor:
        """Return the weighted sum of the other loss terms (paper §2.4); ``picture`` is (1, 3, H, W)."""
        total = self.z.new_zeros(())
        weighed = [(DECAYS[term.schedule](term.weight, *self.clock), term.name) for term in self.terms]
        weighed = [(weight, name) for weight, name in weighed if weight > 0]
        if not weighed:
            return total
        z = self.latent.z(self.z, self.bundle.generator)
        seen = losses.TermInput(z=z, rest=self.rest, picture=picture, variance=self.variance, refined=self.refined)
        for weight, name in weighed:
            total = total + weight * losses.TERMS[name](seen)
        return total

    def draw(self) -> cutouts.Draw:
        """Return the next cutouts' parameters. In a masked edit every cutout shows all that is painted.

        All are drawn even if few are used, so that a schedule of their number changes no other random number.
        """
        count = round(self.cutout_schedule(self.cutouts.count, *self.clock))
        drawn = cutouts.some(cutouts.draw(self.cutouts, self.rng), max(1, count))
        if (masked := self._masked) is None:
            return drawn
        return cutouts.focused(drawn, masked.box, *masked.mask.shape[:1:-1])

    @property
    def _masked(self) -> Masked | None:
        """Return what a masked edit keeps, at the size that is painted now."""
        return self.masked if self.coarse is None else self.coarse.masked

    def held(self, codes: Tensor) -> Tensor:
        """Return the codes to decode, (1, e, h, w), with the input's outside of a mask (paper §2.5)."""
        return codes if (masked := self._masked) is None else masked.keep(codes, masked.z_q)

    def joined(self, painted: Tensor) -> Tensor:
        """Return the picture (1, 3, H, W) of a decoded z, with the input's pixels outside of a mask."""
        return painted if (masked := self._masked) is None else masked.join(painted)

    def descend(self, loss: Tensor) -> None:
        """Take a step on the gradient in ``z.grad`` and keep z within bounds. ``loss``, a scalar, is read later."""
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
        """Wait for the device and read the losses that are still under way."""
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
        """Return the picture of the present z or of its average, (1, 3, H, W) in [0, 1], at the whole size."""
        generator, z, masked = self.bundle.generator, self.z, self.masked
        if self.average is not None and self.average.value is not None:
            z = self.average.value
        codes = self.latent.shown(self._whole(z), generator)
        codes = codes if masked is None else masked.keep(codes, masked.z_q)
        painted = self.generator.decode(codes).clamp(0, 1)
        return painted if masked is None else masked.join(painted)
