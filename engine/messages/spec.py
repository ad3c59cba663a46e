"""The immutable parameters of a job, and what a bundle allows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, get_type_hints

from engine.messages.limits import Choices, EnumMember, Limit, Many, Name, Real, TermText, Text, Whole

SEEDS = 2**32
_QUOTED = 200  # characters of a wrong value in a refusal


class Precision(StrEnum):
    """Arithmetic of the frozen models. Losses and z are always float32."""

    FP32 = "fp32"
    BF16 = "bf16"


class SpecError(ValueError):
    """A spec that this bundle cannot paint; the message names the field and what it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """The immutable parameters of a job: with the pictures of :class:`StartRun` they determine the picture.

    Each field is annotated with what it allows. Every field after ``seed`` has a default that changes nothing: jobs,
    recipes and checkpoints from before it was added mean what they meant. None leaves a choice to the bundle.

    ``width`` and ``height`` are pixels, multiples of the bundle's f. ``strength`` matters only with an init image: 0
    keeps it, 1 is free of it. ``learning_rate`` is relative to the codebook's standard deviation where the bundle's
    is. ``threads`` is the number of CPU threads, which a repeated seed needs to be the same.

    ``schedule_iterations`` is the length of the schedules when it is not that of the run: one that is continued
    beyond it keeps each schedule's last value. ``upscale`` is how many times larger than the init image the picture
    is: then the init image is refined, in tiles of the bundle's own size, and held to itself where it is looked at
    in its own size.

    ``reduction`` makes one loss of the prompts' (001 §2.5, G.1). ``image_weights`` are those of the image prompts and
    ``noise_weights`` those of the noise prompts, which ``noise_seeds`` make; an empty tuple is 1 for each.
    ``perceptor_weights`` are in the bundle's order of perceptors; an empty tuple is the bundle's. ``augmentations``
    names the only ones used (§2.3, §5.2). ``latent`` is the way to optimise (§2.1, §5.1). ``losses`` are terms beside
    the prompts', as "l2:1.5:paper"; each takes the place of the bundle's term of that name (§2.4). ``rate_schedule``
    changes the learning rate over the run, ``cutout_schedule`` the number of cutouts. ``ema`` in [0, 1) shows the
    average of z with that decay. A run ends early when its loss has not fallen for ``plateau`` iterations (0: never).

    A picture from nothing starts from the best of so many ``candidates``. ``coarse`` is the share of the schedules'
    iterations that are painted at half the size; an upscale has none.

    ``replace`` names what is to be found in the init image and painted anew ("": nothing); ``region_threshold`` is how
    many standard deviations below the mean its distance must be, ``structure`` the weight of the distance to the
    input's own embedding (001 G.2). ``feather`` is the width in pixels of the seam around a mask or a found region.
    """

    prompt: Annotated[str, Text()]
    bundle: Annotated[str, Text()]
    width: Annotated[int, Whole(1, 2**16)]
    height: Annotated[int, Whole(1, 2**16)]
    iterations: Annotated[int, Whole(1, 10**6)]
    seed: Annotated[int, Whole(0, SEEDS - 1)]
    strength: Annotated[float, Real(0, 1, " (keep the picture)", " (free of it)")] = 0.6
    learning_rate: Annotated[float | None, Real(1e-6, 1000)] = None
    cutouts: Annotated[int | None, Whole(1, 1024)] = None
    precision: Annotated[Precision, EnumMember(Precision)] = Precision.FP32
    threads: Annotated[int, Whole(1, 1024)] = 1
    schedule_iterations: Annotated[int | None, Whole(1, 10**6)] = None
    upscale: Annotated[int, Whole(1, 4)] = 1
    reduction: Annotated[str | None, Name("reductions")] = None
    image_weights: Annotated[tuple[float, ...], Many(Real(-1000, 1000), 16)] = ()
    noise_seeds: Annotated[tuple[int, ...], Many(Whole(0, SEEDS - 1), 16)] = ()
    noise_weights: Annotated[tuple[float, ...], Many(Real(-1000, 1000), 16)] = ()
    perceptor_weights: Annotated[tuple[float, ...], Many(Real(0, 1000), 16)] = ()
    augmentations: Annotated[tuple[str, ...] | None, Many(Name("augmentations"), 16)] = None
    latent: Annotated[str | None, Name("latents")] = None
    losses: Annotated[tuple[str, ...], Many(TermText(), 16)] = ()
    optimiser: Annotated[str | None, Name("optimisers")] = None
    rate_schedule: Annotated[str | None, Name("rates")] = None
    ema: Annotated[float | None, Real(0, 0.9999)] = None
    plateau: Annotated[int, Whole(0, 10**6)] = 0
    replace: Annotated[str, Text()] = ""
    region_threshold: Annotated[float | None, Real(-3, 5)] = None
    feather: Annotated[int | None, Whole(0, 256)] = None
    structure: Annotated[float | None, Real(0, 10)] = None
    cutout_schedule: Annotated[str | None, Name("counts")] = None
    candidates: Annotated[int | None, Whole(1, 16)] = None
    coarse: Annotated[float | None, Real(0, 0.9)] = None

    @property
    def horizon(self) -> int:
        """The iterations that the schedules take."""
        return self.schedule_iterations or self.iterations

    def continued(self, iterations: int) -> Spec:
        """The same with ``iterations`` in all: its run paints on where this one's ended, bit for bit."""
        return dataclasses.replace(self, iterations=iterations, schedule_iterations=self.horizon)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Spec:
        """The spec that :meth:`to_json` wrote, also by an earlier version. Raises :class:`SpecError`."""
        if unknown := sorted(values.keys() - settings().keys()):
            raise SpecError(f"unknown settings {', '.join(unknown)}: a newer version wrote them.")
        try:
            return cls(**{name: _from_json(name, value) for name, value in values.items()})
        except (TypeError, ValueError) as error:
            raise SpecError(f"these are not the settings of a picture: {error}") from None

    def to_json(self) -> dict[str, Any]:
        """Every field, as JSON writes it."""
        return dataclasses.asdict(self)


def _from_json(name: str, value: Any) -> Any:
    limit = settings()[name]
    if isinstance(limit, EnumMember):
        return limit.enum(value)
    if isinstance(value, list):
        return tuple(_number(limit.each, one) for one in value) if isinstance(limit, Many) else tuple(value)
    return _number(limit, value)


def _number(limit: Limit, value: Any) -> Any:
    """JSON may write a whole number where a number is meant."""
    return float(value) if isinstance(limit, Real) and type(value) is int else value


@cache
def settings() -> Mapping[str, Limit]:
    """What each field of :class:`Spec` allows, in the order of the fields."""
    hints = get_type_hints(Spec, include_extras=True)
    return {field.name: hints[field.name].__metadata__[0] for field in dataclasses.fields(Spec)}


@cache
def defaults() -> Mapping[str, object]:
    """The value of each field of :class:`Spec` that need not be given."""
    fields = dataclasses.fields(Spec)
    return {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """All ``words`` that a bundle knows, as :func:`split_words` gives them, the most usual first; some of them by kind.

    ``kinds`` are pairs, as ("colours", "red, green, blue"), ready to be read by people; there may be none.
    """

    words: tuple[str, ...]
    kinds: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Settings under a name, for a kind of edit (001 §4); ``values`` are fields of :class:`Spec` and what they hold."""

    name: str
    title: str
    values: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleInfo:
    """What a client needs to know of a bundle to make a good :class:`Spec`.

    ``f`` is the downsampling factor; ``max_tokens`` the perceptors' context less start and end; ``weights_hash``
    the first 12 hex digits of the SHA-256 over the weights; ``vocabulary`` what it knows, None for a bundle that has
    read so much that no list would help; ``examples`` prompts that it paints well. ``iterations_edit`` and
    ``strength`` are its defaults for editing, ``iterations_upscale`` for ⬆️. ``choices`` are the names in each of the
    engine's tables, as ("optimisers", ("adam", …)), and ``perceptors`` how many there are (0: not known). ``presets``
    are the kinds of edits that it has settings for. ``checks`` says that its frames and pictures come with an
    ``unsafe`` score; perceptors of few words cannot give one. ``precision`` is that of new jobs on the engine's device.
    """

    name: str
    title: str
    f: int
    width: int
    height: int
    iterations: int
    iterations_edit: int
    iterations_upscale: int
    strength: float
    max_pixels: int
    max_iterations: int
    max_tokens: int
    weights_hash: str
    vocabulary: Vocabulary | None = None
    examples: tuple[str, ...] = ()
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    perceptors: int = 0
    presets: tuple[Preset, ...] = ()
    checks: bool = False
    precision: Precision = Precision.FP32

    def preset(self, name: str) -> Mapping[str, Any]:
        """The settings of a preset. Raises :class:`SpecError` when there is none of that name."""
        for preset in self.presets:
            if preset.name == name:
                return dict(preset.values)
        known = ", ".join(preset.name for preset in self.presets)
        raise SpecError(f"preset is {name!r}; it must be one of: {known}.")

    def snap(self, width: int, height: int) -> tuple[int, int]:
        """Nearest size that the generator can make: both sides multiples of f, at least 2 f."""
        return self._snap_side(width), self._snap_side(height)

    def _snap_side(self, side: int) -> int:
        return max(2 * self.f, (side + self.f // 2) // self.f * self.f)


def check(spec: Spec, info: BundleInfo) -> None:
    """Raise :class:`SpecError`, which names the field and what it may be, unless ``info``'s bundle can paint ``spec``.

    The prompt's own grammar is :func:`engine.messages.parse_prompts`'s to judge.
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
