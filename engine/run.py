"""A run: one job's optimisation state (001 §2, figure 1)."""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor
from torch.nn import functional

from engine import checkpoint, cutouts, latent, losses, pictures, start, tiles
from engine.bundles import Bundle
from engine.clip import PromptTooLongError
from engine.messages import Precision, Spec, check, parse_prompts

PAINTED_OVER = 4 / 255
"""Mean change of a cell's pixels from which it counts as painted over; a JPEG's own changes are smaller."""


class Run:
    """z, its Adam and its random generator: everything that changes from one iteration to the next.

    ``z`` is (1, e, H/f, W/f). ``rest`` is where the latent penalty is zero: the input's own latent for an edit, a
    learned start, a place between them, or None for the origin (001 §2.4). The generator is seeded before the first
    number is drawn. Raises :class:`engine.messages.SpecError`, :class:`engine.messages.PromptError` or
    :class:`engine.clip.PromptTooLongError` when the spec cannot be painted, :class:`ValueError` when the init image
    is not a picture.
    """

    def __init__(self, spec: Spec, bundle: Bundle, init_image: bytes | None = None) -> None:
        check(spec, bundle.info())
        self.spec, self.bundle = spec, bundle
        self.generator = bundle.generator if spec.upscale == 1 else tiles.Tiled(bundle.generator, bundle.entry.width)
        self.iteration = 0
        self.loss = float("nan")
        self.rng = torch.Generator().manual_seed(spec.seed)
        prompts = parse_prompts(spec.prompt)
        texts = [prompt.text for prompt in prompts]
        device = bundle.device
        self.weights = torch.tensor([prompt.weight for prompt in prompts], device=device)
        self.stops = torch.tensor([prompt.stop for prompt in prompts], device=device)
        with torch.no_grad():
            self.texts = [perceptor.embed_text(texts) for perceptor in bundle.perceptors]
            self.editing = init_image is not None
            z, self.rest = self._start() if init_image is None else self._encode(init_image)
        self.cutouts = dataclasses.replace(bundle.entry.cutouts, count=spec.cutouts or bundle.entry.cutouts.count)
        self.z = z.requires_grad_()
        self.adam = torch.optim.Adam([self.z], lr=self._learning_rate(), betas=bundle.entry.betas)
        codes = bundle.generator.codebook
        self.bounds = codes.amin(0).view(1, -1, 1, 1), codes.amax(0).view(1, -1, 1, 1)

    def _encode(self, init_image: bytes) -> tuple[Tensor, Tensor]:
        """First z and rest of an edit: the input's latent, moved by the strength towards a learned start if any."""
        image = pictures.decode(init_image, self.spec.width, self.spec.height)
        z = self.generator.encode(image.to(self.bundle.device))
        if (network := self._network) is not None:
            lies = network.recognise(z)[0]  # where things are and how large, that the words leave open
            z = torch.lerp(z, self._learned(network, lies, *z.shape[2:]), self.spec.strength)
        return z.clone(), z

    def _start(self) -> tuple[Tensor, Tensor | None]:
        """First z and rest of a picture from nothing, by the bundle's choice of :data:`engine.latent.STARTS`."""
        entry, generator, network = self.bundle.entry, self.bundle.generator, self.bundle.start_network
        height, width = self.spec.height // generator.f, self.spec.width // generator.f
        if entry.start == "random":
            return latent.random_codes(generator, height, width, self.rng), None
        if network is None:
            z = latent.mean_code(generator, height, width)
            return latent.add_noise(z, entry.start_noise, generator, self.rng), None
        n = entry.start_spread * torch.randn(1, start.OPEN, generator=self.rng).to(self.bundle.device)
        rest = self._learned(network, n, height, width)
        return latent.add_noise(rest, entry.start_noise, generator, self.rng), rest

    def _learned(self, network: start.StartNetwork, n: Tensor, height: int, width: int) -> Tensor:
        """The start network's z for the prompts that attract, read as one sentence, the heaviest first.

        As many of them as the first perceptor can read: each by itself fits.
        """
        prompts = sorted(parse_prompts(self.spec.prompt), key=lambda prompt: -prompt.weight)
        texts = [prompt.text for prompt in prompts if prompt.weight > 0]
        perceptor = self.bundle.perceptors[0]
        while True:
            try:
                text = perceptor.embed_text([", ".join(texts)])
            except PromptTooLongError:
                texts.pop()
            else:
                return start.resized(network(text, n), height, width)

    @property
    def _network(self) -> start.StartNetwork | None:
        """The learned start; none for an upscale, whose start is its input."""
        return self.bundle.start_network if self.spec.upscale == 1 else None

    def _learning_rate(self) -> float:
        if self.spec.learning_rate is None:
            return self.bundle.learning_rate
        return self.bundle.learning_rate * self.spec.learning_rate / self.bundle.entry.learning_rate

    @property
    def finished(self) -> bool:
        """No step is left. An edit of strength 0 has none: it is the input's reconstruction."""
        kept = self.editing and self.spec.strength == 0
        return kept or self.iteration >= self.spec.iterations

    @property
    def clock(self) -> tuple[int, int]:
        """The next iteration and of how many, as the schedules count; a continued run's stay at their end."""
        return min(self.iteration + 1, self.spec.horizon), self.spec.horizon

    def batch_key(self) -> tuple[object, ...]:
        """Runs with equal keys can be stepped together."""
        return self.bundle.name, self.z.shape, self.spec.upscale, self.spec.precision, self.spec.threads

    def penalty(self) -> Tensor:
        """The weighted L² term of this iteration (001 §2.4), towards ``rest``; an edit's weight falls with strength."""
        entry, (iteration, iterations) = self.bundle.entry, self.clock
        grey = self.editing and self._network is None  # the paper's term would pull an edit to grey
        weight = 0.0 if grey else entry.regulariser.at(iteration, iterations)
        if self.editing:
            weight += entry.pull.at(iteration, iterations) * losses.strength_weight(self.spec.strength)
        if weight == 0:
            return self.z.new_zeros(())
        unit = 1.0 if self.rest is None else latent.codebook_scale(self.bundle.generator) ** 2
        return weight / unit * losses.latent_penalty(self.z, self.rest)

    def draw(self) -> cutouts.Draw:
        """The next cutouts' parameters, from this run's generator."""
        return cutouts.draw(self.cutouts, self.rng)

    def descend(self, loss: float) -> None:
        """One Adam step on the gradient in ``z.grad``; then z is clamped to the codebook's range per channel."""
        self.adam.step()
        self.adam.zero_grad()
        with torch.no_grad():
            self.z.copy_(self.z.maximum(self.bounds[0]).minimum(self.bounds[1]))
        self.iteration += 1
        self.loss = loss

    @torch.no_grad()
    def picture(self) -> Tensor:
        """The picture of the present z, (1, 3, H, W) in [0, 1]."""
        with autocast(self.spec.precision, self.bundle.device):
            return self.generator.decode(latent.quantize(self.z, self.bundle.generator)).float().clamp(0, 1)

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
        z = self.generator.encode(image)
        self.z.copy_(torch.where(changed, z, self.z))
        if self.rest is not None:
            self.rest = torch.where(changed, z, self.rest)
        if self.z in self.adam.state:
            self.adam.state[self.z]["exp_avg"].masked_fill_(changed, 0)  # it pointed away from what is not there now


def autocast(precision: Precision, device: torch.device) -> torch.autocast:
    """The models' arithmetic: bfloat16 where the spec asks for it, else float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision is Precision.BF16)
