"""Fetch a checkpoint, check its hash, convert it for the engine, and record where it came from."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp

from bot.errors import WeightsFailed
from bot.weights import conversion, provenance
from bot.weights.catalogue import Checkpoint, RemoteFile, Source
from bot.weights.conversion import UnusableSource
from bot.weights.download import AddressesFailed, Arrived, digest, download
from bot.weights.provenance import Origin, Provenance
from bot.weights.transfer import Patience, TransferReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetcher:
    """Fetches checkpoints into a folder."""

    weights_dir: Path
    session: aiohttp.ClientSession
    report: TransferReport
    patience: Patience = field(default_factory=Patience)

    async def fetch(self, checkpoint: Checkpoint, *, again: bool = False) -> bool:
        """Fetch the checkpoint from its first source that gives it. Return False if it was here already.

        ``again`` fetches it anyway. Raises :class:`WeightsFailed`, and then changes nothing.
        """
        place = Location(weights_dir=self.weights_dir, checkpoint=checkpoint)
        if place.whole() and not again:
            return False
        failures = []
        for source in checkpoint.sources:
            try:
                await self._fetch_from(source, place)
                return True
            except (UnusableSource, NotGiven) as error:
                failures.append(str(error))
        raise WeightsFailed("\n".join([f"{checkpoint.name} could not be fetched.", *failures, _by_hand(checkpoint)]))

    async def _fetch_from(self, source: Source, place: Location) -> None:
        config = await self._have(source.config, place, "yaml") if source.config else None
        weights = await self._have(source.weights, place, "pt" if place.checkpoint.kind == "clip" else "ckpt")
        self.report.say(f"Converting {place.checkpoint.name}")
        origins = {source.weights.urls[0]: _origin(weights, source.weights)}
        if config is not None and source.config is not None:
            origins[source.config.urls[0]] = _origin(config, source.config)
        try:
            await place.settle(weights.path, config.path if config else None, origins)
        except UnusableSource as error:
            shutil.rmtree(weights.path.parent)
            raise UnusableSource(f"{weights.url} gave a file that cannot be used, which I removed: {error}") from None
        shutil.rmtree(place.workshop)

    async def _have(self, remote: RemoteFile, place: Location, suffix: str) -> Arrived:
        """Return the file, fetched now or before. Raises :class:`WeightsFailed` if it changed since it was recorded."""
        folder = place.workshop / hashlib.sha256(remote.urls[0].encode()).hexdigest()[:8]
        target = folder / f"{place.weights.stem}.{suffix}"
        if target.is_file():
            here = Arrived(path=target, url=remote.urls[0], sha256=await digest(target), size=target.stat().st_size)
        else:
            try:
                here = await download(
                    self.session, remote.urls, target, sha256=remote.sha256, report=self.report, patience=self.patience
                )
            except AddressesFailed as error:
                raise NotGiven(str(error)) from None
        known = provenance.read(place.weights)
        recorded = known.origins.get(remote.urls[0]) if known else None
        if recorded is not None and here.sha256 != recorded.sha256:
            shutil.rmtree(folder)
            raise WeightsFailed(_changed(here, recorded, place))
        if remote.sha256 is None and recorded is None:
            self.report.say(f"Nobody states the SHA-256 of {target.name}. It is {here.sha256}: recorded, and held to.")
        return here


class NotGiven(WeightsFailed):
    """No address of a source gave its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Say where a checkpoint lies under the weights' folder."""

    weights_dir: Path
    checkpoint: Checkpoint

    @property
    def weights(self) -> Path:
        return self.weights_dir / self.checkpoint.weights

    @property
    def made(self) -> list[Path]:
        """Return the files that the engine loads."""
        return [self.weights_dir / file for file in self.checkpoint.made]

    @property
    def workshop(self) -> Path:
        """Return where files are fetched to before they are converted."""
        return self.weights.with_name(f".{self.weights.stem}.fetch")

    def whole(self) -> bool:
        """Return whether all files are here and recorded."""
        recorded = provenance.path_of(self.weights).is_file() or not self.workshop.exists()
        return recorded and all(file.is_file() for file in self.made)

    async def settle(self, source: Path, config: Path | None, origins: dict[str, Origin]) -> None:
        """Convert the source files and record where they came from. Raises as :mod:`bot.weights.conversion` does."""
        first = next(iter(origins.values()))
        told = {
            "checkpoint": self.checkpoint.name,
            "source": first.source,
            "source_sha256": first.sha256,
            "licence": self.checkpoint.licence,
        }
        if self.checkpoint.kind == "clip":
            published = next(one.weights.sha256 for one in self.checkpoint.sources if one.weights.sha256)
            await conversion.convert_clip(source, self.weights, published or "", told)
        else:
            assert config is not None
            await conversion.convert_vqgan(source, config, self.weights, told)
        known = provenance.read(self.weights)
        record = Provenance(
            checkpoint=self.checkpoint.name,
            licence=self.checkpoint.licence,
            origins={**(known.origins if known else {}), **origins},
            made=await provenance.hashes(self.made),
        )
        await provenance.write(self.weights, record)


def _origin(arrived: Arrived, remote: RemoteFile) -> Origin:
    return Origin(
        source=arrived.url, sha256=arrived.sha256, size=arrived.size, published=remote.sha256 == arrived.sha256
    )


def _changed(here: Arrived, recorded: Origin, place: Location) -> str:
    return (
        f"{here.url} gives another file than when it was first fetched: its SHA-256 was {recorded.sha256} and is now "
        f"{here.sha256}. I removed it and changed nothing. If its publisher has replaced it and you trust that, remove "
        f"{provenance.path_of(place.weights)} and fetch again."
    )


def _by_hand(checkpoint: Checkpoint) -> str:
    config = " --config FILE.yaml" if checkpoint.kind == "vqgan" else ""
    return f"If you have the file from elsewhere: python -m bot weights convert {checkpoint.name} FILE{config}"


async def convert_file(checkpoint: Checkpoint, file: Path, config: Path | None, weights_dir: Path) -> None:
    """Convert a file that is here already. Raises :class:`WeightsFailed`."""
    for needed in (file, *([config] if config else [])):
        if not needed.is_file():
            raise WeightsFailed(f"{needed} is not a file here.")
    if checkpoint.kind == "vqgan" and config is None:
        raise WeightsFailed(f"{checkpoint.name} is a VQGAN: name its yaml too, with --config.")
    origin = await provenance.of_file(file)
    published = any(source.weights.sha256 == origin.sha256 for source in checkpoint.sources)
    origin = replace(origin, published=published)
    await Location(weights_dir=weights_dir, checkpoint=checkpoint).settle(file, config, {"file": origin})
