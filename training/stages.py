"""Carry out the stages of a training. All files lie in one folder, and none is made twice."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from engine.models.clip import CLIP
from engine.models.clip import build as build_clip
from engine.models.vqgan import VQGAN
from training.files import written_whole
from training.models import clip, latents, vqgan
from training.models.export import checkpoint_weights, export_clip, export_start, export_vqgan
from training.models.loop import DEVICE, run
from training.models.start import StartTraining
from training.pictures import pages, tokens
from training.pictures.corpus import Corpus, PictureBook
from training.presets import TrainingPreset, Vision
from training.vocabulary import export_vocabulary


class NotYetError(Exception):
    """Another stage must come first."""


log = logging.getLogger(__name__)
_PARENT = "FARADAY_TRAINING_PARENT"


@dataclass(frozen=True)
class Stages:
    """The training of all models with one preset."""

    preset: TrainingPreset
    runs: Path  # pages, checkpoints and logs
    weights: Path  # the finished bundle

    @cached_property
    def large(self) -> pages.Pixels:
        """Return the pictures at 128 px."""
        return pages.pages(self.runs, self.preset.families)

    @cached_property
    def source(self) -> Corpus:
        """Return the pictures at 64 px, with captions."""
        return PictureBook(pages.reduced(self.runs, self.large))

    @cached_property
    def ids(self) -> Tensor:
        """Return the token ids that all perceptors know."""
        path = self.runs / "vocabulary.pt"
        if not path.exists():
            with written_whole(path) as part:
                torch.save(tokens.vocabulary(self.source), part)
        ids: Tensor = torch.load(path, weights_only=True)
        return ids

    @cached_property
    def generator(self) -> VQGAN:
        """Load the trained VQGAN. Raises NotYetError."""
        path = self.runs / "vqgan.pt"
        if not path.exists():
            raise NotYetError("train the VQGAN first")
        model = vqgan.build(self.preset.vqgan)
        model.load_state_dict(torch.load(path, weights_only=True, map_location=DEVICE)["training"]["model"])
        return model.to(DEVICE, memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload, no-any-return]

    def draw(self) -> None:
        """Draw the pages and list the words before two processes need them at once."""
        log.info("%d pictures, %d byte-pair tokens", len(self.source.pixels), len(self.ids))

    @cached_property
    def perceptor(self) -> CLIP:
        """Load the trained ViT, the bundle's first perceptor. Raises NotYetError."""
        path = self.runs / f"{Vision.VIT}.pt"
        if not path.exists():
            raise NotYetError("train the ViT first")
        state = torch.load(path, weights_only=True, map_location=DEVICE)["training"]
        return build_clip(checkpoint_weights(state)).to(DEVICE)

    def train_vqgan(self, until: float = 1.0) -> None:
        training = vqgan.VQGANTraining(self.preset.vqgan, self.large, batch=self.preset.vqgan_batch)
        run(training, self.runs / "vqgan.pt", self.preset.minutes.vqgan, until=until)
        export_vqgan(self.runs / "vqgan.pt", self.weights)

    def repaint(self) -> None:
        """Repaint pictures for the CLIPs with the VQGAN, trained or half trained."""
        pictures = self.large[: self.preset.repainted]
        z = latents.encode_all(self.generator, pictures, self.runs / "latents-early.pt")
        latents.repaint(self.generator, z, clip.SIZE, self.runs / "repainted.npy")

    def encode(self) -> Tensor:
        """Return the latents that the start network learns to predict."""
        return latents.encode_all(self.generator, self.large[: self.preset.latents], self.runs / "latents.pt")

    def train_clip(self, vision: Vision, until: float = 1.0) -> None:
        """Train a CLIP, with repainted pictures if there are any yet."""
        shown = self.runs / "repainted.npy"
        training = clip.CLIPTraining(
            self.preset.clip(vision),
            self.source,
            self.ids,
            repainted=np.load(shown, mmap_mode="r") if shown.exists() else None,
            batch=self.preset.clip_batch,
        )
        run(training, self.runs / f"{vision}.pt", getattr(self.preset.minutes, vision), until=until)
        export_clip(self.runs / f"{vision}.pt", self.weights / f"{vision}.safetensors")

    def train_start(self) -> None:
        training = StartTraining(
            self.preset.start, self.generator, self.encode(), self.source, self.perceptor, batch=self.preset.start_batch
        )
        run(training, self.runs / "start.pt", self.preset.minutes.start)
        export_start(self.runs / "start.pt", self.weights)

    def export(self) -> None:
        """Write every trained model and the vocabulary to the bundle."""
        if (self.runs / "vqgan.pt").exists():
            export_vqgan(self.runs / "vqgan.pt", self.weights)
        for vision in Vision:
            if (self.runs / f"{vision}.pt").exists():
                export_clip(self.runs / f"{vision}.pt", self.weights / f"{vision}.safetensors")
        if (self.runs / "start.pt").exists():
            export_start(self.runs / "start.pt", self.weights)
        self.describe()

    def describe(self) -> None:
        """Write the vocabulary, or what else belongs to the bundle."""
        export_vocabulary(self.weights)

    def carry_out(self, command: str) -> None:
        """Carry out a command of the lanes below. Raises ValueError for any other."""
        match command.split():
            case ["vqgan", *until]:
                self.train_vqgan(float(until[-1]) if until else 1.0)
            case ["repaint"]:
                self.repaint()
            case ["clip", vision, *until]:
                self.train_clip(Vision(vision), float(until[-1]) if until else 1.0)
            case ["encode"]:
                self.encode()
            case ["start"]:
                self.train_start()
            case _:
                raise ValueError(f"there is no stage {command!r}")


LANES: Final = (
    (["vqgan --until 0.5", "repaint"], ["clip vit --until 0.5", "clip resnet --until 0.25"]),
    (["vqgan", "encode"], ["clip vit", "clip resnet --until 0.6"]),
    (["start"], ["clip resnet"]),
)
"""Three times two lanes of commands that run side by side.

The CLIPs' later parts need what the half-trained VQGAN repaints; the start network needs the finished VQGAN and ViT.
"""


def train_all(stages: Stages, arguments: Callable[[str], Sequence[str]]) -> None:
    """Draw, train and export everything, each stage in a process of its own.

    `arguments` turns a command of the lanes into arguments of `python -m training`.

    Raises:
        subprocess.CalledProcessError: a stage failed; its log says why.
    """
    stages.draw()
    environment = {**os.environ, _PARENT: str(os.getpid())}

    def follow(lane: list[str]) -> None:
        for command in lane:
            log.info("%s", command)
            subprocess.run([sys.executable, "-m", "training", *arguments(command)], check=True, env=environment)

    for lanes in LANES:
        with ThreadPoolExecutor(len(lanes)) as pool:
            list(pool.map(follow, lanes))
    stages.export()


def leave_with_parent() -> None:
    """End this process if its `train_all` was killed, because two must not write the same checkpoint."""
    parent = os.environ.get(_PARENT)
    if parent is None:
        return

    def watch() -> None:
        while os.getppid() == int(parent):
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
