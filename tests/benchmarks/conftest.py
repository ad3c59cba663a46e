from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from benchmarks.judge.judge import Judge
from benchmarks.judge.models import Classifier, Ranker, StyleReader
from benchmarks.judge.train import SIZES


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def untrained() -> Judge:
    """A judge that sees nothing: what it is asked and what becomes of its answers is tested."""
    torch.manual_seed(0)
    classifier, style = Classifier(SIZES).eval(), StyleReader(SIZES["style"]).eval()
    return Judge(classifier=classifier, style=style, ranker=Ranker(("a", "red", "blue")).eval())
