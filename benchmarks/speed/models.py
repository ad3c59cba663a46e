"""Build the engine's and the yardstick's models from the same weights: random ones, or a bundle's."""

import contextlib
import functools
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from taming.modules.diffusionmodules import model as taming
from torch import Tensor, nn

from benchmarks import plain
from engine.bundles import bundles, describer, phrasebook
from engine.device import devices
from engine.method import losses
from engine.models import clip, upstream, vqgan, weights

PUBLISHED: Final = "published"  # the name of random models of the published sizes
PUBLISHED_BUNDLE: Final = "imagenet-16384"
# embedding, input, vision layers, width, patch; context, tokens, text width, heads, layers
VIT_B_32: Final = (512, 224, 12, 768, 32, 77, 49408, 512, 8, 12)
# the published VQGAN f16 of 16,384 codes
F16_16384: Final[Mapping[str, Any]] = {
    "n_embed": 16384,
    "embed_dim": 256,
    "ddconfig": {
        "double_z": False, "z_channels": 256, "resolution": 256, "in_channels": 3, "out_ch": 3, "ch": 128,
        "ch_mult": [1, 1, 2, 2, 4], "num_res_blocks": 2, "attn_resolutions": [16], "dropout": 0.0,
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The tensors of a VQGAN and its perceptors by name, and taming's config of the VQGAN."""

    config: Mapping[str, Any]
    vqgan: Mapping[str, Tensor]
    perceptors: Sequence[Mapping[str, Tensor]]


def read(name: str, weights_dir: Path) -> Weights:
    """Return the weights of :data:`PUBLISHED` or of the bundle ``name``.

    Raises :class:`engine.models.weights.WeightsError`.
    """
    if name == PUBLISHED:
        return _random()
    entry, folder = bundles.find(name, weights_dir)
    return Weights(
        config=weights.load_config(folder / (entry.generator.config or "")),
        vqgan=weights.load(folder / entry.generator.weights),
        perceptors=[weights.load(folder / files.weights) for files in entry.perceptors],
    )


def _random() -> Weights:
    torch.manual_seed(0)
    generator = vqgan.VQGAN(**F16_16384)
    nn.init.normal_(generator.codebook)
    perceptor = upstream.clip_model().CLIP(*VIT_B_32)
    config = {"model": {"params": F16_16384}}
    return Weights(config=config, vqgan=generator.state_dict(), perceptors=[perceptor.state_dict()])


def for_engine(name: str, weights_dir: Path, device: torch.device) -> bundles.Bundle:
    """Return the engine's bundle ``name``. Raises :class:`engine.models.weights.WeightsError`."""
    return published(device) if name == PUBLISHED else bundles.load(name, weights_dir, device)


def published(device: torch.device) -> bundles.Bundle:
    """Return a bundle of random models of the published sizes with the settings of :data:`PUBLISHED_BUNDLE`."""
    read, entry = _random(), bundles.table()[PUBLISHED_BUNDLE]
    perceptors = tuple(devices.placed(clip.build(state), device) for state in read.perceptors)
    return bundles.Bundle(
        name=PUBLISHED_BUNDLE,
        entry=entry,
        generator=vqgan.build(read.config, read.vqgan).placed(device),
        perceptors=perceptors,
        start_network=None,
        vocabulary=None,
        check=None,
        describer=describer.Describer(perceptors, losses.shares((), 1), phrasebook.load(entry.phrases)),
        weights_hash="0" * 12,
        device=device,
    )


def for_plain(given: Weights, prompt: str, device: torch.device) -> plain.Models:
    """Return the yardstick's models, of the published classes alone, guided towards ``prompt``."""
    params = given.config["model"]["params"]
    groups = params.get("norm_groups", 32)
    taming.Normalize = functools.partial(nn.GroupNorm, groups, eps=1e-6)  # 32 is the published number
    first = nn.Conv2d(params["embed_dim"], params["ddconfig"]["z_channels"], 1)
    with contextlib.redirect_stdout(io.StringIO()):  # it prints its shape
        decoder = nn.Sequential(first, taming.Decoder(**params["ddconfig"]))
    for part, prefix in zip(decoder, ("post_quant_conv.", "decoder."), strict=True):
        part.load_state_dict(_within(given.vqgan, prefix))
    visions = [_vision(state) for state in given.perceptors]
    return plain.Models(
        decode=_frozen(decoder, device),
        codebook=given.vqgan["quantize.embedding.weight"].float().to(device),
        perceptors=[_frozen(vision, device) for vision in visions],
        sizes=[vision.input_resolution for vision in visions],
        texts=[clip.build(state).embed_text([prompt]).to(device) for state in given.perceptors],
    )


def _vision(state: Mapping[str, Tensor]) -> Any:
    published = {name: tensor for name, tensor in state.items() if name not in clip.EXTRAS}
    return upstream.clip_model().build_model(published).visual


def _frozen(model: nn.Module, device: torch.device) -> nn.Module:
    return model.float().eval().requires_grad_(False).to(device)


def _within(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor.float() for name, tensor in state.items() if name.startswith(prefix)}


def f_of(given: Weights) -> int:
    """Return the pixels along the side of one cell."""
    return int(2 ** (len(given.config["model"]["params"]["ddconfig"]["ch_mult"]) - 1))
