"""Load the published model classes file by file.

``import clip`` needs torchvision and pkg_resources, and ``import taming`` needs Lightning, but the models need none of
these. So each class below comes from the installed package's own file, executed under a private name.
"""

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any


def _load(package: str, file: str) -> ModuleType:
    found = importlib.util.find_spec(package)  # finds a top-level package without running its __init__
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"the package {package!r} is not installed: pip install 'faraday-bot'")
    path = Path(found.submodule_search_locations[0]) / file
    name = f"engine._upstream.{package}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def clip_model() -> ModuleType:
    """Return openai-clip's ``clip.model``: ``CLIP`` and ``build_model``."""
    return _load("clip", "model.py")


@cache
def clip_tokenizer() -> Any:
    """Return openai-clip's byte-pair ``SimpleTokenizer`` with its 49,408 tokens."""
    return _load("clip", "simple_tokenizer.py").SimpleTokenizer()


@cache
def taming_model() -> ModuleType:
    """Return taming's ``modules.diffusionmodules.model``: ``Encoder`` and ``Decoder``."""
    return _load("taming", "modules/diffusionmodules/model.py")


@cache
def taming_quantize() -> ModuleType:
    """Return taming's ``modules.vqvae.quantize``: ``VectorQuantizer2``."""
    return _load("taming", "modules/vqvae/quantize.py")
