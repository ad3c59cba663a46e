"""Train a learned start for any bundle; the bundle's models stay as they are."""

import os
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from engine.bundles import bundles
from engine.models.clip import CLIP
from engine.models.start import SIDE
from engine.models.vqgan import VQGAN
from training.fit import check_name, to_toml
from training.models import latents
from training.models.export import export_start
from training.models.loop import DEVICE, run
from training.models.start import StartTraining
from training.picturebook.picture import FAMILY
from training.pictures import folder, pages
from training.pictures.corpus import Corpus, PictureBook
from training.presets import PRESETS, PresetName


@dataclass(frozen=True)
class OwnStart:
    """A new bundle, which is the bundle `name` with a learned start."""

    name: str
    weights_dir: Path
    out: Path  # the new bundle's folder
    pictures: Path | None  # a folder of captioned pictures; the picture book if None
    runs: Path  # prepared pictures and the checkpoint, from which an interrupted training goes on
    preset: PresetName
    minutes: float | None  # the preset's if None

    @cached_property
    def bundle(self) -> bundles.Bundle:
        """Load the bundle. Raises engine.models.weights.WeightsError."""
        return bundles.load(self.name, self.weights_dir, DEVICE)

    @cached_property
    def captioned(self) -> list[folder.Captioned]:
        """Read the folder. Raises FitError."""
        assert self.pictures is not None
        return folder.read(self.pictures, self.bundle.perceptors[0].context)[: PRESETS[self.preset].latents]

    def train(self) -> None:
        """Train, or go on, and write the bundle.

        Raises FitError if the folder or the new name cannot be used, and WeightsError if the bundle cannot be loaded.
        """
        check_name(self.out.name)
        preset, checkpoint = PRESETS[self.preset], self.runs / f"start-{self._mark}.pt"
        pixels, source = self._source()
        generator, perceptor = self.bundle.generator, self.bundle.perceptors[0]
        if not isinstance(generator, VQGAN) or not isinstance(perceptor, CLIP):
            raise folder.FitError("A start can only be trained for a VQGAN and a CLIP. Choose another bundle.")
        z = latents.encode_all(generator, pixels, self.runs / f"latents-{self._mark}.pt")
        training = StartTraining(preset.start, generator, z, source, perceptor, batch=preset.start_batch)
        run(training, checkpoint, preset.minutes.start if self.minutes is None else self.minutes)
        export_start(checkpoint, self.out)
        (self.out / bundles.OWN_ENTRY).write_text(self.entry(), encoding="utf-8")

    @cached_property
    def _mark(self) -> str:
        """Return what names the files in `runs`: the bundle's weights, the pictures, the preset."""
        of = "book" if self.pictures is None else folder.fingerprint(self.pictures, self.captioned)
        return f"{self.bundle.weights_hash}-{of}-{self.preset}"

    def _source(self) -> tuple[pages.Pixels, Corpus]:
        """Return the pictures, SIDE cells along each side, and the corpus of their captions."""
        side = SIDE * self.bundle.generator.f
        if self.pictures is None:
            drawn = pages.pages(self.runs, PRESETS[self.preset].latents // FAMILY, side)
            return drawn, PictureBook(drawn)
        pixels = folder.pixels(self.captioned, self.runs / f"pictures-{self._mark}.npy", side)
        return pixels, folder.CaptionedPictures(pixels, [one.captions for one in self.captioned])

    def entry(self) -> str:
        """Return the `bundle.toml` of the new bundle: the old settings and files, and the start."""
        _, at = bundles.find(self.name, self.weights_dir)
        values = bundles.raw_table().get(self.name) or tomllib.loads(
            (at / bundles.OWN_ENTRY).read_text(encoding="utf-8")
        )

        def there(path: str) -> str:
            return Path(os.path.relpath(at / path, self.out)).as_posix()

        files: dict[str, Any] = {
            "vqgan": {key: there(path) for key, path in values["vqgan"].items()},
            "perceptors": [there(path) for path in values["perceptors"]],
        }
        if "vocabulary" in values:
            files["vocabulary"] = there(values["vocabulary"])
        own = {
            "title": values["title"] if "start_network" in values else f"{values['title']}, with a learned start",
            "start": "learned",
            "start_network": "start.safetensors",
        }
        return to_toml(
            f"The bundle {self.name} with a learned start. All settings can be changed.", {**values, **files, **own}
        )
