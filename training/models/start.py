"""Train the start network, from a caption's embedding to the latents of pictures that fit it."""

import random
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.models.clip import CLIP
from engine.models.start import StartNetwork
from engine.models.vqgan import VQGAN
from training.models.loop import DEVICE, Training, autocast
from training.pictures.corpus import Corpus

HIDDEN_PART: Final = 0.02  # the last part of the pictures is not trained on; the log shows the error there
WORDS_PART: Final = 0.4  # n is expensive in the first part, because it would learn what the words say anyway
INFORMATION: Final = 0.1, 4e-3  # the weight of each nat that n tells of a picture, in that part and after it


class StartTraining(Training):
    """Train the network to predict encoded pictures from captions and from n, which says what captions leave open.

    The latents (N, e, SIDE, SIDE) are those of the source's first N rows. `sizes` are the network's widths. `perceptor`
    embeds the captions, as it does the bundle's prompts.
    """

    model: StartNetwork
    rate = 1.5e-3

    def __init__(
        self, sizes: Mapping[str, int], generator: VQGAN, latents: Tensor, source: Corpus, perceptor: CLIP, *,
        batch: int = 64,
    ) -> None:  # fmt: skip
        self.batch, self.source, self.latents, self.perceptor = batch, source, latents, perceptor
        self.trained = len(latents) - max(1, int(HIDDEN_PART * len(latents)))
        torch.manual_seed(0)
        d = perceptor.embed_text([""]).shape[1]
        self.model = StartNetwork(d, latents.shape[1], **sizes)
        self.model.scale.fill_(generator.scale)
        self.model.to(DEVICE, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=self.rate, weight_decay=0.05)

    def step(self, number: int, progress: float) -> dict[str, float]:
        rng = random.Random(number)
        error, nats = self._error([rng.randrange(self.trained) for _ in range(self.batch)], rng)
        self.descend(error + INFORMATION[progress >= WORDS_PART] * nats, progress)
        numbers = {"loss": error.item(), "nats": nats.item()}
        return numbers if number % 50 else {**numbers, "hidden": self.hidden_error()}

    @torch.no_grad()
    def hidden_error(self) -> float:
        """Return the error on pictures that are not trained on."""
        rows = list(range(self.trained, min(self.trained + 256, len(self.latents))))
        return self._error(rows, random.Random(0))[0].item()

    def _error(self, rows: list[int], rng: random.Random) -> tuple[Tensor, Tensor]:
        """Return the mean squared error, and how many nats n tells of each picture."""
        with torch.no_grad():
            text = self.perceptor.embed_text(self.source.describe(rows, rng).texts)
        z = self.latents[rows].float().to(DEVICE)
        with autocast():
            mean, log_variance = (part.float() for part in self.model.recognise(z))
        noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(rng.randrange(2**62)))
        n = mean + noise.to(DEVICE) * (log_variance / 2).exp()
        nats = (mean.square() + log_variance.exp() - log_variance - 1).sum(1).mean() / 2
        with autocast():
            predicted = self.model(text, n)
        return F.mse_loss(predicted.float() / self.model.scale, z / self.model.scale), nats
