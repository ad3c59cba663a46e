"""Requests that schemathesis draws from Discord's OpenAPI description, valid and invalid ones."""

from __future__ import annotations

import contextlib
import json
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET

from sandbox.rest import ROUTES
from tests.sandbox.fuzzing import Sent

PER_DRAW = 50  # cases of one operation at a time: to build its strategy costs as much as to draw some twenty
METHODS = ("get", "post", "put", "patch", "delete")


def drawn(folder: Path, seed: int, count: int) -> Iterator[tuple[Sent, Mapping[str, Any]]]:
    """Requests and the path parameters drawn for them; four of five are to operations that the sandbox knows."""
    document = json.loads((folder / "openapi.json").read_text(encoding="utf-8"))
    schema = schemathesis.openapi.from_dict(document)
    ours = {(route.method.lower(), route.path) for route in ROUTES}
    every = [(method, path) for path, item in document["paths"].items() for method in METHODS if method in item]
    known = [one for one in every if one in ours]
    unknown = [one for one in every if one not in ours]
    rng = random.Random(seed)
    left = count
    while left > 0:
        method, path = rng.choice(known if rng.random() < 0.8 else unknown)
        mode = rng.choice(list(GenerationMode))
        size = min(PER_DRAW, max(3, count // 10), left)
        cases = _cases(schema[path][method.upper()], mode, rng.getrandbits(32), size)
        left -= len(cases)
        yield from ((_sent(method, path, case), case.path_parameters or {}) for case in cases)


def _cases(operation: Any, mode: GenerationMode, seed: int, count: int) -> list[Any]:
    found: list[Any] = []

    def collect(case: Any) -> None:
        found.append(case)

    how = settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    with contextlib.suppress(Unsatisfiable):  # what takes anything cannot be asked wrongly
        each: Any = given(operation.as_strategy(generation_mode=mode))
        draw: Any = seeded(seed)(how(each(collect)))
        draw()
    return found[:count]


def _sent(method: str, path: str, case: Any) -> Sent:
    body, media_type = case.body, case.media_type or "application/json"
    files = 0
    if isinstance(body, dict) and media_type == "multipart/form-data":
        files = sum(bool(re.match(r"files?\[", str(key))) for key in body) or 1
        body = {key: value for key, value in body.items() if not isinstance(value, bytes)}
    return Sent(
        method=method.upper(),
        path=path,
        query={str(key): str(value)[:2000] for key, value in (case.query or {}).items()},
        body=None if body is NOT_SET else body,
        files=files,
        content_type=media_type,
    )
