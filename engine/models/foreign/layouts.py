"""Give the tensors of a CLIP OpenAI's names, whichever library saved them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from engine.models.foreign.files import Found

ANCHORS = ("visual.conv1.weight", "vision_model.embeddings.patch_embedding.weight")
"""The tensor by which a CLIP of OpenAI's or open_clip's layout is found, and one of transformers'."""

_ONES = {
    "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
    "text_model.embeddings.position_embedding.weight": "positional_embedding",
    "vision_model.embeddings.class_embedding": "visual.class_embedding",
    "vision_model.embeddings.patch_embedding.weight": "visual.conv1.weight",
    "vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
    "logit_scale": "logit_scale",
}
_TURNED = {"visual_projection.weight": "visual.proj", "text_projection.weight": "text_projection"}
_NORMS = {
    "text_model.final_layer_norm": "ln_final",
    "vision_model.pre_layrnorm": "visual.ln_pre",  # transformers' own spelling
    "vision_model.post_layernorm": "visual.ln_post",
}
_SIDES = {"text_model": "transformer", "vision_model": "visual.transformer"}
_PARTS = {"self_attn.out_proj": "attn.out_proj", "layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc",
          "mlp.fc2": "mlp.c_proj"}  # fmt: skip
_LAYER = re.compile(r"(text_model|vision_model)\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)")
_QUERY, _KEY, _VALUE = "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"


def openai(found: Found) -> dict[str, Callable[[], Tensor]]:
    """Return the same tensors by OpenAI's names. A name that no layout knows stays as it is."""
    if ANCHORS[1] not in found:
        # open_clip keeps the text side apart in some models.
        return {name.removeprefix("text."): load for name, load in found.items()}
    renamed: dict[str, Callable[[], Tensor]] = {}
    for name, load in found.items():
        norm, _, kind = name.rpartition(".")
        if name in _ONES:
            renamed[_ONES[name]] = load
        elif name in _TURNED:
            renamed[_TURNED[name]] = partial(_turned, load)
        elif norm in _NORMS:
            renamed[f"{_NORMS[norm]}.{kind}"] = load
        elif layer := _LAYER.fullmatch(name):
            renamed |= _of_layer(found, layer)
        else:
            renamed[name] = load
    return renamed


def _of_layer(found: Found, layer: re.Match[str]) -> dict[str, Callable[[], Tensor]]:
    side, number, part, kind = layer.groups()
    block = f"{_SIDES[side]}.resblocks.{number}"
    if part in _PARTS:
        return {f"{block}.{_PARTS[part]}.{kind}": found[layer[0]]}
    if part in (_KEY, _VALUE):  # the query brings them along
        return {}
    if part != _QUERY:
        return {layer[0]: found[layer[0]]}
    names = [f"{side}.encoder.layers.{number}.{one}.{kind}" for one in (_QUERY, _KEY, _VALUE)]
    return {f"{block}.attn.in_proj_{kind}": partial(_joined, [found[name] for name in names if name in found])}


def _turned(load: Callable[[], Tensor]) -> Tensor:
    return load().T


def _joined(loads: list[Callable[[], Tensor]]) -> Tensor:
    return torch.cat([load() for load in loads])
