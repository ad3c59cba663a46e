"""Models compiled by torch.compile paint what they paint as they are written, to rounding."""

from pathlib import Path

import pytest
import torch
from torch._dynamo.backends.debugging import aot_eager

from engine.bundles import bundles
from engine.bundles.bundles import Bundle
from engine.layers import compiled
from engine.messages import Precision, Spec
from engine.run import batch
from engine.run.run import Run
from engine.serve import process
from engine.serve.memory import measured
from engine.serve.process import EngineSettings

CPU = torch.device("cpu")
pytestmark = [  # what torch's compiler warns of is its own
    pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning"),
]


@pytest.fixture(scope="module")
def quick(weights_dir: Path) -> Bundle:
    return bundles.load("starter", weights_dir, CPU, compile=True)


def painted(bundle: Bundle, iterations: int = 2) -> Run:
    run = Run(Spec(
        prompt="a red circle", bundle="starter", width=32, height=32, iterations=iterations, seed=1, cutouts=2,
        candidates=1, threads=1,
    ), bundle)  # fmt: skip
    for _ in range(iterations):
        batch.step([run])
    run.settle()
    return run


@pytest.fixture
def as_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The graphs that torch traced, forward and back, run without the compiler, which takes more than a minute."""
    monkeypatch.setattr("torch._inductor.compile_fx.compile_fx", aot_eager)
    torch.compiler.reset()


@pytest.mark.usefixtures("as_traced")
def test_a_step_as_traced_is_the_written_one_and_breaks_nowhere(quick: Bundle, bundle: Bundle) -> None:
    torch._dynamo.utils.counters.clear()
    traced, written = painted(quick), painted(bundle)
    torch.testing.assert_close(traced.picture(), written.picture(), atol=1e-3, rtol=0)
    counted = torch._dynamo.utils.counters
    assert counted["stats"]["unique_graphs"] >= 1 + len(quick.perceptors)
    assert not counted["graph_break"]


@pytest.mark.soak
def test_a_compiled_step_is_the_written_one_to_rounding_and_repeats(quick: Bundle, bundle: Bundle) -> None:
    torch.compiler.reset()
    first, again, written = painted(quick), painted(quick), painted(bundle)
    assert torch.equal(first.z, again.z)
    assert first.loss == pytest.approx(written.loss, abs=1e-3)
    torch.testing.assert_close(first.picture(), written.picture(), atol=2e-2, rtol=0)
    assert not torch.equal(first.z, written.z), "nothing was compiled"


def test_memory_is_reckoned_without_waiting_for_a_compiler(quick: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("compiled")

    monkeypatch.setattr("torch._inductor.compile_fx.compile_fx", refuse)
    torch.compiler.reset()
    assert measured(quick, Precision.FP32).bytes(32 * 32, 2, [True, True]) > 0


def test_an_engine_whose_compiler_is_missing_says_so_before_it_is_ready(
    weights_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise RuntimeError("no C++ compiler\nmuch more")

    monkeypatch.setattr("torch._inductor.compile_fx.compile_fx", missing)
    torch.compiler.reset()
    with pytest.raises(ValueError, match=r"torch\.compile does not work here \(.*no C\+\+ compiler.*\)\. Install"):
        process._load(EngineSettings(weights_dir=str(weights_dir), device="cpu", threads=1, compile=True))


def test_the_models_of_an_engine_that_compiles_are_compiled_in_both_precisions(quick: Bundle) -> None:
    for precision in Precision:
        generator, perceptors = quick.models(precision)
        for module in (generator.decoder, *perceptors):
            assert module._compiled_call_impl is not None, precision


@pytest.mark.soak
def test_a_compiler_that_is_there_passes_the_check() -> None:
    compiled.check(CPU)
