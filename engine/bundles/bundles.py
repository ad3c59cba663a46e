"""Bundles: which weights to run together and with which defaults, from ``bundles.toml`` or a bundle's own folder."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import torch

from engine.bundles import describer, phrasebook, presets, safety
from engine.bundles.natural import Natural, load_natural
from engine.device import devices
from engine.layers import compiled
from engine.messages import BundleInfo, Precision, Vocabulary
from engine.messages.limits import TermText
from engine.method import losses
from engine.method.cutouts import AUGMENTATIONS, CutoutSettings
from engine.method.latent import LATENTS, STARTS, codebook_scale
from engine.method.optimisers import OPTIMISERS
from engine.method.regions import RegionSettings
from engine.method.schedules import COUNTS, DECAYS, RATES
from engine.models import bf16, clip, start, vqgan, weights

Models = tuple[vqgan.VQGAN, tuple[clip.CLIP, ...]]
"""A generator and its perceptors."""

CHOICES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("augmentations", tuple(AUGMENTATIONS)),
    ("counts", tuple(COUNTS)),
    ("decays", tuple(DECAYS)),
    ("latents", tuple(LATENTS)),
    ("losses", tuple(losses.TERMS)),
    ("optimisers", tuple(OPTIMISERS)),
    ("rates", tuple(RATES)),
    ("reductions", tuple(losses.REDUCTIONS)),
)
"""The names in the engine's tables, for :func:`engine.messages.check` and for clients to offer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regulariser:
    """The L² term of 001 §2.4: its weight α and the name of its decay in :data:`engine.method.schedules.DECAYS`."""

    weight: float = 0.0
    schedule: str = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleEntry:
    """One entry of the table.

    ``pull`` is the α of an edit's pull towards its input at strength ½. ``start`` names a start of
    :data:`engine.method.latent.STARTS`; ``start_network`` the weights that the start *learned* needs, and
    ``start_spread`` how far it spreads what the words leave open, in its deviations; ``start_keep`` is how much of that
    an edit keeps of its input, 1 all of it, which may hide the old weather too. ``start_noise`` is in codebook
    deviations. ``losses`` are further terms as :attr:`engine.messages.Spec.losses` writes them; ``optimiser`` is the
    latent's own when None. ``feather`` is the width in pixels of a mask's seam; ``structure`` the weight of the
    distance to the input's own embedding when something is replaced; ``presets`` stand in place of those of
    ``presets.toml``. ``vocabulary`` is the file with the words that models of few words know. ``check`` has the phrases
    by which unsafe pictures are told; without any they are not. ``phrases`` names the phrasebook that pictures are
    described with.
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
    start_spread: float = 0.7
    start_keep: float = 1.0
    learning_rate: float = 0.15
    learning_rate_unit: str = "absolute"
    betas: tuple[float, float] = (0.9, 0.999)
    regulariser: Regulariser = field(default_factory=Regulariser)
    pull: Regulariser = field(default_factory=lambda: Regulariser(weight=0.1, schedule="linear"))
    cutouts: CutoutSettings = field(default_factory=CutoutSettings)
    reduction: str = "sum"
    perceptor_weights: tuple[float, ...] = ()
    latent: str = "straight-through"
    losses: tuple[str, ...] = ()
    optimiser: str | None = None
    rate_schedule: str = "constant"
    cutout_schedule: str = "constant"
    candidates: int = 1
    coarse: float = 0.0
    ema: float = 0.0
    region: RegionSettings = field(default_factory=RegionSettings)
    feather: int = 16
    structure: float = 0.3
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    vocabulary: str | None = None
    phrases: str = phrasebook.GENERAL
    examples: tuple[str, ...] = ()
    check: safety.CheckSettings = field(default_factory=safety.CheckSettings)

    def __post_init__(self) -> None:
        for name, known in (
            (self.start, STARTS),
            (self.regulariser.schedule, DECAYS),
            (self.pull.schedule, DECAYS),
            (self.reduction, losses.REDUCTIONS),
            (self.latent, LATENTS),
            (self.optimiser or "adam", OPTIMISERS),
            (self.rate_schedule, RATES),
            (self.cutout_schedule, COUNTS),
        ):
            if name not in known:
                raise ValueError(f"unknown name {name!r} in bundles.toml; choose one of {sorted(known)}")
        for text in self.losses:
            if not TermText().holds(text, dict(CHOICES)):
                raise ValueError(f"in bundles.toml, {text!r} in losses must be {TermText().allowed(dict(CHOICES))}")
        if len(self.perceptor_weights) not in (0, len(self.perceptors)):
            raise ValueError("in bundles.toml, perceptor_weights must be one number for each of perceptors")
        if (self.start == "learned") != (self.start_network is not None):
            raise ValueError('in bundles.toml, start = "learned" and start_network belong together')
        presets.for_bundle(self.presets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A loaded bundle: the models, frozen, in float32 on ``device``; ``compiled`` by torch.compile or not."""

    name: str
    entry: BundleEntry
    generator: vqgan.VQGAN
    perceptors: tuple[clip.CLIP, ...]
    start_network: start.StartNetwork | None
    vocabulary: Vocabulary | None
    natural: Natural | None = None
    check: safety.Check | None
    describer: describer.Describer
    weights_hash: str
    device: torch.device
    compiled: bool = False
    _halved: list[Models] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def learning_rate(self) -> float:
        """Adam's step size in units of z."""
        relative = self.entry.learning_rate_unit == "codebook"
        return self.entry.learning_rate * (codebook_scale(self.generator) if relative else 1.0)

    def reads(self, text: str) -> bool:
        """Whether ``text`` is short enough for every perceptor."""
        try:
            return all(len(perceptor.tokenize([text])) for perceptor in self.perceptors)
        except clip.PromptTooLongError:
            return False

    def models(self, precision: Precision) -> Models:
        """What runs of ``precision`` step with; the copy in bfloat16 is made for the first that asks."""
        if precision == Precision.FP32:
            return self.generator, self.perceptors
        if not self._halved:
            perceptors = tuple(bf16.of_perceptor(perceptor) for perceptor in self.perceptors)
            self._halved.append((bf16.of_generator(self.generator), perceptors))
            if self.compiled:
                compiled.compile_models(*self._halved[0])
        return self._halved[0]

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
            choices=CHOICES,
            perceptors=len(self.perceptors),
            checks=self.check is not None,
            presets=presets.for_bundle(entry.presets),
            **shared,
        )


OWN_ENTRY = "bundle.toml"
"""The file with the entry of a bundle that is not in the table; its paths are relative to its own folder."""
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


def raw_table() -> dict[str, dict[str, Any]]:
    """``bundles.toml`` as it is written, each entry with the settings of the one that it is ``like``."""
    written = tomllib.loads(Path(__file__).with_name("bundles.toml").read_text(encoding="utf-8"))
    return {name: {**written.get(values.pop("like", ""), {}), **values} for name, values in written.items()}


@cache
def table() -> Mapping[str, BundleEntry]:
    """Every bundle of ``bundles.toml`` by name."""
    return {name: _entry(values) for name, values in raw_table().items()}


def names(weights_dir: Path) -> list[str]:
    """Return the names of the bundles in the table, and of those with a folder of their own."""
    return sorted({*table(), *(found.parent.name for found in weights_dir.glob(f"*/{OWN_ENTRY}"))})


def find(name: str, weights_dir: Path) -> tuple[BundleEntry, Path]:
    """The entry of the bundle ``name``, and the folder that its paths are relative to.

    The table comes first; else the folder ``name`` has an entry of its own, :data:`OWN_ENTRY`. Raises
    :class:`weights.WeightsError` when there is neither, or one that cannot be used.
    """
    if name in table():
        return table()[name], weights_dir
    path = weights_dir / name / OWN_ENTRY
    if not path.is_file():
        raise weights.WeightsError(f"There is no bundle {name!r}. Choose one of: {', '.join(names(weights_dir))}")
    try:
        return _entry(tomllib.loads(path.read_text(encoding="utf-8"))), path.parent
    except (OSError, ValueError, TypeError) as error:
        raise weights.WeightsError(f"{path} cannot be used: {error}") from None


def _entry(values: dict[str, Any]) -> BundleEntry:
    cutouts, region, check = (_tuples(values.pop(name, {})) for name in ("cutouts", "region", "check"))
    for name in ("regulariser", "pull"):
        if name in values:
            values[name] = Regulariser(**values[name])
    for name in ("perceptors", "examples", "betas", "losses", "perceptor_weights"):
        if name in values:
            values[name] = tuple(values[name])
    return BundleEntry(
        cutouts=CutoutSettings(**cutouts),
        region=RegionSettings(**region),
        check=safety.CheckSettings(**check),
        **values,
    )


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}


def load(
    name: str, weights_dir: Path, device: torch.device, entry: BundleEntry | None = None, *, compile: bool = False
) -> Bundle:
    """Load the bundle ``name``, by its ``entry`` if given, else as :func:`find` does.

    Raises :class:`weights.WeightsError`.
    """
    entry, folder = (entry, weights_dir) if entry else find(name, weights_dir)
    paths = [folder / entry.vqgan["weights"], *(folder / path for path in entry.perceptors)]
    if entry.start_network is not None:
        paths.append(folder / entry.start_network)
    states = [weights.load(path) for path in paths]
    config = weights.load_config(folder / entry.vqgan["config"])
    try:
        generator = vqgan.build(config, states[0])
        perceptors = tuple(devices.placed(clip.build(state), device) for state in states[1 : 1 + len(entry.perceptors)])
        network = None if entry.start_network is None else start.build(states[-1]).to(device)
        check = safety.Check(perceptors, entry.check) if entry.check.unsafe else None
        shares = losses.shares(entry.perceptor_weights, len(perceptors))
        said_by = describer.Describer(perceptors, shares, phrasebook.load(entry.phrases))
    except ValueError as error:
        raise weights.WeightsError(f"The bundle {name!r} cannot be loaded: {error}") from error
    if compile:
        generator = devices.placed(generator, device)
        compiled.compile_models(generator, perceptors)
    else:
        generator = vqgan.placed(generator, device)
    listed = folder / entry.vocabulary if entry.vocabulary else None
    vocabulary = weights.load_vocabulary(listed) if listed else None
    return Bundle(
        name=name,
        entry=entry,
        generator=generator,
        perceptors=perceptors,
        start_network=network,
        vocabulary=vocabulary,
        natural=load_natural(listed.parent, vocabulary) if listed and vocabulary else None,
        check=check,
        describer=said_by,
        weights_hash=weights.fingerprint(paths),
        device=device,
        compiled=compile,
    )
