"""Train the starter CLIPs by the contrast, and by attributes that both towers must tell."""

import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

import kornia.geometry.transform as geometry
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from engine.method import cutouts
from engine.models import upstream
from engine.models.architecture import MEAN, STD
from training.models.loop import DEVICE, Training, autocast, follow
from training.picturebook.captions import NOT_SAID
from training.pictures.corpus import Captions, Corpus
from training.pictures.pages import Pixels, to_tensor
from training.pictures.tokens import CONTEXT, Tokens

SIZE: Final = 64
AUGMENTATION: Final = {
    "crop": (0.65, 1.0), "whole": 0.4, "flip": 0.0, "rotate": 10.0, "shift": 0.06, "zoom": (0.85, 1.1),
    "shear": 5.0, "perspective": 0.2, "jitter": 0.0, "noise": 0.15,
}  # fmt: skip
ALIKE_PART: Final = 0.5  # the part of a batch whose rows differ in one attribute; the others are random
EASY_PART: Final = 0.6  # the first part of the training: augmentation grows, patches are left out
KEPT_PATCHES: Final = 0.5  # a ViT's share of patches in that part: twice the steps in the time (Li et al. 2022, FLIP)
REPAINTED_PART: Final = 0.4  # how often a picture is shown as the VQGAN repaints it, as in the loop
ATTRIBUTE_SCALE: Final = 12.0  # multiplies the unit vectors before their attributes are read


def build(sizes: Mapping[str, Any], vocabulary_size: int) -> nn.Module:
    """Return an untrained CLIP of openai-clip's class; `sizes` are its arguments, as in `presets`."""
    common = {"image_resolution": SIZE, "context_length": CONTEXT, "vocab_size": vocabulary_size}
    model: nn.Module = upstream.clip_model().CLIP(**common, **sizes)
    return model


def contrast(images: Tensor, texts: Tensor, scale: Tensor, true: Tensor) -> Tensor:
    """Return CLIP's symmetric loss of unit vectors (n, d). Captions `true` (n, n) of a picture are no negatives."""
    logits = scale * images @ texts.T
    own = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    logits = logits.masked_fill(true & ~own, -torch.inf)
    answers = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, answers) + F.cross_entropy(logits.T, answers)) / 2


class AttributeHeads(nn.Module):
    """Read every attribute from pictures' and captions' unit vectors by the same linear layer, in training only.

    So both towers must keep the attributes in the same place. That teaches shapes in minutes; the contrast alone does
    not in an hour.
    """

    def __init__(self, width: int, sizes: Sequence[int]) -> None:
        super().__init__()
        self.sizes = list(sizes)
        self.read: nn.Module = nn.Linear(width, sum(sizes)) if sizes else nn.Identity()

    def forward(self, vectors: Tensor, answers: Tensor) -> Tensor:
        """Return the sum of the attributes' cross-entropies: `answers` (n, A) in unit `vectors` (n, width)."""
        if not self.sizes:
            return vectors.new_zeros(())
        parts = self.read(ATTRIBUTE_SCALE * vectors).split(self.sizes, dim=1)
        losses = [
            F.cross_entropy(part, answer, ignore_index=NOT_SAID, reduction="sum") / (answer != NOT_SAID).sum().clamp(1)
            for part, answer in zip(parts, answers.unbind(1), strict=True)
        ]
        return torch.stack(losses).sum()


def augment(images: Tensor, rng: torch.Generator, share: float = 1.0) -> Tensor:
    """Warp, blur and noise a share of the pictures (n, 3, SIZE, SIZE), as the loop does its cutouts."""
    settings = cutouts.CutoutSettings(count=len(images), **AUGMENTATION)  # type: ignore[arg-type]
    drawn = cutouts.draw(settings, rng)
    matrices = cutouts.homography(drawn, SIZE, SIZE, SIZE)
    warped = geometry.warp_perspective(images, matrices, (SIZE, SIZE), padding_mode="border", align_corners=True)
    coarse = F.interpolate(F.avg_pool2d(warped, 3, 2, 1), SIZE, mode="bilinear", align_corners=False)
    blurred = torch.rand(len(images), 1, 1, 1, generator=rng) < 0.3
    noise = torch.randn(images.shape, generator=rng) * drawn.noise.view(-1, 1, 1, 1)
    gain = 1 + 0.1 * torch.randn(len(images), 1, 1, 1, generator=rng)
    changed = torch.rand(len(images), 1, 1, 1, generator=rng) < share
    return torch.where(changed, torch.where(blurred, coarse, warped) * gain + noise, images)


def encode_image(model: Any, images: Tensor, kept: float) -> Tensor:
    """Encode like CLIP's `encode_image`, but show a ViT only the `kept` share of each picture's patches."""
    visual = model.visual
    if kept == 1 or not hasattr(visual, "transformer"):
        vectors: Tensor = model.encode_image(images)
        return vectors
    patches = visual.conv1(images).flatten(2).permute(0, 2, 1) + visual.positional_embedding[1:]
    chosen = torch.rand(patches.shape[:2]).argsort(1)[:, : round(kept * patches.shape[1])].to(images.device)
    patches = patches.gather(1, chosen[..., None].expand(-1, -1, patches.shape[2]))
    whole = (visual.class_embedding + visual.positional_embedding[0]).expand(len(images), 1, -1)
    x = visual.ln_pre(torch.cat([whole, patches], dim=1)).permute(1, 0, 2)
    few: Tensor = visual.ln_post(visual.transformer(x)[0]) @ visual.proj
    return few


def encode_text(model: Any, tokens: Tensor) -> Tensor:
    """Encode like CLIP's `encode_text`, but without the empty places after the longest caption: sooner."""
    length = int(tokens.argmax(-1).max()) + 1
    x = model.token_embedding(tokens[:, :length]) + model.positional_embedding[:length]
    x = x.permute(1, 0, 2)
    for block in model.transformer.resblocks:
        block.attn_mask = model.build_attention_mask()[:length, :length]
        x = block(x)
    x = model.ln_final(x.permute(1, 0, 2))
    vectors: Tensor = x[torch.arange(len(x)), tokens.argmax(-1)] @ model.text_projection
    return vectors


class CLIPTraining(Training):
    """Train one CLIP on captioned pictures of SIZE pixels.

    `repainted` are the first rows as the VQGAN repaints them; `sizes` are those of `presets`.
    """

    model: Any  # openai-clip's class, which has no annotations
    parts = ("model", "heads", "optimiser")
    rate = 1e-3

    def __init__(
        self, sizes: Mapping[str, Any], source: Corpus, ids: Tensor, *, repainted: Pixels | None = None,
        batch: int = 128,
    ) -> None:  # fmt: skip
        torch.manual_seed(0)
        self.text_heads: int = sizes["transformer_heads"]
        self.model = build(sizes, len(ids)).to(DEVICE, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.heads = AttributeHeads(sizes["embed_dim"], source.sizes).to(DEVICE)
        self.average = {name: weight.clone() for name, weight in self.model.state_dict().items()}
        self.source, self.repainted, self.ids, self.tokens = source, repainted, ids, Tokens(ids)
        self.batch = batch
        weights = [*self.model.parameters(), *self.heads.parameters()]
        self.optimiser = torch.optim.AdamW(weights, lr=self.rate, betas=(0.9, 0.98), weight_decay=0.05)
        self.mean, self.std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))

    def rows(self, rng: random.Random) -> list[int]:
        """Draw the rows of a batch: groups that differ in one attribute, then single rows."""
        alike, count = self.source.alike, len(self.source.pixels)
        groups = round(ALIKE_PART * self.batch / alike) if alike > 1 else 0
        chosen = rng.sample(range(count // alike), groups)
        single = [rng.randrange(count) for _ in range(self.batch - groups * alike)]
        return [group * alike + k for group in chosen for k in range(alike)] + single

    def pictures(self, number: int, share: float) -> tuple[Tensor, Captions]:
        """Return batch `number`: pictures (n, 3, SIZE, SIZE), a share of them augmented, and their captions."""
        rng = random.Random(number)
        rows = self.rows(rng)
        described = self.source.describe(rows, rng)
        shown = np.stack([self._pixels(row, rng) for row in rows])
        return augment(to_tensor(shown), torch.Generator().manual_seed(number), share), described

    def _pixels(self, row: int, rng: random.Random) -> Pixels:
        if self.repainted is not None and row < len(self.repainted) and rng.random() < REPAINTED_PART:
            return np.asarray(self.repainted[row])
        return np.asarray(self.source.pixels[row])

    def step(self, number: int, progress: float) -> dict[str, float]:
        images, described = self.pictures(number, share=min(0.9, 0.9 * progress / EASY_PART))
        torch.manual_seed(number)
        loss, numbers = self._loss(images, described, KEPT_PATCHES if progress < EASY_PART else 1.0)
        self.descend(loss, progress)
        with torch.no_grad():
            self.model.logit_scale.clamp_(max=4.6)
        follow(self.average, self.model, min(0.995, (1 + number) / (10 + number)))
        return {"loss": loss.item(), **numbers}

    def _loss(self, images: Tensor, described: Captions, kept: float) -> tuple[Tensor, dict[str, float]]:
        tokens, true = self.tokens(described.texts).to(DEVICE), described.true.to(DEVICE)
        # On a CPU the backward pass of the fused attention is slower than that of the plain one.
        with autocast(), sdpa_kernel(SDPBackend.MATH):
            normed = ((images - self.mean) / self.std).to(DEVICE, memory_format=torch.channels_last)
            image_vectors = encode_image(self.model, normed, kept)
            text_vectors = encode_text(self.model, tokens)
        images_unit = F.normalize(image_vectors.float(), dim=-1)
        texts_unit = F.normalize(text_vectors.float(), dim=-1)
        scale = self.model.logit_scale.exp()
        found = (images_unit @ texts_unit.T).argmax(1)
        right = true[torch.arange(len(true)), found].float().mean()
        seen = self.heads(images_unit, described.shown.to(DEVICE))
        said = self.heads(texts_unit, described.stated.to(DEVICE))
        loss = contrast(images_unit, texts_unit, scale, true) + seen + said
        return loss, {"right": right.item(), "seen": seen.item(), "said": said.item()}

    def state(self) -> dict[str, Any]:
        return {**super().state(), "average": self.average, "ids": self.ids, "text_heads": self.text_heads}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self.average = dict(state["average"])
