"""CLIP as a perceptor: text and picture into one space (001 §2.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from engine.layers import fused
from engine.models import upstream

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
START, END = 49406, 49407


class PromptTooLongError(ValueError):
    """The prompt has more tokens than the perceptor's context."""


class CLIP(nn.Module):
    """One perceptor. ``token_ids`` (V,) names the rows of a reduced vocabulary; None is the full one."""

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
    def scale(self) -> float:
        """What the cosine of a picture and a text is multiplied by before a softmax (100 in the published models)."""
        return float(self.model.logit_scale.exp())  # type: ignore[operator]

    def tokenize(self, texts: Sequence[str]) -> Tensor:
        """Token rows, (len(texts), context); words outside a reduced vocabulary are left out.

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
        """Whether every token of ``word`` is in the vocabulary."""
        return self.rows is None or all(token in self.rows for token in upstream.clip_tokenizer().encode(word))

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors, (len(texts), d)."""
        features: Tensor = self.model.encode_text(self.tokenize(texts).to(self.mean.device))  # type: ignore[operator]
        return nn.functional.normalize(features.float(), dim=-1)

    def embed_images(self, cutouts: Tensor) -> Tensor:
        """Unit vectors, (n, d), of ``cutouts`` (n, 3, input_size, input_size) in [0, 1]."""
        return nn.functional.normalize(self(cutouts).float(), dim=-1)

    def forward(self, cutouts: Tensor) -> Tensor:
        """What :meth:`embed_images` gives unit length."""
        return fused.see(self.model.visual, (cutouts - self.mean) / self.std)


EXTRAS = ("token_ids", "text_heads")
"""What a checkpoint of a reduced model may hold beside the published names."""


def build(state: Mapping[str, Tensor]) -> CLIP:
    """The CLIP whose sizes the published key names in ``state`` imply, float32, frozen.

    ``token_ids`` (V,) are the tokens of a reduced vocabulary; ``text_heads`` counts the attention heads of a text
    transformer whose heads are not the published 64 wide. Raises :class:`ValueError` when ``state`` is no CLIP.
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
