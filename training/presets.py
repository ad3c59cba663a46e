"""Set how large everything is and how long it trains: a preset for two CPU cores, one for a GPU."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

Sizes = Mapping[str, Any]


class Vision(StrEnum):
    """The two families of CLIP's image towers."""

    VIT = "vit"
    RESNET = "resnet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """Minutes of training of each model: CPU time of one core, or wall time on a GPU."""

    vqgan: float
    vit: float
    resnet: float
    start: float

    def scaled(self, total: float) -> "Minutes":
        """Share out `total` minutes in the same proportions."""
        minutes = asdict(self)
        factor = total / sum(minutes.values())
        return Minutes(**{model: factor * some for model, some in minutes.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPreset:
    """The sizes and times of one training."""

    families: int  # families of the picture book to draw
    latents: int  # the start network learns from this many pictures
    repainted: int  # the CLIPs see this many pictures as the VQGAN repaints them too
    vqgan: Sizes  # taming's configuration
    text: Sizes  # arguments of openai-clip's class, as in `vision`
    vision: Mapping[Vision, Sizes]
    start: Sizes  # the start network's widths
    vqgan_batch: int
    clip_batch: int
    start_batch: int
    minutes: Minutes

    def clip(self, vision: Vision) -> dict[str, Any]:
        """Return the sizes of a whole CLIP."""
        return {**self.text, **self.vision[vision]}


def vqgan_config(*, codes: int, e: int, groups: int, ch: int, ch_mult: list[int], blocks: int, z: int) -> Sizes:
    """Return taming's configuration of a VQGAN for pictures of 128 px in 16 x 16 cells."""
    ddconfig = {
        "double_z": False, "z_channels": z, "resolution": 128, "in_channels": 3, "out_ch": 3, "ch": ch,
        "ch_mult": ch_mult, "num_res_blocks": blocks, "attn_resolutions": [], "dropout": 0.0,
    }  # fmt: skip
    params = {"embed_dim": e, "n_embed": codes, "norm_groups": groups, "ddconfig": ddconfig}
    return {"model": {"target": "taming.models.vqgan.VQModel", "params": params}}


SMALL = TrainingPreset(
    families=12_000,
    latents=16_000,
    repainted=6_000,
    vqgan=vqgan_config(codes=2048, e=16, groups=4, ch=16, ch_mult=[1, 2, 4, 8], blocks=1, z=128),
    text={"embed_dim": 128, "transformer_width": 128, "transformer_heads": 4, "transformer_layers": 3},
    vision={
        Vision.VIT: {"vision_layers": 4, "vision_width": 192, "vision_patch_size": 8},
        Vision.RESNET: {"vision_layers": (2, 2, 2, 2), "vision_width": 24, "vision_patch_size": None},
    },
    start={"read": 256, "drawn": 96},
    vqgan_batch=16,
    clip_batch=128,
    start_batch=64,
    minutes=Minutes(vqgan=40, vit=40, resnet=26, start=24),
)
LARGE = TrainingPreset(
    families=100_000,
    latents=200_000,
    repainted=100_000,
    vqgan=vqgan_config(codes=4096, e=32, groups=16, ch=64, ch_mult=[1, 2, 4, 4], blocks=2, z=256),
    text={"embed_dim": 256, "transformer_width": 384, "transformer_heads": 6, "transformer_layers": 6},
    vision={
        Vision.VIT: {"vision_layers": 8, "vision_width": 512, "vision_patch_size": 8},
        Vision.RESNET: {"vision_layers": (3, 4, 6, 3), "vision_width": 64, "vision_patch_size": None},
    },
    start={"read": 512, "drawn": 256},
    vqgan_batch=128,
    clip_batch=1024,
    start_batch=512,
    minutes=Minutes(vqgan=60, vit=60, resnet=60, start=30),
)


class PresetName(StrEnum):
    """The presets' names on the command line."""

    SMALL = "small"
    LARGE = "large"


PRESETS = {PresetName.SMALL: SMALL, PresetName.LARGE: LARGE}
