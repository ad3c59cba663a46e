"""VQGAN as a generator: taming's Encoder and Decoder around a codebook (paper §2.1)."""

import contextlib
import functools
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from engine.device import devices
from engine.layers import fused, norms
from engine.models import bf16, upstream, weights


class VQGAN(nn.Module):
    """A :class:`engine.models.generator.Generator` with :class:`engine.models.generator.Codes`.

    Parameters have the names of taming's ``VQModel``. ``norm_groups`` is the number of channel groups in every
    GroupNorm. taming fixes 32, but at few channels that is an instance norm and erases a picture's absolute colour.
    If ``gumbel``, the quantiser is that of taming's ``GumbelVQ``: its encoder scores codes instead of lying near them.
    """

    def __init__(
        self,
        ddconfig: Mapping[str, Any],
        n_embed: int,
        embed_dim: int,
        norm_groups: int = 32,
        gumbel: bool = False,
    ) -> None:
        super().__init__()
        model, quantize = upstream.taming_model(), upstream.taming_quantize()
        model.Normalize = functools.partial(norms.NormSiLU, norm_groups, eps=1e-6)  # type: ignore[attr-defined]
        model.nonlinearity = nn.Identity()  # type: ignore[attr-defined]  # our norms apply it themselves
        model.Upsample = fused.Upsample  # type: ignore[attr-defined]
        with contextlib.redirect_stdout(io.StringIO()):  # the Decoder prints its shape
            self.encoder: nn.Module = model.Encoder(**ddconfig)
            self.decoder: nn.Module = model.Decoder(**ddconfig)
        for module in self.modules():
            if isinstance(module, model.AttnBlock):
                module.norm.alone = True
        with torch.device("cpu"):  # an embedding drawn on the meta device imports torch's compiler, for two seconds
            self.quantize: nn.Module = (
                quantize.GumbelQuantize(embed_dim, embed_dim, n_embed)
                if gumbel
                else quantize.VectorQuantizer2(n_embed, embed_dim, beta=0.25, legacy=False)
            )
        self.gumbel = gumbel
        self.quant_conv = nn.Conv2d(ddconfig["z_channels"], embed_dim, 1)
        self.post_quant_conv = nn.Conv2d(embed_dim, ddconfig["z_channels"], 1)
        self.f: int = 2 ** (len(ddconfig["ch_mult"]) - 1)

    @property
    def codebook(self) -> Tensor:
        """Return the codes, (K, e)."""
        embedding = self.quantize.embed if self.gumbel else self.quantize.embedding
        weight: Tensor = embedding.weight  # type: ignore[union-attr, assignment]
        return weight

    @property
    def device(self) -> torch.device:
        return self.codebook.device

    @property
    def scale(self) -> float:
        codes = self.codebook.detach()
        return float((codes - codes.mean(0)).square().mean().sqrt())

    @property
    def code_count(self) -> int:
        return len(self.codebook)

    def bounds(self) -> tuple[Tensor, Tensor]:
        return self.codebook.amin(0).view(1, -1, 1, 1), self.codebook.amax(0).view(1, -1, 1, 1)

    def encode(self, images: Tensor) -> Tensor:
        """Return the codes that the encoder scores highest, because a Gumbel model's gives no z."""
        z: Tensor = self.quant_conv(self.encoder(images * 2 - 1))
        if self.gumbel:
            return self.look_up(self.quantize.proj(z).argmax(1))  # type: ignore[operator]
        return z

    def decode(self, z_q: Tensor) -> Tensor:
        x: Tensor = self.decoder(self.post_quant_conv(z_q.to(self.post_quant_conv.weight.dtype)))
        return (x.float() + 1) / 2

    def quantise(self, z: Tensor) -> Tensor:
        return self.look_up(self.nearest_codes(z.detach()))

    def nearest_codes(self, z: Tensor) -> Tensor:
        """Return the indices (n, h, w) of the codes nearest to each cell of ``z`` (paper §2.1)."""
        n, e, h, w = z.shape
        cells = z.permute(0, 2, 3, 1).reshape(-1, e)
        distances = self.codebook.square().sum(1) - 2 * cells @ self.codebook.T  # |z|² is the same for every code
        return distances.argmin(1).view(n, h, w)

    def look_up(self, codes: Tensor) -> Tensor:
        return nn.functional.embedding(codes, self.codebook).permute(0, 3, 1, 2)

    def distances(self, z: Tensor) -> Tensor:
        cells = z.permute(0, 2, 3, 1)  # (n, h, w, e)
        squared = cells.square().sum(-1, keepdim=True) - 2 * cells @ self.codebook.T
        return squared + self.codebook.square().sum(1)

    def mixed(self, probabilities: Tensor) -> Tensor:
        return torch.einsum("nkhw,ke->nehw", probabilities, self.codebook)

    def undecided(self, height: int, width: int, rng: torch.Generator) -> Tensor:
        """Return the paper's start: one random code in each cell."""
        codes = torch.randint(self.code_count, (1, height, width), generator=rng)
        return self.look_up(codes.to(self.device)).clone()

    def middle(self, height: int, width: int) -> Tensor:
        return self.codebook.mean(0).view(1, -1, 1, 1).expand(1, -1, height, width)

    def placed(self, device: torch.device) -> Self:
        if devices.ways(device).sliced:
            for module in self.modules():
                if isinstance(module, norms.NormSiLU):
                    module.sliced = True
        return devices.placed(self, device)

    def halved(self) -> Self:
        parts: dict[str, nn.Module] = {"decoder": self.decoder, "post_quant_conv": self.post_quant_conv}
        return bf16.with_children(self, {name: bf16.halved(part) for name, part in parts.items()})


def from_files(state: Mapping[str, Tensor], config: Path | None) -> VQGAN:
    """Return the model of a bundle's files. Raises as :func:`build` and :func:`engine.models.weights.load_config`."""
    if config is None:
        raise ValueError("a VQGAN needs the path of its config")
    read = weights.load_config(config)
    try:
        return build(read, state)
    except ValueError as error:
        raise ValueError(f"{config} cannot be used, because {error}") from None


_WHOLE = ("ch", "in_channels", "out_ch", "num_res_blocks", "resolution", "z_channels")
_MOST = 1 << 20  # no size of a published model is near this


def check(params: Mapping[str, Any]) -> None:
    """Raise :class:`ValueError` if ``model.params`` of a taming config describe no model that can paint."""
    ddconfig = params.get("ddconfig")
    if not isinstance(ddconfig, Mapping):
        raise ValueError("it has no ddconfig")
    sizes = {name: params.get(name) for name in ("n_embed", "embed_dim")}
    sizes |= {name: ddconfig.get(name) for name in _WHOLE}
    for name, value in sizes.items():
        if not _is_size(value):
            raise ValueError(f"its {name} must be a whole number from 1 and is {value!r}")
    levels, attended = ddconfig.get("ch_mult"), ddconfig.get("attn_resolutions")
    if not isinstance(levels, list | tuple) or not levels or len(levels) > 16 or not all(map(_is_size, levels)):
        raise ValueError(f"its ch_mult must be a list of whole numbers from 1 and is {levels!r}")
    if not isinstance(attended, list | tuple) or not all(map(_is_size, attended)):
        raise ValueError(f"its attn_resolutions must be a list of whole numbers and is {attended!r}")
    if (sizes["in_channels"], sizes["out_ch"]) != (3, 3):
        raise ValueError(
            f"it paints pictures of {sizes['out_ch']} channels out of {sizes['in_channels']}. Only models of 3 (red, "
            "green, blue) can be used"
        )
    if ddconfig.get("double_z"):
        raise ValueError("its double_z is true, as in a model without codes. Name the yaml of a VQGAN")
    if ddconfig["num_res_blocks"] > 64 or not _is_size(params.get("norm_groups") or 32):
        raise ValueError("its num_res_blocks or norm_groups is no size of a model")


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 < value <= _MOST


def target(named: str, state: Mapping[str, Tensor]) -> str:
    """Return the class that ``state`` belongs to. Its tensors tell, whatever class the config has ``named``."""
    if "quantize.embed.weight" in state:
        return "taming.models.vqgan.GumbelVQ"
    return "taming.models.vqgan.VQModel" if named.endswith(".GumbelVQ") or not named else named


def build(config: Mapping[str, Any], state: Mapping[str, Tensor]) -> VQGAN:
    """Return the model of a taming config (``model.params`` of its yaml) with weights ``state``, float32, frozen.

    A config that names no class leaves it to the tensors. Raises :class:`ValueError` if weights and config do not
    belong together.
    """
    params = config["model"]["params"]
    check(params)
    known = {name: params["ddconfig"][name] for name in (*_WHOLE, "ch_mult", "attn_resolutions")}
    with torch.device("meta"):
        model = VQGAN(
            {**known, "double_z": False, "resamp_with_conv": params["ddconfig"].get("resamp_with_conv", True)},
            params["n_embed"],
            params["embed_dim"],
            norm_groups=params.get("norm_groups") or 32,
            gumbel=str(config["model"].get("target") or target("", state)).endswith(".GumbelVQ"),
        )
    if told := weights.misfit(model.state_dict(), state):
        raise ValueError(f"the VQGAN's weights do not fit its config: {told}")
    model.load_state_dict({name: tensor.float() for name, tensor in state.items()}, strict=True, assign=True)
    for module in model.eval().requires_grad_(False).modules():
        if isinstance(module, fused.Upsample):
            module.fuse()
    return model
