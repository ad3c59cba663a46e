"""Bundles: weights that run together, with their defaults, from ``bundles.toml`` or a bundle's own folder."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.bundles import describer, memory, phrasebook, presets, safety, typed
from engine.bundles.memory import Memory
from engine.bundles.natural import Natural, load_natural
from engine.messages import BundleInfo, Precision, Vocabulary
from engine.messages.limits import TermText
from engine.method import losses
from engine.method.cutouts import AUGMENTATIONS, CutoutSettings
from engine.method.latent import LATENTS, STARTS
from engine.method.optimisers import OPTIMISERS
from engine.method.regions import RegionSettings
from engine.method.schedules import COUNTS, DECAYS, RATES
from engine.models import start, weights
from engine.models.generator import Generator, LearnedStart
from engine.models.kinds import GENERATORS, PERCEPTORS
from engine.models.perceptor import Perceptor

Models = tuple[Generator, tuple[Perceptor, ...]]

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
class ModelFiles:
    """The files of one model, relative to the weights' folder or to that of the bundle's own entry."""

    kind: str  # a name in engine.models.kinds
    weights: str
    config: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Regulariser:
    """The L² term of paper §2.4."""

    weight: float = 0.0  # α
    schedule: str = "none"  # its decay, a name in engine.method.schedules.DECAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleEntry:
    """One entry of the table."""

    title: str
    generator: ModelFiles
    perceptors: tuple[ModelFiles, ...]
    width: int
    height: int
    iterations: int
    iterations_edit: int
    iterations_upscale: int
    strength: float
    max_pixels: int
    max_iterations: int
    start: str = "random"  # a name in engine.method.latent.STARTS
    start_network: str | None = None  # the weights of the start "learned"
    start_noise: float = 0.1  # in deviations of z
    start_spread: float = 0.7  # how far a learned start spreads what the words leave open, in its deviations
    start_keep: float = 1.0  # how much of that an edit keeps of its input; all of it may hide the old weather too
    learning_rate: float = 0.15
    learning_rate_unit: str = "absolute"  # or "codebook": in deviations of z
    betas: tuple[float, float] = (0.9, 0.999)
    regulariser: Regulariser = field(default_factory=Regulariser)
    pull: Regulariser = field(default_factory=lambda: Regulariser(weight=0.1, schedule="linear"))  # an edit's, at ½
    cutouts: CutoutSettings = field(default_factory=CutoutSettings)
    reduction: str = "sum"
    perceptor_weights: tuple[float, ...] = ()
    latent: str = "straight-through"
    losses: tuple[str, ...] = ()  # further terms, as engine.messages.Spec.losses has them
    optimiser: str | None = None  # None takes the latent's own
    rate_schedule: str = "constant"
    cutout_schedule: str = "constant"
    candidates: int = 1
    coarse: float = 0.0
    ema: float = 0.0
    region: RegionSettings = field(default_factory=RegionSettings)
    feather: int = 16  # width of a mask's seam in pixels
    structure: float = 0.3  # weighs the distance to the input's own embedding if something is replaced
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # they replace those of presets.toml
    vocabulary: str | None = None  # the file of words that models of few words know
    phrases: str = phrasebook.GENERAL  # the phrasebook for descriptions
    examples: tuple[str, ...] = ()
    check: safety.CheckSettings = field(default_factory=safety.CheckSettings)  # without phrases nothing is checked

    def __post_init__(self) -> None:
        for record in (self, self.cutouts, self.region, self.check, self.regulariser, self.pull):
            typed.check(record)
        for name, known in (
            (self.generator.kind, GENERATORS),
            *((files.kind, PERCEPTORS) for files in self.perceptors),
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
    """A loaded bundle: its models on ``device``, frozen and in float32."""

    name: str
    entry: BundleEntry
    generator: Generator
    perceptors: tuple[Perceptor, ...]
    start_network: LearnedStart | None
    vocabulary: Vocabulary | None  # the words that the models learned
    natural: Natural | None = None
    memory: Memory | None = None  # of things that the models did not learn
    check: safety.Check | None
    describer: describer.Describer
    weights_hash: str
    device: torch.device
    _halved: list[Models] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def learning_rate(self) -> float:
        """Return Adam's step size in units of z."""
        relative = self.entry.learning_rate_unit == "codebook"
        return self.entry.learning_rate * (self.generator.scale if relative else 1.0)

    def reads(self, text: str) -> bool:
        """Return whether ``text`` is short enough for every perceptor."""
        return all(perceptor.fits(text) for perceptor in self.perceptors)

    def models(self, precision: Precision) -> Models:
        """Return the models that runs of ``precision`` step with. The first bfloat16 run makes a copy for all."""
        if precision == Precision.FP32:
            return self.generator, self.perceptors
        if not self._halved:
            perceptors = tuple(perceptor.halved() for perceptor in self.perceptors)
            self._halved.append((self.generator.halved(), perceptors))
        return self._halved[0]

    def info(self) -> BundleInfo:
        """Return what clients need to know."""
        entry = self.entry
        known = self.memory.added_to(self.vocabulary) if self.memory and self.vocabulary else self.vocabulary
        own: dict[str, Any] = {
            "name": self.name,
            "f": self.generator.f,
            "max_tokens": min(perceptor.context for perceptor in self.perceptors) - 2,
            "weights_hash": self.weights_hash,
            "vocabulary": known,
            "choices": CHOICES,
            "perceptors": len(self.perceptors),
            "checks": self.check is not None,
            "presets": presets.for_bundle(entry.presets),
        }
        names = {shared.name for shared in fields(BundleInfo)} & {shared.name for shared in fields(entry)}
        return BundleInfo(**{name: getattr(entry, name) for name in names} | own)


OWN_ENTRY = "bundle.toml"  # the entry of a bundle that is not in the table, in the bundle's own folder


def raw_table() -> dict[str, dict[str, Any]]:
    """Return the entries of ``bundles.toml``, each with the settings of the entry that it is ``like``."""
    written = tomllib.loads(Path(__file__).with_name("bundles.toml").read_text(encoding="utf-8"))
    return {name: {**written.get(values.pop("like", ""), {}), **values} for name, values in written.items()}


@cache
def table() -> Mapping[str, BundleEntry]:
    """Return every bundle of ``bundles.toml`` by name."""
    return {name: _entry(values) for name, values in raw_table().items()}


def names(weights_dir: Path) -> list[str]:
    """Return the names of the bundles in the table, and of those with a folder of their own."""
    return sorted({*table(), *(found.parent.name for found in weights_dir.glob(f"*/{OWN_ENTRY}"))})


def find(name: str, weights_dir: Path) -> tuple[BundleEntry, Path]:
    """Return the entry of the bundle ``name``, and the folder that its paths are relative to.

    The table goes before a file :data:`OWN_ENTRY` in the folder ``name``. Raises :class:`weights.WeightsError` if
    there is neither, or if the file cannot be used.
    """
    if name in table():
        return table()[name], weights_dir
    path = weights_dir / name / OWN_ENTRY
    if not path.is_file():
        raise weights.WeightsError(f"There is no bundle {name!r}. Choose one of: {', '.join(names(weights_dir))}")
    try:
        return _entry(tomllib.loads(path.read_text(encoding="utf-8"))), path.parent
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise weights.WeightsError(f"{path} cannot be used: {error}. Correct it, or add the bundle again.") from None


def _entry(values: dict[str, Any]) -> BundleEntry:
    cutouts, region, check = (_tuples(values.pop(name, {})) for name in ("cutouts", "region", "check"))
    for name in ("regulariser", "pull"):
        if name in values:
            values[name] = Regulariser(**values[name])
    usual = values.pop("vqgan", None)  # the usual kind may be the key
    files = values.pop("generator", usual)
    if not files or not values.get("perceptors") or not isinstance(values["perceptors"], list | tuple):
        raise ValueError("it needs a generator and a list of perceptors")
    values["generator"] = ModelFiles(**{"kind": "vqgan", **files})
    named = [{"weights": one} if isinstance(one, str) else one for one in values["perceptors"]]
    values["perceptors"] = tuple(ModelFiles(**{"kind": "clip", **one}) for one in named)
    return BundleEntry(
        cutouts=CutoutSettings(**cutouts),
        region=RegionSettings(**region),
        check=safety.CheckSettings(**check),
        **_tuples(values),
    )


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}


def load(name: str, weights_dir: Path, device: torch.device, entry: BundleEntry | None = None) -> Bundle:
    """Load the bundle ``name`` by its ``entry``, or by the one that :func:`find` finds. Raises WeightsError."""
    entry, folder = (entry, weights_dir) if entry else find(name, weights_dir)
    paths = [folder / files.weights for files in (entry.generator, *entry.perceptors)]
    if missing := [path for path in paths if not path.is_file()]:
        raise weights.WeightsError(f"{missing[0]} is missing. `python -m bot weights fetch {name}` fetches it.")
    if entry.start_network is not None:
        paths.append(folder / entry.start_network)
    states = [weights.load(path) for path in paths]
    try:
        generator = GENERATORS[entry.generator.kind](states[0], _config(folder, entry.generator)).placed(device)
        pairs = zip(entry.perceptors, states[1:], strict=False)  # behind them may come the start's
        perceptors = tuple(_perceptor(folder, files, state).placed(device) for files, state in pairs)
        network = None if entry.start_network is None else start.build(states[-1]).to(device)
        check = safety.Check(perceptors, entry.check) if entry.check.unsafe else None
        shares = losses.shares(entry.perceptor_weights, len(perceptors))
        said_by = describer.Describer(perceptors, shares, phrasebook.load(entry.phrases))
    except ValueError as error:
        raise weights.WeightsError(f"The bundle {name!r} cannot be loaded: {error}") from error
    listed = folder / entry.vocabulary if entry.vocabulary else None
    vocabulary = weights.load_vocabulary(listed) if listed else None
    natural = load_natural(listed.parent, vocabulary) if listed and vocabulary else None
    remembered = memory.beside(listed) if listed else None
    return Bundle(
        name=name,
        entry=entry,
        generator=generator,
        perceptors=perceptors,
        start_network=network,
        vocabulary=vocabulary,
        natural=natural,
        memory=remembered,
        check=check,
        describer=said_by,
        weights_hash=weights.fingerprint(paths),
        device=device,
    )


def _perceptor(folder: Path, files: ModelFiles, state: Mapping[str, Tensor]) -> Perceptor:
    try:
        return PERCEPTORS[files.kind](state, _config(folder, files), weights.metadata(folder / files.weights))
    except (ValueError, OSError) as error:
        raise ValueError(f"{files.weights}: {error}") from None


def _config(folder: Path, files: ModelFiles) -> Path | None:
    return None if files.config is None else folder / files.config
