"""Training of the starter CLIPs: contrastive, on families of pictures that differ in one attribute."""

import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

import kornia.geometry.transform as geometry
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from engine import cutouts, upstream
from engine.clip import END, MEAN, START, STD
from training.loop import warm_cosine
from training.pages import TRAINING_SEED, Pixels, family, to_tensor
from training.picturebook.captions import NOT_SAID, Caption, caption
from training.picturebook.picture import FAMILY, attributes

CONTEXT: Final = 32
SIZE: Final = 64
TEXT: Final[dict[str, int]] = {
    "embed_dim": 128, "image_resolution": SIZE, "context_length": CONTEXT, "transformer_width": 192,
    "transformer_heads": 3, "transformer_layers": 3,
}  # fmt: skip
VISION: Final[dict[str, dict[str, Any]]] = {
    "vit": {"vision_layers": 4, "vision_width": 192, "vision_patch_size": 8},
    "resnet": {"vision_layers": (2, 2, 2, 2), "vision_width": 24, "vision_patch_size": None},
}
AUGMENTATION: Final = {
    "crop": (0.65, 1.0), "whole": 0.4, "flip": 0.0, "rotate": 10.0, "shift": 0.06, "zoom": (0.85, 1.1),
    "shear": 5.0, "perspective": 0.2, "jitter": 0.0, "noise": 0.15,
}  # fmt: skip


def vocabulary() -> Tensor:
    """Ids of all byte-pair tokens in the captions, and of the start and the end, ascending; (V,)."""
    encode = upstream.clip_tokenizer().encode
    rng = random.Random(0)
    texts = {caption(picture, rng).text for seed in range(8000) for picture in family(TRAINING_SEED + seed)}
    words = {word for text in texts for word in text.replace(",", " , ").split()}
    return torch.tensor(sorted({token for word in words for token in encode(word)} | {START, END}))


def build(vision: str, vocabulary_size: int) -> nn.Module:
    """An untrained CLIP of openai-clip's own class."""
    model: nn.Module = upstream.clip_model().CLIP(**TEXT, **VISION[vision], vocab_size=vocabulary_size)
    return model


class Tokens:
    """Rows of the reduced vocabulary for captions, word by word from a cache."""

    def __init__(self, ids: Tensor) -> None:
        self.rows = {int(token): row for row, token in enumerate(ids)}
        self.cache: dict[str, list[int]] = {}

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """(n, CONTEXT) of n captions; raises KeyError for a word that is not in the vocabulary."""
        tokens = torch.zeros(len(texts), CONTEXT, dtype=torch.long)
        for i, text in enumerate(texts):
            words = text.replace(",", " ,").split()
            rows = [self.rows[START], *(row for word in words for row in self._rows(word)), self.rows[END]]
            tokens[i, : len(rows)] = torch.tensor(rows)
        return tokens

    def _rows(self, word: str) -> list[int]:
        if word not in self.cache:
            self.cache[word] = [self.rows[token] for token in upstream.clip_tokenizer().encode(word)]
        return self.cache[word]


def caption_families(seeds: Sequence[int], rng: random.Random) -> tuple[list[Caption], Tensor]:
    """Captions of whole families, and which of them are true of which picture: (n, n), rows are pictures.

    The captions of one family are drawn alike, so that often a single word tells them apart.
    """
    captions, shown = [], []
    for seed in seeds:
        wording = rng.random()
        for picture in family(seed):
            captions.append(caption(picture, random.Random(wording)))
            shown.append(attributes(picture))
    said = torch.tensor([words.stated for words in captions])[None]
    true = ((said == NOT_SAID) | (said == torch.tensor(shown)[:, None])).all(-1)
    return captions, true


def contrast(images: Tensor, texts: Tensor, scale: Tensor, true: Tensor) -> Tensor:
    """CLIP's symmetric loss over unit vectors (n, d); captions true of another picture are no negatives for it."""
    logits = scale * images @ texts.T
    own = torch.eye(len(logits), dtype=torch.bool)
    logits = logits.masked_fill(true & ~own, -torch.inf)
    answers = torch.arange(len(logits))
    return (F.cross_entropy(logits, answers) + F.cross_entropy(logits.T, answers)) / 2


def augment(images: Tensor, rng: torch.Generator) -> Tensor:
    """Warp, blur and noise pictures (n, 3, SIZE, SIZE) as the loop's cutouts will be."""
    settings = cutouts.CutoutSettings(count=len(images), **AUGMENTATION)  # type: ignore[arg-type]
    drawn = cutouts.draw(settings, rng)
    matrices = cutouts.homography(drawn, SIZE, SIZE, SIZE)
    warped = geometry.warp_perspective(images, matrices, (SIZE, SIZE), padding_mode="border", align_corners=True)
    coarse = F.interpolate(F.avg_pool2d(warped, 3, 2, 1), SIZE, mode="bilinear", align_corners=False)
    blurred = torch.rand(len(images), 1, 1, 1, generator=rng) < 0.3
    noise = torch.randn(images.shape, generator=rng) * drawn.noise.view(-1, 1, 1, 1)
    gain = 1 + 0.1 * torch.randn(len(images), 1, 1, 1, generator=rng)
    return torch.where(blurred, coarse, warped) * gain + noise


def encode_text(model: Any, tokens: Tensor) -> Tensor:
    """CLIP's `encode_text` without the empty places after the longest caption: the same vectors, sooner."""
    length = int(tokens.argmax(-1).max()) + 1
    x = model.token_embedding(tokens[:, :length]) + model.positional_embedding[:length]
    x = x.permute(1, 0, 2)
    for block in model.transformer.resblocks:
        block.attn_mask = model.build_attention_mask()[:length, :length]
        x = block(x)
    x = model.ln_final(x.permute(1, 0, 2))
    vectors: Tensor = x[torch.arange(len(x)), tokens.argmax(-1)] @ model.text_projection
    return vectors


class CLIPTraining:
    """One CLIP trained on families of pictures: the nearest wrong captions are in every batch."""

    def __init__(
        self, vision: str, pages: Pixels, ids: Tensor, *, batch: int = 128, rate: float = 1e-3, seed: int = 0
    ) -> None:
        torch.manual_seed(seed)
        self.model = build(vision, len(ids))
        self.average = {name: weight.clone() for name, weight in self.model.state_dict().items()}
        self.pages, self.ids, self.tokens = pages, ids, Tokens(ids)
        self.batch, self.rate, self.seed = batch, rate, seed
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.05)
        self.mean, self.std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))

    def pictures(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        """Batch `number`: pictures (n, 3, SIZE, SIZE), tokens (n, CONTEXT), what is true of what (n, n)."""
        rng = random.Random(self.seed + number)
        chosen = rng.sample(range(len(self.pages) // FAMILY), self.batch // FAMILY)
        captions, true = caption_families([TRAINING_SEED + i for i in chosen], rng)
        rows = [i * FAMILY + k for i in chosen for k in range(FAMILY)]
        generator = torch.Generator().manual_seed(self.seed + number)
        images = augment(to_tensor(self.pages[rows]), generator)
        return images, self.tokens([words.text for words in captions]), true

    def step(self, number: int, progress: float) -> dict[str, float]:
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * warm_cosine(progress)
        loss, right = self._loss(*self.pictures(number))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        with torch.no_grad():
            self.model.logit_scale.clamp_(max=4.6)  # type: ignore[operator]
        self._follow()
        return {"loss": loss.item(), "right": right}

    def _loss(self, images: Tensor, tokens: Tensor, true: Tensor) -> tuple[Tensor, float]:
        # The fused attention's backward pass is slower on a CPU than the plain one.
        with torch.autocast("cpu", torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
            image_vectors = self.model.encode_image((images - self.mean) / self.std)  # type: ignore[operator]
            text_vectors = encode_text(self.model, tokens)
        images_unit = F.normalize(image_vectors.float(), dim=-1)
        texts_unit = F.normalize(text_vectors.float(), dim=-1)
        scale = self.model.logit_scale.exp()  # type: ignore[operator]
        found = (images_unit @ texts_unit.T).argmax(1)
        right = true[torch.arange(len(true)), found].float().mean()
        return contrast(images_unit, texts_unit, scale, true), right.item()

    @torch.no_grad()
    def _follow(self, decay: float = 0.995) -> None:
        """Move the averaged weights, the ones that are shipped, towards the trained ones."""
        for name, weight in self.model.state_dict().items():
            if weight.is_floating_point():
                self.average[name].lerp_(weight, 1 - decay)
            else:
                self.average[name].copy_(weight)

    def state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "ids": self.ids,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.average = dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
