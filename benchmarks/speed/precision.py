"""`python -m benchmarks.speed.precision ASKED`: the precision that an engine would choose at its first start here."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.speed import models
from engine.device import devices
from engine.serve import tuning


def main(argv: list[str]) -> None:
    """Of the ``models`` that the one argument names, in JSON, by its ``threads``; measured anew each time."""
    asked = json.loads(argv[0])
    bundle = models.for_engine(asked["models"], Path(asked["weights_dir"]), devices.choose("auto"))
    devices.prepare_memory(bundle.device)
    with tempfile.TemporaryDirectory() as nothing_known:
        sys.stdout.write(tuning.precision(bundle, asked["threads"], Path(nothing_known)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
