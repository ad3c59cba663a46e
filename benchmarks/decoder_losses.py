"""Compare training losses for the starter VQGAN's decoder: `python -m benchmarks.decoder_losses`.

Each loss trains the shipped decoder for a few steps, from the same weights on the same windows, with fixed codes. The
judge and the PSNR on new pictures say what each brought. The perceptual loss compares features of the bundle's ResNet;
the adversarial one is a hinge against a small PatchGAN, as in taming-transformers.
"""

import dataclasses
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import torch
import typer
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.judge import judge
from benchmarks.judge.evaluate import right_answers
from benchmarks.shares import share
from engine.layers.fused import Upsample
from engine.method.latent import quantize
from engine.models.clip import CLIP
from engine.models.vqgan import VQGAN
from training.models.evaluate import load_clip, load_vqgan
from training.models.vqgan import WINDOW, reconstruction_loss
from training.pictures.pages import Pixels, evaluation_pictures, images_of, pages, to_tensor

RATE: Final = 5e-4
BATCH: Final = 16
ASKED: Final = ("thing", "material", "weather", "style")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """Weights beside the loss of the reconstruction; the adversarial one begins after a quarter of the steps."""

    perceptual: float = 0.0
    adversarial: float = 0.0


TRIALS: Final = {
    "pixels alone": Losses(),
    "perceptual": Losses(perceptual=0.3),
    "adversarial": Losses(perceptual=0.3, adversarial=0.05),
}


def features(perceptor: CLIP, images: Tensor) -> list[Tensor]:
    """Return unit feature maps of the ResNet's stem and first two stages, for ``images`` (n, 3, h, w) in [0, 1]."""
    visual: Any = perceptor.model.visual
    x = (images - perceptor.mean) / perceptor.std
    for i in (1, 2, 3):
        convolution, norm = getattr(visual, f"conv{i}"), getattr(visual, f"bn{i}")
        x = F.relu(norm(convolution(x)))
    stages = [x]
    x = visual.avgpool(x)
    for layer in (visual.layer1, visual.layer2):
        x = layer(x)
        stages.append(x)
    return [F.normalize(stage, dim=1) for stage in stages]


def discriminator(width: int = 24) -> nn.Module:
    """Return a PatchGAN from (n, 3, h, w) in [-1, 1] to a map of scores, higher for real pictures."""
    return nn.Sequential(
        nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, 2, 1), nn.BatchNorm2d(2 * width), nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 4 * width, 4, 1, 1), nn.BatchNorm2d(4 * width), nn.LeakyReLU(0.2),
        nn.Conv2d(4 * width, 1, 4, 1, 1),
    )  # fmt: skip


def windows(drawn: Pixels, steps: int) -> Iterator[Tensor]:
    """Yield batches of windows of the pages, the same for each trial."""
    for step in range(steps):
        rng = np.random.default_rng(step)
        free = drawn.shape[-2] - WINDOW + 1
        corners = [(row, *rng.integers(free, size=2)) for row in rng.integers(len(drawn), size=BATCH)]
        yield to_tensor(np.stack([drawn[row, y : y + WINDOW, x : x + WINDOW] for row, y, x in corners]))


def train(generator: VQGAN, perceptor: CLIP, losses: Losses, drawn: Pixels, steps: int) -> None:
    """Train the decoder in place."""
    weights = [*generator.decoder.parameters(), *generator.post_quant_conv.parameters()]
    for weight in weights:
        weight.requires_grad_(True)
    for module in generator.decoder.modules():
        if isinstance(module, Upsample):
            module.kernel = None  # It sums up weights that change now.
    critic = discriminator()
    optimiser = torch.optim.Adam(weights, RATE, (0.9, 0.98))
    critics = torch.optim.Adam(critic.parameters(), RATE, (0.5, 0.9))
    for step, images in enumerate(windows(drawn, steps)):
        for group in (*optimiser.param_groups, *critics.param_groups):
            group["lr"] = RATE * min(1, (step + 1) / 20) * (1 - 0.95 * step / steps)
        with torch.no_grad():
            z = quantize(generator.encode(images), generator)
        decoded = generator.decode(z)
        loss = reconstruction_loss(decoded, images)
        if losses.perceptual:
            pairs = zip(features(perceptor, decoded), features(perceptor, images), strict=True)
            loss = loss + losses.perceptual * sum((a - b).square().sum(1).mean() for a, b in pairs)
        if losses.adversarial and step > steps // 4:
            loss = loss - losses.adversarial * critic(decoded * 2 - 1).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        if losses.adversarial:
            criticise(critic, critics, images, decoded.detach())
    generator.requires_grad_(False)


def criticise(critic: nn.Module, optimiser: torch.optim.Optimizer, real: Tensor, painted: Tensor) -> None:
    """Train the discriminator for one step by the hinge loss."""
    loss = F.relu(1 - critic(real * 2 - 1)).mean() + F.relu(1 + critic(painted * 2 - 1)).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


@torch.no_grad()
def measured(generator: VQGAN, count: int) -> str:
    """Say the PSNR of ``count`` new pictures and of the plain ones, and what the judge reads right in them."""
    pictures = evaluation_pictures(count, unseen_pairs=False, seed=77)
    images = images_of(pictures, 128)
    decoded = torch.cat(
        [generator.decode(quantize(generator.encode(part), generator)).clamp(0, 1) for part in images.split(8)]
    )
    psnr = -10 * (decoded - images).square().mean((1, 2, 3)).log10()
    plain = torch.tensor([picture.style == "plain" for picture in pictures])
    read = right_answers(judge.load(), pictures, decoded)
    shares = ", ".join(f"{name} {share(read[name]).value:.1%}" for name in ASKED)
    return f"{psnr.mean():.2f} dB, plain {psnr[plain].mean():.2f} dB; {shares}"


def main(
    steps: Annotated[int, typer.Option(min=1, help="Steps of each trial.")] = 220,
    pictures: Annotated[int, typer.Option(min=2, help="New pictures that are decoded and judged.")] = 120,
    weights: Annotated[Path, typer.Option(help="The folder of the starter models.")] = Path("weights/starter"),
    families: Annotated[int, typer.Option(min=1, help="Of the pages to train on, as the shipped models saw.")] = 12_000,
    runs: Annotated[Path, typer.Option(help="Where the drawn pages lie, or come to lie.")] = Path("training-runs"),
) -> None:
    """Compare the losses; the shipped files stay as they are."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    drawn = pages(runs, families)
    perceptor = load_clip(weights, "resnet")
    typer.echo(f"as shipped: {measured(load_vqgan(weights), pictures)}")
    for name, losses in TRIALS.items():
        torch.manual_seed(0)
        generator = load_vqgan(weights)
        train(generator, perceptor, losses, drawn, steps)
        typer.echo(f"{name}: {measured(generator, pictures)}")


if __name__ == "__main__":
    typer.run(main)
