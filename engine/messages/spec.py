"""A spec, which holds the immutable parameters of a job, and what a bundle allows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, get_type_hints

from engine.messages.limits import Choices, EnumMember, Limit, Many, Name, Real, TermText, Text, Whole

SEEDS = 2**32  # from which seeds are drawn
MOST_SEED = 2**64 - 1  # the largest that PyTorch takes
_QUOTED = 200  # characters of a wrong value in a refusal


class Precision(StrEnum):
    """Arithmetic of the frozen models. Losses and z are always float32."""

    FP32 = "fp32"
    BF16 = "bf16"


class SpecError(ValueError):
    """A bundle cannot paint this. The message says what cannot be painted, and what can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """The immutable parameters of a job. With the pictures of :class:`StartRun` they determine the picture.

    Each field is annotated with what it allows. A field after ``seed`` has a default that changes nothing, so older
    jobs, recipes and checkpoints keep their meaning. None leaves a choice to the bundle.
    """

    prompt: Annotated[str, Text()]
    bundle: Annotated[str, Text()]
    width: Annotated[int, Whole(1, 2**16)]  # pixels, a multiple of the bundle's f, like the height
    height: Annotated[int, Whole(1, 2**16)]
    iterations: Annotated[int, Whole(1, 10**6)]
    seed: Annotated[int, Whole(0, MOST_SEED)]
    strength: Annotated[float, Real(0, 1, " (keep the picture)", " (free of it)")] = 0.6  # of an edit
    learning_rate: Annotated[float | None, Real(1e-6, 1000)] = None  # in the bundle's unit
    cutouts: Annotated[int | None, Whole(1, 1024)] = None
    precision: Annotated[Precision, EnumMember(Precision)] = Precision.FP32
    threads: Annotated[int, Whole(1, 1024)] = 1  # of the CPU: a seed repeats exactly only with the same number
    schedule_iterations: Annotated[int | None, Whole(1, 10**6)] = None  # length of the schedules, if not the run's
    upscale: Annotated[int, Whole(1, 4)] = 1  # times larger than the init image, refined in tiles
    reduction: Annotated[str | None, Name("reductions")] = None  # one loss of many prompts (paper §2.5)
    image_weights: Annotated[tuple[float, ...], Many(Real(-1000, 1000), 16)] = ()  # () is 1 for each
    noise_seeds: Annotated[tuple[int, ...], Many(Whole(0, SEEDS - 1), 16)] = ()  # each makes a noise prompt
    noise_weights: Annotated[tuple[float, ...], Many(Real(-1000, 1000), 16)] = ()  # () is 1 for each
    perceptor_weights: Annotated[tuple[float, ...], Many(Real(0, 1000), 16)] = ()  # () is the bundle's
    augmentations: Annotated[tuple[str, ...] | None, Many(Name("augmentations"), 16)] = None  # paper §2.3, §5.2
    latent: Annotated[str | None, Name("latents")] = None  # how z is optimised (paper §2.1, §5.1)
    losses: Annotated[tuple[str, ...], Many(TermText(), 16)] = ()  # as "l2:1.5:paper" (paper §2.4)
    optimiser: Annotated[str | None, Name("optimisers")] = None
    rate_schedule: Annotated[str | None, Name("rates")] = None  # of the learning rate
    ema: Annotated[float | None, Real(0, 0.9999)] = None  # decay of the average of z that is shown
    plateau: Annotated[int, Whole(0, 10**6)] = 0  # iterations without progress that end a run; 0: none
    replace: Annotated[str, Text()] = ""  # what to find and paint anew (paper appendix G.2)
    region_threshold: Annotated[float | None, Real(-3, 5)] = None  # deviations below the mean distance
    feather: Annotated[int | None, Whole(0, 256)] = None  # pixels of the seam around a mask
    structure: Annotated[float | None, Real(0, 10)] = None  # keeps to the input's embedding
    cutout_schedule: Annotated[str | None, Name("counts")] = None  # of the number of cutouts
    candidates: Annotated[int | None, Whole(1, 16)] = None  # starts, of which the best is painted
    coarse: Annotated[float | None, Real(0, 0.9)] = None  # share of the run at half the size

    @property
    def horizon(self) -> int:
        """Return the length of the schedules. A run that goes on beyond it keeps each schedule's last value."""
        return self.schedule_iterations or self.iterations

    def continued(self, iterations: int) -> Spec:
        """Return the spec with ``iterations`` in all: its run goes on where this one's ended, bit for bit."""
        return dataclasses.replace(self, iterations=iterations, schedule_iterations=self.horizon)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Spec:
        """Return the spec that :meth:`to_json` wrote, now or in an earlier version. Raises :class:`SpecError`."""
        if unknown := sorted(values.keys() - settings().keys()):
            raise SpecError(f"unknown settings {', '.join(unknown)}: a newer version wrote them.")
        try:
            return cls(**{name: _from_json(name, value) for name, value in values.items()})
        except (TypeError, ValueError) as error:
            raise SpecError(f"these are not the settings of a picture: {error}") from None

    def to_json(self) -> dict[str, Any]:
        """Return every field, as JSON writes it."""
        return dataclasses.asdict(self)


def _from_json(name: str, value: Any) -> Any:
    limit = settings()[name]
    if isinstance(limit, EnumMember):
        return limit.enum(value)
    if isinstance(value, list):
        return tuple(_number(limit.each, one) for one in value) if isinstance(limit, Many) else tuple(value)
    return _number(limit, value)


def _number(limit: Limit, value: Any) -> Any:
    """Return a number: JSON may write 1.0 as 1."""
    return float(value) if isinstance(limit, Real) and type(value) is int else value


@cache
def settings() -> Mapping[str, Limit]:
    """Return what each field of :class:`Spec` allows, in the order of the fields."""
    hints = get_type_hints(Spec, include_extras=True)
    return {field.name: hints[field.name].__metadata__[0] for field in dataclasses.fields(Spec)}


@cache
def defaults() -> Mapping[str, object]:
    """Return the value of each field of :class:`Spec` that has a default."""
    fields = dataclasses.fields(Spec)
    return {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Hold what a bundle of few words knows."""

    words: tuple[str, ...]  # as split_words gives them, the most usual first
    kinds: tuple[tuple[str, str], ...] = ()  # pairs for people to read: ("colours", "red, green, blue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Settings under a name, for a kind of edit (paper §4)."""

    name: str
    title: str
    values: tuple[tuple[str, Any], ...]  # fields of a spec, and what they hold


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleInfo:
    """Hold what a client needs to know of a bundle to make a good :class:`Spec`."""

    name: str
    title: str
    f: int  # the downsampling factor
    width: int  # pixels, by default
    height: int
    iterations: int
    iterations_edit: int
    iterations_upscale: int
    strength: float
    max_pixels: int
    max_iterations: int
    max_tokens: int  # that the perceptors read of one part of a prompt
    weights_hash: str  # the first 12 hex digits of the SHA-256 over the weights
    vocabulary: Vocabulary | None = None  # None for a bundle that knows too much to list
    examples: tuple[str, ...] = ()  # prompts that it paints well
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()  # the engine's tables: ("optimisers", ("adam", …))
    perceptors: int = 0  # how many; 0 if that is not known
    presets: tuple[Preset, ...] = ()
    checks: bool = False  # its pictures come with an ``unsafe`` score
    precision: Precision = Precision.FP32  # of new jobs on the engine's device

    def preset(self, name: str) -> Mapping[str, Any]:
        """Return the settings of a preset. Raises :class:`SpecError` if there is none of that name."""
        for preset in self.presets:
            if preset.name == name:
                return dict(preset.values)
        known = ", ".join(preset.name for preset in self.presets)
        raise SpecError(f"preset is {name!r}; it must be one of: {known}.")

    def snap(self, width: int, height: int) -> tuple[int, int]:
        """Return the nearest size that the generator can make: both sides multiples of f, at least 2 f."""
        return self._snap_side(width), self._snap_side(height)

    def _snap_side(self, side: int) -> int:
        return max(2 * self.f, (side + self.f // 2) // self.f * self.f)


def check(spec: Spec, info: BundleInfo) -> None:
    """Raise :class:`SpecError`, which names the field and what it may be, unless the bundle can paint ``spec``.

    :func:`engine.messages.parse_prompts` checks the prompt.
    """
    for name in settings():
        check_value(name, getattr(spec, name), dict(info.choices))
    _check_size(spec, info)
    _check_weights(spec, info)
    if spec.iterations > info.max_iterations:
        raise SpecError(f"iterations is {spec.iterations}; it must be a whole number from 1 to {info.max_iterations}.")


def check_value(name: str, value: object, choices: Choices) -> None:
    """Raise :class:`SpecError`, which says what the setting ``name`` may be, unless it may be ``value``."""
    limit = settings()[name]
    left_open = value is None and defaults().get(name, ...) is None
    if not left_open and not limit.holds(value, choices):
        raise SpecError(f"{name} is {repr(value)[:_QUOTED]}; it must be {limit.allowed(choices)}.")


def _check_weights(spec: Spec, info: BundleInfo) -> None:
    if len(spec.noise_weights) not in (0, len(spec.noise_seeds)):
        raise SpecError(
            f"noise_weights has {len(spec.noise_weights)} weights for {len(spec.noise_seeds)} noise_seeds; "
            "it must be empty, or one number for each."
        )
    weights = spec.perceptor_weights
    if weights and (not any(weights) or info.perceptors not in (0, len(weights))):
        raise SpecError(
            f"perceptor_weights is {weights}; it must be empty, or {info.perceptors} numbers, one for each perceptor "
            "of the bundle, not all of them 0."
        )


def _check_size(spec: Spec, info: BundleInfo) -> None:
    width, height = info.snap(spec.width, spec.height)
    if (spec.width, spec.height) != (width, height):
        raise SpecError(
            f"{spec.width}×{spec.height} is no size this bundle can paint: width and height must be multiples of "
            f"{info.f}, at least {2 * info.f}; the nearest is {width}×{height}."
        )
    most = info.max_pixels * spec.upscale**2  # refined in tiles: an upscale needs no more memory than its input
    if spec.width * spec.height > most:
        raise SpecError(f"{spec.width}×{spec.height} is too large: width times height must be at most {most:,} pixels.")
