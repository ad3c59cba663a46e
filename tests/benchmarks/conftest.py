from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from benchmarks.judge.judge import Judge
from benchmarks.judge.models import Classifier, Ranker, StyleReader
from benchmarks.judge.train import SIZES, vocabulary


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def weights_dir(weights_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny starter bundle, which knows every word of the picture book here, as the real one does."""
    root = tmp_path_factory.mktemp("lab") / "weights"
    shutil.copytree(weights_dir, root)
    known = {"kinds": {"things": "car, circle"}, "words": vocabulary(2000)}
    (root / "starter" / "vocabulary.json").write_text(json.dumps(known))
    return root


@pytest.fixture(scope="session")
def untrained() -> Judge:
    """A judge that sees nothing: what it is asked and what becomes of its answers is tested."""
    torch.manual_seed(0)
    classifier, style = Classifier(SIZES).eval(), StyleReader(SIZES["style"]).eval()
    return Judge(classifier=classifier, style=style, ranker=Ranker(("a", "red", "blue")).eval())
