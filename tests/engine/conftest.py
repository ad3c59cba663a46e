from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from engine.bundles import bundles
from engine.messages import Spec


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def bundle(weights_dir: Path) -> bundles.Bundle:
    return bundles.load("starter", weights_dir, torch.device("cpu"))


@pytest.fixture
def spec() -> Spec:
    return Spec(prompt="a red car | night:0.5", bundle="starter", width=32, height=48, iterations=4, seed=7)
