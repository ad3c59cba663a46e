"""Copies of a model with some parts in bfloat16: made once, shared by all runs.

Autocast would convert every frozen weight anew in every step. Layer norms stay in float32, in which CLIP computes
them; GroupNorm sums up in float32 by itself.
"""

import copy
from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import nn

Model = TypeVar("Model", bound=nn.Module)


def with_children(module: Model, children: Mapping[str, nn.Module]) -> Model:
    """Return a copy of ``module`` with other ``children``; all else is shared."""
    twin = copy.copy(module)
    twin._modules = {**module._modules, **children}
    return twin


def halved(module: Model) -> Model:
    """Return a copy with every tensor in bfloat16 but those of layer norms."""
    twin = copy.deepcopy(module)
    for part in twin.modules():
        if not isinstance(part, nn.LayerNorm):
            for tensor in (*part.parameters(recurse=False), *part.buffers(recurse=False)):
                tensor.data = tensor.data.to(torch.bfloat16)
    return twin
