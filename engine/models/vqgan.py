"""VQGAN as a generator: taming's Encoder and Decoder around a codebook (001 §2.1)."""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from engine.device import devices
from engine.layers import fused, norms, winograd
from engine.models import upstream


class VQGAN(nn.Module):
    """Encoder → z → codebook → Decoder, with the parameter names of taming's ``VQModel``.

    Pictures are (n, 3, H, W) in [0, 1]; latents are (n, e, H/f, W/f). ``norm_groups`` is the number of channel
    groups in every GroupNorm: taming fixes 32, which at few channels becomes an instance norm and erases a
    picture's absolute colour, so small models take fewer. ``gumbel``: the quantiser is the ``GumbelQuantize`` of
    taming's ``GumbelVQ``, whose encoder scores the codes instead of lying near them.
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
        model.nonlinearity = nn.Identity()  # type: ignore[attr-defined]  # it follows norms alone, which do it
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
        """The codes, (K, e)."""
        embedding = self.quantize.embed if self.gumbel else self.quantize.embedding
        weight: Tensor = embedding.weight  # type: ignore[union-attr, assignment]
        return weight

    def encode(self, images: Tensor) -> Tensor:
        """Continuous z, (n, e, h, w), of ``images`` (n, 3, H, W) in [0, 1]; H and W are multiples of f.

        Of a Gumbel model, whose encoder gives no z, the codes that it scores highest.
        """
        z: Tensor = self.quant_conv(self.encoder(images * 2 - 1))
        if self.gumbel:
            return self.look_up(self.quantize.proj(z).argmax(1))  # type: ignore[operator]
        return z

    def decode(self, z_q: Tensor) -> Tensor:
        """Pictures (n, 3, H, W) around [0, 1], not clamped, float32, of ``z_q`` (n, e, h, w)."""
        x: Tensor = self.decoder(self.post_quant_conv(z_q.to(self.post_quant_conv.weight.dtype)))
        return (x.float() + 1) / 2

    def nearest_codes(self, z: Tensor) -> Tensor:
        """Indices (n, h, w) of the codes nearest to each cell of ``z`` (001 §2.1)."""
        n, e, h, w = z.shape
        cells = z.permute(0, 2, 3, 1).reshape(-1, e)
        distances = self.codebook.square().sum(1) - 2 * cells @ self.codebook.T  # + |z|², the same for every code
        return distances.argmin(1).view(n, h, w)

    def look_up(self, codes: Tensor) -> Tensor:
        """z_q (n, e, h, w) of code indices (n, h, w)."""
        return nn.functional.embedding(codes, self.codebook).permute(0, 3, 1, 2)


def build(config: Mapping[str, Any], state: Mapping[str, Tensor]) -> VQGAN:
    """The model of a taming config (``model.params`` of its yaml) with the weights ``state``, float32, frozen.

    Raises :class:`ValueError` when weights and config do not belong together.
    """
    params = config["model"]["params"]
    with torch.device("meta"):
        model = VQGAN(
            params["ddconfig"],
            params["n_embed"],
            params["embed_dim"],
            norm_groups=params.get("norm_groups", 32),
            gumbel=str(config["model"].get("target", "")).endswith(".GumbelVQ"),
        )
    try:
        model.load_state_dict({name: tensor.float() for name, tensor in state.items()}, strict=True, assign=True)
    except RuntimeError as error:
        raise ValueError(f"the VQGAN's weights do not fit its config: {error}") from None
    for module in model.eval().requires_grad_(False).modules():
        if isinstance(module, fused.Upsample):
            module.fuse()
    return model


def placed(model: VQGAN, device: torch.device) -> VQGAN:
    """The model on the device, which must be its last, its decoder multiplying in the way that is fastest there.

    A decoder that ends in few channels has many only where its picture is still too small for Winograd to gain.
    """
    if devices.ways(device).sliced:
        if model.decoder.conv_out.in_channels in winograd.CHANNELS:  # type: ignore[union-attr, operator]
            winograd.fuse(model.decoder)
        for module in model.modules():
            if isinstance(module, norms.NormSiLU):
                module.sliced = True
    return devices.placed(model, device)
