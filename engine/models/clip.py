"""CLIP as a perceptor: text and picture into one space (paper §2.2)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from engine.device import devices
from engine.layers import fused
from engine.models import bf16, upstream
from engine.models.perceptor import PromptTooLongError

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
START, END = 49406, 49407


class CLIP(nn.Module):
    """A :class:`engine.models.perceptor.Perceptor`.

    ``token_ids`` (V,) are the tokens of a reduced vocabulary; None is the full one.
    """

    def __init__(self, model: nn.Module, token_ids: Tensor | None = None) -> None:
        super().__init__()
        self.model = model
        self.rows = None if token_ids is None else {int(token): row for row, token in enumerate(token_ids)}
        self.input_size: int = model.visual.input_resolution  # type: ignore[assignment, union-attr]
        self.context: int = model.context_length  # type: ignore[assignment]
        self.embedding_size: int = model.text_projection.shape[1]  # type: ignore[assignment, index]
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)
        self.mean: Tensor
        self.std: Tensor

    @property
    def device(self) -> torch.device:
        return self.mean.device

    @property
    def scale(self) -> float:
        return float(self.model.logit_scale.exp())  # type: ignore[operator]

    def tokenize(self, texts: Sequence[str]) -> Tensor:
        """Return token rows (len(texts), context), without the words that a reduced vocabulary lacks.

        Raises :class:`PromptTooLongError`.
        """
        rows = torch.zeros(len(texts), self.context, dtype=torch.long)
        for i, text in enumerate(texts):
            tokens = [START, *upstream.clip_tokenizer().encode(text), END]
            known = tokens if self.rows is None else [self.rows[token] for token in tokens if token in self.rows]
            if len(known) > self.context:
                raise PromptTooLongError(
                    f"That prompt has {len(known) - 2} tokens and this model reads at most {self.context - 2}. "
                    "Shorten it, or split it into parts with |"
                )
            rows[i, : len(known)] = torch.tensor(known)
        return rows

    def reads(self, word: str) -> bool:
        return self.rows is None or all(token in self.rows for token in upstream.clip_tokenizer().encode(word))

    def fits(self, text: str) -> bool:
        try:
            return len(self.tokenize([text])) == 1
        except PromptTooLongError:
            return False

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        features: Tensor = self.model.encode_text(self.tokenize(texts).to(self.mean.device))  # type: ignore[operator]
        return nn.functional.normalize(features.float(), dim=-1)

    def embed_images(self, cutouts: Tensor) -> Tensor:
        return nn.functional.normalize(self(cutouts).float(), dim=-1)

    def forward(self, cutouts: Tensor) -> Tensor:
        """Return what :meth:`embed_images` gives unit length."""
        return fused.see(self.model.visual, (cutouts - self.mean) / self.std)

    def placed(self, device: torch.device) -> Self:
        return devices.placed(self, device)

    def halved(self) -> Self:
        visual: nn.Module = self.model.visual  # type: ignore[assignment]
        model = bf16.with_children(self.model, {"visual": bf16.halved(visual)})
        return bf16.with_children(self, {"model": model})


EXTRAS = ("token_ids", "text_heads")  # what a reduced model's file may hold beside the published names


def from_files(state: Mapping[str, Tensor], config: Path | None) -> CLIP:
    """Return the model of a bundle's files; it needs no config. Raises as :func:`build`."""
    return build(state)


def build(state: Mapping[str, Tensor]) -> CLIP:
    """Return the CLIP whose sizes the published key names in ``state`` imply, float32, frozen.

    ``token_ids`` (V,) are the tokens of a reduced vocabulary. ``text_heads`` is the number of attention heads of a text
    transformer whose heads are not the published 64 wide. Raises :class:`ValueError` if ``state`` is no CLIP.
    """
    weights = {name: tensor for name, tensor in state.items() if name not in EXTRAS}
    try:
        model: nn.Module = upstream.clip_model().build_model(weights)
    except (KeyError, RuntimeError) as error:
        raise ValueError(f"these are not the weights of a CLIP: {error}") from None
    if "text_heads" in state:
        _set_text_heads(model, int(state["text_heads"]))
    built = CLIP(model.float(), state.get("token_ids")).eval().requires_grad_(False)
    fused.fuse_vision(built.model.visual)
    return built


def _set_text_heads(model: Any, heads: int) -> None:
    for block in model.transformer.resblocks:
        if block.attn.embed_dim % heads:
            raise ValueError(f"{heads} heads do not divide a text transformer of width {block.attn.embed_dim}")
        block.attn.num_heads, block.attn.head_dim = heads, block.attn.embed_dim // heads
