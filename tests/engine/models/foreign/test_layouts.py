"""A CLIP that transformers saved computes as the same tensors in OpenAI's layout do."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from engine.models import convert
from engine.models.foreign.files import SourceError
from tests.engine.models.test_architecture import MODELS, Made, agrees, converted, options, told, transformers

State = dict[str, Tensor]


def saved_by_transformers(state: State) -> State:
    """The same weights under the names of transformers' CLIPModel."""
    made: State = {"logit_scale": state["logit_scale"], "visual_projection.weight": state["visual.proj"].T.contiguous(),
                   "text_projection.weight": state["text_projection"].T.contiguous()}  # fmt: skip
    text, vision = "text_model.", "vision_model."
    made[f"{text}embeddings.token_embedding.weight"] = state["token_embedding.weight"]
    made[f"{text}embeddings.position_embedding.weight"] = state["positional_embedding"]
    made[f"{vision}embeddings.class_embedding"] = state["visual.class_embedding"]
    made[f"{vision}embeddings.patch_embedding.weight"] = state["visual.conv1.weight"]
    made[f"{vision}embeddings.position_embedding.weight"] = state["visual.positional_embedding"]
    for kind in ("weight", "bias"):
        made[f"{text}final_layer_norm.{kind}"] = state[f"ln_final.{kind}"]
        made[f"{vision}pre_layrnorm.{kind}"] = state[f"visual.ln_pre.{kind}"]
        made[f"{vision}post_layernorm.{kind}"] = state[f"visual.ln_post.{kind}"]
        for side, ours in ((text, ""), (vision, "visual.")):
            for i in range(2):
                layer, block = f"{side}encoder.layers.{i}.", f"{ours}transformer.resblocks.{i}."
                for name, part in zip("qkv", state[f"{block}attn.in_proj_{kind}"].chunk(3), strict=True):
                    made[f"{layer}self_attn.{name}_proj.{kind}"] = part.contiguous()
                made[f"{layer}self_attn.out_proj.{kind}"] = state[f"{block}attn.out_proj.{kind}"]
                for theirs, mine in (("layer_norm1", "ln_1"), ("layer_norm2", "ln_2"), ("mlp.fc1", "mlp.c_fc"),
                                     ("mlp.fc2", "mlp.c_proj")):  # fmt: skip
                    made[f"{layer}{theirs}.{kind}"] = state[f"{block}{mine}.{kind}"]
    for side, length in ((text, 16), (vision, 17)):
        made[f"{side}embeddings.position_ids"] = torch.arange(length)[None]
    return made


@pytest.mark.parametrize("kind", ["safetensors", "bin"])
@pytest.mark.parametrize("made", MODELS, ids=str)
def test_what_transformers_saved_computes_as_in_openais_layout(tmp_path: Path, made: Made, kind: str) -> None:
    theirs = saved_by_transformers(made.state())
    if kind == "safetensors":
        save_file(theirs, tmp_path / "model.safetensors")
    else:
        torch.save({f"model.{name}": tensor for name, tensor in theirs.items()}, tmp_path / "model.bin")
    told(tmp_path / "config.json", transformers(made))
    agrees(converted(tmp_path / f"model.{kind}"), made.state(), made)


def test_it_is_told_by_its_owner_like_any_other(tmp_path: Path) -> None:
    save_file(saved_by_transformers(Made().state()), tmp_path / "model.safetensors")
    agrees(converted(tmp_path / "model.safetensors", *options(Made())), Made().state(), Made())
    with pytest.raises(SourceError, match="--activation"):
        convert.convert_perceptor(tmp_path / "model.safetensors", tmp_path / "x.safetensors")


@pytest.mark.parametrize("lost", [
    "text_model.encoder.layers.1.self_attn.k_proj.bias", "vision_model.encoder.layers.0.mlp.fc1.weight",
    "visual_projection.weight", "text_model.final_layer_norm.bias", "text_projection.weight",
])  # fmt: skip
def test_a_model_without_one_of_its_tensors_is_refused(tmp_path: Path, lost: str) -> None:
    theirs = saved_by_transformers(Made().state())
    del theirs[lost]
    save_file(theirs, tmp_path / "model.safetensors")
    told(tmp_path / "config.json", transformers(Made()))
    with pytest.raises(SourceError, match=r"model\.safetensors cannot be a perceptor") as error:
        convert.convert_perceptor(tmp_path / "model.safetensors", tmp_path / "x.safetensors")
    assert "\n" not in str(error.value) and not (tmp_path / "x.safetensors").exists()
