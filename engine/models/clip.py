"""CLIP as a perceptor: text and picture into one space (paper §2.2)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from engine.device import devices
from engine.layers import fused
from engine.models import architecture, bf16, upstream, weights
from engine.models.architecture import ACTIVATIONS, Architecture, Sizes
from engine.models.perceptor import PromptTooLongError

START, END = 49406, 49407


class CLIP(nn.Module):
    """A :class:`engine.models.perceptor.Perceptor`.

    ``token_ids`` (V,) are the tokens of a reduced vocabulary; None is the full one.
    """

    def __init__(self, model: nn.Module, made: Architecture, token_ids: Tensor | None = None) -> None:
        super().__init__()
        self.model = model
        self.rows = None if token_ids is None else {int(token): row for row, token in enumerate(token_ids)}
        self.input_size: int = model.visual.input_resolution  # type: ignore[assignment, union-attr]
        self.context: int = model.context_length  # type: ignore[assignment]
        self.embedding_size: int = model.text_projection.shape[1]  # type: ignore[assignment, index]
        self.register_buffer("mean", torch.tensor(made.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(made.std).view(1, 3, 1, 1), persistent=False)
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
_IMPLIED = ("attn_mask", "num_batches_tracked")  # last parts of names that some files have and no picture depends on


def from_files(state: Mapping[str, Tensor], config: Path | None, metadata: Mapping[str, str]) -> CLIP:
    """Return the model of a bundle's files, by its ``config`` or by what its file's ``metadata`` tell.

    Raises :class:`ValueError` as :func:`build` does, and if nothing tells how the model computes.
    """
    made = architecture.from_config(config, sizes(state)) if config else architecture.told(state, metadata)
    if made is None:
        raise ValueError(f"a perceptor of it is not known well enough. {architecture.UNKNOWN}")
    return build(state, made)


def sizes(state: Mapping[str, Tensor]) -> Sizes:
    """Return the sizes that the published names in ``state`` tell. Raises :class:`ValueError` if it is no CLIP."""
    try:
        return Sizes.of(state)
    except (KeyError, IndexError, ValueError) as error:
        raise ValueError(f"these are not the weights of a CLIP: {error}") from None


def build(state: Mapping[str, Tensor], made: Architecture | None = None) -> CLIP:
    """Return the CLIP whose sizes the published names in ``state`` tell, float32, frozen.

    ``made`` is OpenAI's architecture if it is left out, with as many heads of the text side as ``state`` says in
    ``text_heads``. ``token_ids`` (V,) are the tokens of a reduced vocabulary. Raises :class:`ValueError` if ``state``
    is no CLIP, or does not fit ``made``.
    """
    if made is None:
        made = Architecture(text_heads=int(state["text_heads"]) if "text_heads" in state else None)
    found = {name: tensor.float() for name, tensor in state.items() if name not in EXTRAS and not _implied(name)}
    model = _model(sizes(found), made, found)
    own = {name: tensor for name, tensor in model.state_dict().items() if not _implied(name)}
    if told := weights.misfit(own, found):
        raise ValueError(f"these are not the weights of a CLIP: {told}")
    model.load_state_dict(found, strict=False)
    built = CLIP(model, made, state.get("token_ids")).eval().requires_grad_(False)
    fused.fuse_vision(built.model.visual)
    return built


def _implied(name: str) -> bool:
    return name.rpartition(".")[2] in _IMPLIED


def _model(has: Sizes, made: Architecture, state: Mapping[str, Tensor]) -> nn.Module:
    """Return openai-clip's class, untrained. Its own `build_model` knows one architecture and rounds to halves."""
    classes: Any = upstream.clip_model()
    vision_heads, text_heads = made.heads(has)
    # The class derives the heads of the picture side from its width, so that side is put in afterwards.
    model = classes.CLIP(has.embedding, 1, 0, 64, 1, has.context, has.vocabulary, has.text_width, text_heads,
                         has.text_layers)  # fmt: skip
    if has.patch:
        model.visual = classes.VisionTransformer(
            has.image, has.patch, has.vision_width, has.vision_layers, vision_heads, has.embedding
        )
    else:
        model.visual = classes.ModifiedResNet(
            has.vision_layers, has.embedding, vision_heads, has.image, has.vision_width
        )
    for name, block in model.named_modules():
        if isinstance(block, classes.ResidualAttentionBlock):
            _set_mlp(block.mlp, made, state.get(f"{name}.mlp.c_fc.weight"))
    return model  # type: ignore[no-any-return]


def _set_mlp(mlp: Any, made: Architecture, weight: Tensor | None) -> None:
    """Give a block its activation, and a width other than four times the block's if its ``weight`` has one."""
    mlp.gelu = ACTIVATIONS[made.activation]()
    if weight is not None and len(weight) != mlp.c_fc.out_features:
        width = mlp.c_fc.in_features
        mlp.c_fc, mlp.c_proj = nn.Linear(width, len(weight)), nn.Linear(len(weight), width)
