"""Bundles: which weights to run together and with which defaults, from ``bundles.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import torch

from engine import clip, start, vqgan, weights
from engine.cutouts import CutoutSettings
from engine.latent import STARTS, codebook_scale
from engine.losses import SCHEDULES
from engine.messages import BundleInfo, Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Regulariser:
    """The L² term of 001 §2.4: its weight α and the name of its decay in :data:`engine.losses.SCHEDULES`."""

    weight: float = 0.0
    schedule: str = "none"

    def at(self, iteration: int, iterations: int) -> float:
        """α at the 1-based ``iteration``."""
        return SCHEDULES[self.schedule](self.weight, iteration, iterations)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleEntry:
    """One entry of the table.

    ``pull`` is the α of an edit's pull towards its input at strength ½. ``start`` names a start of
    :data:`engine.latent.STARTS`; ``start_network`` the weights that the start *learned* needs. ``start_noise`` is in
    codebook deviations. ``vocabulary`` is the file with the words that models of few words know.
    """

    title: str
    vqgan: Mapping[str, str]
    perceptors: tuple[str, ...]
    width: int
    height: int
    iterations: int
    iterations_edit: int
    iterations_upscale: int
    strength: float
    max_pixels: int
    max_iterations: int
    start: str = "random"
    start_network: str | None = None
    start_noise: float = 0.1
    learning_rate: float = 0.15
    learning_rate_unit: str = "absolute"
    betas: tuple[float, float] = (0.9, 0.999)
    regulariser: Regulariser = field(default_factory=Regulariser)
    pull: Regulariser = field(default_factory=lambda: Regulariser(weight=0.1, schedule="linear"))
    cutouts: CutoutSettings = field(default_factory=CutoutSettings)
    vocabulary: str | None = None
    examples: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, known in (
            (self.start, STARTS),
            (self.regulariser.schedule, SCHEDULES),
            (self.pull.schedule, SCHEDULES),
        ):
            if name not in known:
                raise ValueError(f"unknown name {name!r} in bundles.toml; choose one of {sorted(known)}")
        if (self.start == "learned") != (self.start_network is not None):
            raise ValueError('in bundles.toml, start = "learned" and start_network belong together')


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A loaded bundle: the models, frozen, in float32 on ``device``."""

    name: str
    entry: BundleEntry
    generator: vqgan.VQGAN
    perceptors: tuple[clip.CLIP, ...]
    start_network: start.StartNetwork | None
    vocabulary: Vocabulary | None
    weights_hash: str
    device: torch.device

    @property
    def learning_rate(self) -> float:
        """Adam's step size in units of z."""
        relative = self.entry.learning_rate_unit == "codebook"
        return self.entry.learning_rate * (codebook_scale(self.generator) if relative else 1.0)

    def info(self) -> BundleInfo:
        """What clients need to know."""
        entry = self.entry
        shared = {name: getattr(entry, name) for name in _SHARED}
        return BundleInfo(
            name=self.name,
            f=self.generator.f,
            max_tokens=min(perceptor.context for perceptor in self.perceptors) - 2,
            weights_hash=self.weights_hash,
            vocabulary=self.vocabulary,
            **shared,
        )


_SHARED = (
    "title",
    "width",
    "height",
    "iterations",
    "iterations_edit",
    "iterations_upscale",
    "strength",
    "max_pixels",
    "max_iterations",
    "examples",
)


@cache
def table() -> Mapping[str, BundleEntry]:
    """Every bundle by name."""
    raw = tomllib.loads(Path(__file__).with_name("bundles.toml").read_text(encoding="utf-8"))
    return {name: _entry(values) for name, values in raw.items()}


def _entry(values: dict[str, Any]) -> BundleEntry:
    cutouts: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in values.pop("cutouts", {}).items()
    }
    for name in ("regulariser", "pull"):
        if name in values:
            values[name] = Regulariser(**values[name])
    for name in ("perceptors", "examples", "betas"):
        if name in values:
            values[name] = tuple(values[name])
    return BundleEntry(cutouts=CutoutSettings(**cutouts), **values)


def load(name: str, weights_dir: Path, device: torch.device, entry: BundleEntry | None = None) -> Bundle:
    """Load the bundle ``name``, by its ``entry`` or else by the table's. Raises :class:`weights.WeightsError`."""
    entry = entry or table().get(name)
    if entry is None:
        raise weights.WeightsError(f"There is no bundle {name!r}. Choose one of: {', '.join(sorted(table()))}")
    paths = [weights_dir / entry.vqgan["weights"], *(weights_dir / path for path in entry.perceptors)]
    if entry.start_network is not None:
        paths.append(weights_dir / entry.start_network)
    states = [weights.load(path) for path in paths]
    config = weights.load_config(weights_dir / entry.vqgan["config"])
    try:
        generator = vqgan.build(config, states[0])
        perceptors = tuple(clip.build(state).to(device) for state in states[1 : 1 + len(entry.perceptors)])
        network = None if entry.start_network is None else start.build(states[-1]).to(device)
    except ValueError as error:
        raise weights.WeightsError(f"The bundle {name!r} cannot be loaded: {error}") from error
    return Bundle(
        name=name,
        entry=entry,
        generator=generator.to(device),
        perceptors=perceptors,
        start_network=network,
        vocabulary=None if entry.vocabulary is None else weights.load_vocabulary(weights_dir / entry.vocabulary),
        weights_hash=weights.fingerprint(paths),
        device=device,
    )
