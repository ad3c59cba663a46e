"""What a spec may hold, how it is stored, and what is said of one that cannot be painted."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest

from engine.bundles.bundles import Bundle
from engine.messages import Precision, Spec, SpecError, check, defaults, settings


def test_a_spec_survives_json_with_its_types(spec: Spec) -> None:
    changed = dataclasses.replace(spec, precision=Precision.BF16, strength=0.25, cutouts=3)
    read = Spec.from_json(json.loads(json.dumps(changed.to_json())))
    assert read == changed
    assert read.precision is Precision.BF16


def test_a_job_stored_before_a_setting_existed_has_its_default(spec: Spec) -> None:
    old = {name: value for name, value in spec.to_json().items() if name not in defaults()}
    assert Spec.from_json(old) == dataclasses.replace(spec, **defaults())  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"colour": 3}, {"precision": "fp8"}])
def test_what_was_never_a_spec_is_refused(spec: Spec, change: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=r"colour|fp8"):
        Spec.from_json({**spec.to_json(), **change})
    with pytest.raises(SpecError, match="prompt"):
        Spec.from_json({})


def test_every_setting_says_what_it_may_be_and_its_default_is_allowed(spec: Spec, bundle: Bundle) -> None:
    assert list(settings()) == [field.name for field in dataclasses.fields(Spec)]
    check(dataclasses.replace(spec, **defaults()), bundle.info())  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, -1, 10**12, "x", None, (), True, b"x", 1j])
@pytest.mark.parametrize("name", sorted(settings()))
def test_a_wrong_value_is_refused_with_the_settings_name_and_range(
    spec: Spec, bundle: Bundle, name: str, wrong: Any
) -> None:
    if (wrong == "x" and name == "prompt") or (wrong is None and defaults().get(name, ...) is None):
        return
    if settings()[name].holds(wrong, dict(bundle.info().choices)):
        return
    with pytest.raises(SpecError, match=rf"\b{name}\b.* must be "):
        check(dataclasses.replace(spec, **{name: wrong}), bundle.info())


def test_each_limit_reads_what_it_shows(spec: Spec) -> None:
    full = dataclasses.replace(
        spec,
        learning_rate=0.1 + 0.2,
        cutouts=5,
        reduction="mean",
        noise_seeds=(1, 2),
        noise_weights=(0.1, -3.0),
        augmentations=("flip", "noise"),
        latent="codebook",
        losses=("l2:1.5:paper", "tv-z:0.1"),
        optimiser="nadam",
        rate_schedule="step",
        ema=0.99,
        replace="a red car",
        region_threshold=-0.5,
        feather=0,
        structure=0.25,
        cutout_schedule="rising",
        candidates=8,
        coarse=0.5,
    )
    for name, limit in settings().items():
        value = getattr(full, name)
        assert value is None or limit.read(limit.show(value)) == value  # None is left out of a recipe
