"""Models in bfloat16: a second copy of the weights that steps multiply with, made once and shared by all runs.

Autocast would convert every frozen weight anew in every step. What decides rather than multiplies stays in float32: z,
the codebook and its distances, the losses; so do the layers' norms of CLIP, which compute in float32 by themselves.
GroupNorm sums up in float32 whatever its input is.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import nn

from engine.layers import winograd
from engine.models.clip import CLIP
from engine.models.vqgan import VQGAN

Model = TypeVar("Model", bound=nn.Module)


def of_generator(model: VQGAN) -> VQGAN:
    """The generator with a decoder in bfloat16; all else is shared with ``model``."""
    return _with_children(model, {"decoder": _halved(model.decoder), "post_quant_conv": _halved(model.post_quant_conv)})


def of_perceptor(model: CLIP) -> CLIP:
    """The perceptor with its picture side in bfloat16; all else is shared with ``model``."""
    visual: nn.Module = model.model.visual  # type: ignore[assignment]
    return _with_children(model, {"model": _with_children(model.model, {"visual": _halved(visual)})})


def _with_children(module: Model, children: Mapping[str, nn.Module]) -> Model:
    twin = copy.copy(module)
    twin._modules = {**module._modules, **children}
    return twin


def _halved(module: Model) -> Model:
    twin = copy.deepcopy(module)
    for part in twin.modules():
        if isinstance(part, nn.LayerNorm):
            continue
        if isinstance(part, winograd.Convolution):
            part.matrices = None  # their values are too large for bfloat16's eight bits
        for tensor in (*part.parameters(recurse=False), *part.buffers(recurse=False)):
            tensor.data = tensor.data.to(torch.bfloat16)
    return twin
