"""Whatever a spec says, the engine paints it, or says which setting is wrong and what it may be."""

from __future__ import annotations

import io
import math
import re
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from PIL import Image

from engine.bundles.bundles import CHOICES, Bundle
from engine.messages import Event, Failure, RunFailed, RunFinished, Spec, StartRun, StopRun, defaults, settings
from engine.serve.loop import DIVERGED, Loop
from tests.random_specs import within

ITERATIONS = 2
NAMES = dict(CHOICES)
_LINES = st.lists(
    st.sampled_from(["a red car", "night", "fog:0.5", "blue:-1", "car:1:0.4", "the circle; white", "a ~2", "green"]),
    min_size=1,
    max_size=3,
).map(" | ".join)
_WEIGHTS = st.floats(-1000, 1000)
CHEAP: dict[str, st.SearchStrategy[Any]] = {
    "prompt": st.lists(_LINES, min_size=1, max_size=3).map(" ^ ".join),
    "bundle": st.just("starter"),
    "width": st.sampled_from([8, 16, 32, 40]),
    "height": st.sampled_from([8, 16, 32, 36]),
    "iterations": st.integers(3, 2000),
    "cutouts": st.none() | st.integers(1, 4),
    "threads": st.just(1),
    "candidates": st.none() | st.integers(1, 5),
    "schedule_iterations": st.none() | st.integers(3, 2000),
    "image_weights": st.just(()) | st.tuples(_WEIGHTS),
    "noise_seeds": st.just((3, 2**32 - 1)),
    "noise_weights": st.just(()) | st.tuples(_WEIGHTS, _WEIGHTS),
    "perceptor_weights": st.sampled_from([(), (1.0, 0.0), (0.3, 2.0)]),
    "replace": st.sampled_from(["", "", "a red car"]),
    "feather": st.none() | st.integers(0, 40),
}
"""Settings that must be cheap, or fit each other; the rest are drawn by their limits alone."""
_ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.binary(max_size=4)
    | st.lists(st.floats() | st.integers() | st.text(max_size=5), max_size=3).map(tuple)
)
_OTHER_ADVICE = re.compile(r"prompt|Phase \d|tokens|attracts|no bundle|picture|could not find")


def drawn(name: str) -> st.SearchStrategy[Any]:
    if name in CHEAP:
        return CHEAP[name]
    usual = st.just(defaults()[name]) if name in defaults() else st.nothing()
    return usual | within(settings()[name], NAMES)


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """A spec whose settings each are allowed, or one with up to three that may be anything at all."""
    values = {name: draw(drawn(name)) for name in settings()}
    wrong = draw(st.just([]) | st.lists(st.sampled_from(sorted(settings())), min_size=1, max_size=3))
    return Spec(**{**values, **{name: draw(_ANYTHING) for name in wrong}})


def picture() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((20, 24)).convert("RGB").save(out, "PNG")
    return out.getvalue()


def outcome(bundle: Bundle, spec: Spec) -> Event:
    """The loop's last word on ``spec``, painted for two iterations; an edit where the seed is odd, at times masked."""
    events: list[Event] = []
    loop = Loop({"starter": bundle}, events.append)
    image, seed = picture(), spec.seed if isinstance(spec.seed, int) else 0
    prompts = (image,) if isinstance(spec.image_weights, tuple) and len(spec.image_weights) == 1 else ()
    init, mask = (image if seed % 2 else None), (image if seed % 4 == 1 else None)
    loop.obey(StartRun(job_id=1, spec=spec, init_image=init, mask=mask, image_prompts=prompts))
    for _ in range(ITERATIONS):
        loop.step()
    loop.obey(StopRun(job_id=1))
    loop.step()
    assert not loop.active
    return events[-1]


def judge(bundle: Bundle, spec: Spec) -> None:
    final, wrong = outcome(bundle, spec), first_wrong(spec)
    if isinstance(final, RunFinished):
        assert wrong is None
        assert Image.open(io.BytesIO(final.image)).size == (spec.width, spec.height)
        assert final.iteration == 0 or math.isfinite(final.loss)
        return
    assert isinstance(final, RunFailed)
    if final.detail == DIVERGED:  # an honest end, if no setting forbids it
        assert wrong is None
        return
    assert final.reason is Failure.BAD_REQUEST, final.detail
    if wrong is not None and wrong != "bundle":
        allowed = f"{wrong} is {getattr(spec, wrong)!r}; it must be {settings()[wrong].allowed(NAMES)}."
        assert final.detail == allowed or "no bundle" in final.detail
        return
    named = any(re.search(rf"\b{name}\b", final.detail) for name in settings()) and "must be" in final.detail
    assert named or _OTHER_ADVICE.search(final.detail), final.detail


def first_wrong(spec: Spec) -> str | None:
    """The first setting that is not allowed."""
    for name, limit in settings().items():
        value = getattr(spec, name)
        if not (value is None and defaults().get(name, ...) is None) and not limit.holds(value, NAMES):
            return name
    return None


def check_random(bundle: Bundle, count: int) -> None:
    @hypothesis.seed(2022)
    @hypothesis.settings(
        max_examples=count, deadline=None, database=None, derandomize=False, suppress_health_check=list(HealthCheck)
    )
    @given(spec=specs())
    def each(spec: Spec) -> None:
        judge(bundle, spec)

    each()


def test_no_random_spec_crashes_the_engine_and_a_wrong_one_is_refused_by_name(bundle: Bundle) -> None:
    check_random(bundle, 12)


@pytest.mark.soak
def test_no_random_spec_of_a_thousand_crashes_the_engine(bundle: Bundle) -> None:
    check_random(bundle, 1000)
