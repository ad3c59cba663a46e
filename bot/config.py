"""Settings: typed, checked once at the start, unknown keys refused. ``config.example.toml`` explains each."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_serializer,
    model_validator,
)
from pydantic_core import ErrorDetails

from bot.errors import ConfigError
from engine.messages.resolution import Bounds

DEFAULT_PATH = Path("config.toml")
TOKEN_VARIABLE = "FARADAY_TOKEN"

Snowflake = Annotated[int, Field(gt=0, lt=2**64)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _listed(value: object) -> object:
    """Make a list of a single text."""
    return (value,) if isinstance(value, str) else value


class Section(BaseModel):
    """One table of the file. A field's description completes the sentence "Write …" in error messages."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DiscordSection(Section):
    """The connection to Discord."""

    token: SecretStr = Field(default=SecretStr(""), description="the bot token from the developer portal, in quotes")
    guild_ids: tuple[Snowflake, ...] = Field(default=(), description="a list of server ids, or [] for every server")
    message_content: bool = Field(default=False, description="true or false")
    sync_commands: bool = Field(default=True, description="true or false")
    connect_to: str = Field(
        default="", pattern=r"^$|^[^\s:]+:\d{1,5}$", description='"host:port", or "" for Discord itself'
    )
    ca_file: str = Field(default="", description='the path of a PEM file, or "" for the system\'s authorities')


class EngineSection(Section):
    """The engine process and its runs."""

    bundles: tuple[str, ...] = Field(default=("starter",), min_length=1, description='a list of names, as ["starter"]')
    default_bundle: str = Field(default="starter", description="one of the names in bundles")
    weights_dir: str = Field(default="weights", description="the path of a directory")
    device: Annotated[
        tuple[Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")], ...], BeforeValidator(_listed)
    ] = Field(
        default=("auto",),
        min_length=1,
        description='"auto", "cpu", "cuda" or "cuda:0", or a list such as ["cuda:0", "cuda:1"], an engine each',
    )
    threads: int = Field(default=0, ge=0, le=1024, description="a number of threads, 0 to measure which is fastest")
    slots: int = Field(default=0, ge=0, le=64, description="how many runs are at work at once, 0 to let it choose")
    memory: str = Field(
        default="auto", pattern=r"^(auto|\d+(\.\d+)? ?[MG]iB)$", description='"auto", or a size as "6 GiB" or "900 MiB"'
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(default="auto", description='"auto", "fp32" or "bf16"')
    ready_timeout: Seconds = Field(default=120.0, description="seconds, more than 0")
    frame_seconds: float = Field(default=2.0, ge=0, allow_inf_nan=False, description="seconds, 0 for no frames")
    checkpoint_seconds: float = Field(
        default=10.0, ge=0, allow_inf_nan=False, description="seconds, 0 for no checkpoints"
    )
    films: bool = Field(default=True, description="true or false")
    max_attempts: int = Field(default=3, ge=1, le=100, description="a number of attempts, 1 or more")

    @property
    def memory_bytes(self) -> int:
        """Return the bytes that runs may use. 0 means all free memory."""
        if self.memory == "auto":
            return 0
        return int(float(self.memory[:-3]) * 2 ** {"M": 20, "G": 30}[self.memory[-3]])

    @model_validator(mode="after")
    def _default_bundle_is_loaded(self) -> Self:
        if self.default_bundle not in self.bundles:
            raise ValueError(f"default_bundle is “{self.default_bundle}”, which is not among bundles")
        return self

    @field_serializer("device")
    def _as_written(self, device: tuple[str, ...]) -> str | list[str]:
        return device[0] if len(device) == 1 else list(device)

    @model_validator(mode="after")
    def _an_engine_has_its_gpu_alone(self) -> Self:
        if len(self.device) > 1 and "auto" in self.device:
            raise ValueError('device lists others beside "auto", which takes every GPU by itself')
        gpus = ["cuda:0" if name == "cuda" else name for name in self.device if name != "cpu"]
        if len(set(gpus)) < len(gpus):
            raise ValueError("device names a GPU twice, and one engine uses all of it")
        return self


class QueueSection(Section):
    """Say where jobs and their pictures are kept."""

    database: str = Field(
        default="sqlite+aiosqlite:///data/faraday.db",
        pattern=r"^(sqlite\+aiosqlite|postgresql\+asyncpg)://",
        description='"sqlite+aiosqlite:///data/faraday.db" or "postgresql+asyncpg://user:password@host/name"',
    )
    files: str = Field(default="data/files", min_length=1, description="the path of a directory")
    max_waiting: int = Field(default=2000, ge=1, description="a number of jobs, 1 or more")


class QuotasSection(Section):
    """Say how many jobs one member and one server may have; servers can set less for their members."""

    max_running: int = Field(default=0, ge=0, description="a number of jobs, 0 for any number")
    max_queued: int = Field(default=16, ge=0, description="a number of jobs, 0 for any number")
    max_per_day: int = Field(default=0, ge=0, description="a number of jobs, 0 for any number")
    guild_max_running: int = Field(default=0, ge=0, description="a number of jobs, 0 for any number")
    guild_max_queued: int = Field(default=0, ge=0, description="a number of jobs, 0 for any number")
    guild_max_per_day: int = Field(default=0, ge=0, description="a number of jobs, 0 for any number")


class FairnessSection(Section):
    """The order of the queue."""

    recent_seconds: Seconds = Field(default=3600.0, description="seconds, more than 0")
    large_seconds: Seconds = Field(default=600.0, description="seconds, more than 0")
    large_at_once: int = Field(default=1, ge=0, description="a number of jobs, 0 for any number")


class LimitsSection(Section):
    """Hold what a member may ask for. A bundle's own limits apply besides."""

    max_prompt_chars: int = Field(default=1000, ge=1, le=4000, description="a number of characters, 1 to 4000")
    max_upload_bytes: int = Field(default=10_485_760, ge=1, description="a number of bytes")
    max_input_pixels: int = Field(default=40_000_000, ge=1, description="width times height in pixels")
    max_pixels: int = Field(default=1_048_576, ge=1, description="width times height in pixels")
    max_iterations: int = Field(default=2000, ge=1, description="a number of iterations, 1 or more")
    max_cutouts: int = Field(default=128, ge=1, le=1024, description="a number of cutouts, 1 to 1024")

    @property
    def bounds(self) -> Bounds:
        """Return the limits that the resolution of a spec keeps to."""
        return Bounds(**self.model_dump(include={field.name for field in dataclasses.fields(Bounds)}))


class StorageSection(Section):
    """Say how long the files and records of jobs that have ended are kept, and how much of the disk is left alone."""

    pictures_days: int = Field(default=90, ge=0, le=36500, description="a number of days, 0 to keep them")
    uploads_days: int = Field(default=30, ge=0, le=36500, description="a number of days, 0 to keep them")
    frames_days: int = Field(default=7, ge=0, le=36500, description="a number of days, 0 to keep them")
    records_days: int = Field(default=0, ge=0, le=36500, description="a number of days, 0 to keep them")
    min_free_mib: int = Field(default=500, ge=0, description="a number of MiB, 0 not to look")


class ModerationSection(Section):
    """Hold what is shown to whom, beside the rules that servers and owners set."""

    unsafe_threshold: float = Field(default=0.5, ge=0, le=1, description="a number from 0 to 1, 1 to show everything")


class OperatorsSection(Section):
    """Say who runs the bot, and what they look at it with."""

    owner_ids: tuple[Snowflake, ...] = Field(default=(), description="a list of user ids, or []")
    control: bool = Field(default=True, description="true or false")
    http_host: str = Field(default="127.0.0.1", min_length=1, description='an address to listen on, as "127.0.0.1"')
    http_port: int = Field(default=0, ge=0, le=65535, description="a port, or 0 for none")
    presence: bool = Field(default=True, description="true or false")


class LogSection(Section):
    """The log on stderr."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description='"DEBUG", "INFO", "WARNING" or "ERROR"'
    )


class Config(Section):
    """Every setting of the bot."""

    discord: DiscordSection = Field(default_factory=DiscordSection, description="a [discord] table")
    engine: EngineSection = Field(default_factory=EngineSection, description="an [engine] table")
    queue: QueueSection = Field(default_factory=QueueSection, description="a [queue] table")
    quotas: QuotasSection = Field(default_factory=QuotasSection, description="a [quotas] table")
    fairness: FairnessSection = Field(default_factory=FairnessSection, description="a [fairness] table")
    limits: LimitsSection = Field(default_factory=LimitsSection, description="a [limits] table")
    storage: StorageSection = Field(default_factory=StorageSection, description="a [storage] table")
    moderation: ModerationSection = Field(default_factory=ModerationSection, description="a [moderation] table")
    operators: OperatorsSection = Field(default_factory=OperatorsSection, description="an [operators] table")
    log: LogSection = Field(default_factory=LogSection, description="a [log] table")

    @classmethod
    def load(cls, path: Path | None = None) -> Config:
        """Read ``path``, or ``config.toml`` here if it exists, else the defaults.

        The environment variable FARADAY_TOKEN wins over the file's token.

        Raises :class:`ConfigError` naming each bad key, what is wrong with it and what to write.
        """
        config = cls.parse(_read(path), source=str(path or DEFAULT_PATH))
        if not (token := os.environ.get(TOKEN_VARIABLE, "")):
            return config
        return config.model_copy(
            update={"discord": config.discord.model_copy(update={"token": SecretStr(token.strip())})}
        )

    @classmethod
    def parse(cls, tables: Mapping[str, object], *, source: str) -> Config:
        """Check ``tables``; ``source`` is what error messages call the file. Raises :class:`ConfigError`."""
        try:
            return cls.model_validate(tables)
        except ValidationError as error:
            lines = [_explain(details) for details in error.errors(include_url=False)]
            raise ConfigError("\n".join([f"{source} cannot be used:", *lines])) from None


def _read(path: Path | None) -> dict[str, object]:
    if path is None and not DEFAULT_PATH.exists():
        return {}
    path = path or DEFAULT_PATH
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist. Copy config.example.toml there and edit it.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}. Texts need quotes; numbers do not.") from None


def _explain(details: ErrorDetails) -> str:
    """Return one line: which key, what is wrong, what to write."""
    names = [str(part) for part in details["loc"]]
    known = Config.model_fields
    if len(names) > 1 and names[0] in known:
        section = known[names[0]].annotation
        assert isinstance(section, type) and issubclass(section, Section)
        known = section.model_fields
    place = f"[{names[0]}]" + "".join(f" {name}" for name in names[1:2])
    if details["type"] == "extra_forbidden":
        close = difflib.get_close_matches(names[-1], known, n=1)
        advice = f"Did you mean {close[0]}?" if close else f"Remove it. Known here: {', '.join(known)}."
        return f"  {place} is not a setting. {advice}"
    field = known.get(names[1] if len(names) > 1 else names[0]) if details["type"] != "value_error" else None
    wrong = re.sub("^Value error, ", "", details["msg"])
    return f"  {place}: {wrong}." + (f" Write {field.description}." if field is not None else "")
