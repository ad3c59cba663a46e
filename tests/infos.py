"""What a small bundle tells its clients, for tests that load none."""

from dataclasses import replace
from typing import Any

from engine.messages import BundleInfo

SMALL = BundleInfo(
    name="starter",
    title="Picture book",
    f=8,
    width=128,
    height=128,
    iterations=150,
    iterations_edit=100,
    iterations_upscale=60,
    strength=0.6,
    max_pixels=256 * 256,
    max_iterations=2000,
    max_tokens=75,
    weights_hash="1a2b3c4d5e6f",
)


def small(**changes: Any) -> BundleInfo:
    """Return :data:`SMALL` with ``changes``."""
    return replace(SMALL, **changes)
