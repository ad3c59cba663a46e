"""Train on a user's captioned pictures, and write a bundle that the bot can load."""

import dataclasses
import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from torch import Tensor

from engine.bundles import bundles
from engine.models.weights import save_vocabulary
from training.files import written_whole
from training.models.evaluate import load_clip
from training.pictures import folder, pages, tokens
from training.pictures.corpus import Corpus
from training.pictures.folder import CaptionedPictures, FitError
from training.presets import PRESETS, PresetName
from training.stages import Stages
from training.vocabulary import known

EXAMPLES: Final = 3
_CAPTIONS, _PICTURES = "captions.json", "pictures.npy"


class OwnStages(Stages):
    """The stages of a training on the pictures that `Fit.prepare` put into `runs`."""

    @cached_property
    def captions(self) -> list[list[str]]:
        """Return the captions of every picture."""
        captions: list[list[str]] = json.loads((self.runs / _CAPTIONS).read_text(encoding="utf-8"))["captions"]
        return captions

    @cached_property
    def large(self) -> pages.Pixels:
        return folder.pixels([], self.runs / _PICTURES)

    @cached_property
    def source(self) -> Corpus:
        return CaptionedPictures(pages.reduced(self.runs, self.large), self.captions)

    @cached_property
    def ids(self) -> Tensor:
        return tokens.token_ids(text for texts in self.captions for text in texts)

    def describe(self) -> None:
        """Write the vocabulary and the bundle's own entry."""
        texts = [text for texts in self.captions for text in texts]
        save_vocabulary(known(texts, load_clip(self.weights, "vit"), {}), self.weights / "vocabulary.json")
        different = sorted(set(texts))
        examples = random.Random(0).sample(different, min(EXAMPLES, len(different)))
        title = f"Trained on {len(self.captions):,} captioned pictures"
        (self.weights / bundles.OWN_ENTRY).write_text(entry(title, examples), encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A training on a user's pictures."""

    pictures: Path
    weights: Path
    runs: Path
    preset: PresetName
    minutes: float | None = None

    @property
    def stages(self) -> OwnStages:
        preset = PRESETS[self.preset]
        if self.minutes is not None:
            preset = dataclasses.replace(preset, minutes=preset.minutes.scaled(self.minutes))
        return OwnStages(preset, self.runs, self.weights)

    def arguments(self, stage: str) -> list[str]:
        """Return the arguments of the command that carries out one stage."""
        minutes = [] if self.minutes is None else ["--minutes", str(self.minutes)]
        places = ["--out", str(self.weights), "--runs", str(self.runs), "--preset", self.preset]
        return ["fit", str(self.pictures), *places, *minutes, "--stage", stage]

    def prepare(self) -> None:
        """Check everything and prepare the pictures in `runs`, unless an earlier call did.

        Raises:
            FitError: the folder is unusable, `runs` holds a training on other pictures, or the name is taken.
        """
        check_name(self.weights.name)
        found = folder.read(self.pictures)
        mark, kept = folder.fingerprint(self.pictures, found), self.runs / _CAPTIONS
        if kept.exists():
            if json.loads(kept.read_text(encoding="utf-8"))["fingerprint"] != mark:
                raise FitError(
                    f"{self.runs} holds a training on other pictures or captions. Delete it to begin anew, or name "
                    "another folder with --runs."
                )
            return
        (self.runs / _PICTURES).unlink(missing_ok=True)  # An interrupted preparation may have left it.
        folder.pixels(found, self.runs / _PICTURES)
        told = {"fingerprint": mark, "captions": [one.captions for one in found]}
        with written_whole(kept) as part:
            part.write_text(json.dumps(told), encoding="utf-8")

    def advice(self) -> str:
        """Say how to paint with the finished bundle."""
        name, beside = self.weights.name, self.weights.parent.resolve() == Path("weights").resolve()
        settings = [f'bundles = ["starter", "{name}"]']
        if not beside:
            settings = [f'weights_dir = "{self.weights.parent}"', f'bundles = ["{name}"]', f'default_bundle = "{name}"']
        lines = "\n".join(f"    {line}" for line in ["[engine]", *settings])
        (example, *_) = bundles.find(name, self.weights.parent)[0].examples
        paint = f'    python -m bot paint "{example}" --bundle {name}'
        return (
            f"The bundle is in {self.weights}. To paint with it, write into config.toml\n\n{lines}\n\nthen\n\n{paint}"
        )


def check_name(name: str) -> None:
    """Raise FitError if `name` cannot be the name of a new bundle."""
    if name in bundles.table():
        raise FitError(f"{name} is the name of a bundle that Faraday knows. Choose another, as --out weights/mine.")
    if not re.fullmatch(r"[\w.-]*\w", name):
        raise FitError(f"“{name}” cannot be a bundle's name. Use letters, digits, - and _, as --out weights/mine.")


def entry(title: str, examples: Sequence[str]) -> str:
    """Return the `bundle.toml` of a bundle trained like the starter: the starter's settings, its own files."""
    own = {
        "title": title,
        "vqgan": {"weights": "vqgan.safetensors", "config": "vqgan.yaml"},
        "perceptors": ["vit.safetensors", "resnet.safetensors"],
        "start_network": "start.safetensors",
        "vocabulary": "vocabulary.json",
        "examples": list(examples),
    }
    values = {**bundles.raw_table()["starter"], **own}
    return to_toml("What these weights are and the settings that they paint with. All can be changed.", values)


def to_toml(about: str, values: Mapping[str, Any]) -> str:
    """Return a TOML file of `values` that begins with a comment `about` them."""
    return "\n".join([f"# {about}", *(f"{key} = {_toml(value)}" for key, value in values.items())]) + "\n"


def _toml(value: Any) -> str:
    match value:
        case Mapping():
            return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
        case list() | tuple():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case _:  # JSON and TOML write texts, numbers and truth values alike.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "")
