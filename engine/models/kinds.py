"""The kinds of models that a bundle's entry can name. A new kind is one module and one line here.

A builder gets the tensors of the weights file and the path of the config, if the entry has one. A perceptor's also gets
the metadata of the weights file, which may tell what its tensors do not. It returns the model
on the CPU, frozen, in float32, and raises :class:`ValueError` or :class:`engine.models.weights.WeightsError`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor

from engine.models import clip, vqgan
from engine.models.generator import Generator
from engine.models.perceptor import Perceptor

GENERATORS: Mapping[str, Callable[[Mapping[str, Tensor], Path | None], Generator]] = {"vqgan": vqgan.from_files}
PERCEPTORS: Mapping[str, Callable[[Mapping[str, Tensor], Path | None, Mapping[str, str]], Perceptor]] = {
    "clip": clip.from_files
}
