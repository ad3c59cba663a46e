"""A perceptor of any activation and number of heads computes as a plain implementation does, or is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from engine import __main__ as command
from engine.models import clip, convert, weights
from engine.models.architecture import Architecture
from engine.models.foreign.files import SourceError
from tests import published

State = dict[str, Tensor]
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "quickgelu": lambda x: x * torch.sigmoid(1.702 * x),
    "gelu": lambda x: 0.5 * x * (1 + torch.erf(x / 2**0.5)),
    "gelu-tanh": lambda x: 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3))),
}


@dataclass(frozen=True, kw_only=True)
class Made:
    """A small CLIP of a picture of 32 pixels and patches of 8, and how it computes."""

    activation: str = "gelu"
    width: int = 120
    heads: int = 5
    hidden: int = 480
    text_width: int = 72
    text_heads: int = 3

    def state(self) -> State:
        torch.manual_seed(0)
        words = {"": (self.text_width, 4 * self.text_width), "visual.": (self.width, self.hidden)}
        sizes: dict[str, tuple[int, ...]] = {
            "visual.conv1.weight": (self.width, 3, 8, 8), "visual.class_embedding": (self.width,),
            "visual.positional_embedding": (17, self.width), "visual.proj": (self.width, 24),
            "positional_embedding": (16, self.text_width), "token_embedding.weight": (49408, self.text_width),
            "text_projection": (self.text_width, 24), "logit_scale": (),
        }  # fmt: skip
        for side, (d, hidden) in words.items():
            for i in range(2):
                block = f"{side}transformer.resblocks.{i}."
                for name, shape in {"attn.in_proj_": (3 * d, d), "attn.out_proj.": (d, d), "mlp.c_fc.": (hidden, d),
                                    "mlp.c_proj.": (d, hidden), "ln_1.": (d,), "ln_2.": (d,)}.items():  # fmt: skip
                    sizes |= {f"{block}{name}weight": shape, f"{block}{name}bias": shape[:1]}
        for name, d in {"visual.ln_pre": self.width, "visual.ln_post": self.width, "ln_final": self.text_width}.items():
            sizes |= {f"{name}.weight": (d,), f"{name}.bias": (d,)}
        drawn = {name: torch.randn(shape) * (0.3 if len(shape) > 1 else 0.5) for name, shape in sizes.items()}
        return {name: tensor + (re.search(r"ln_\w+\.weight", name) is not None) for name, tensor in drawn.items()}


def block(state: State, name: str, x: Tensor, heads: int, activation: str, causal: bool) -> Tensor:
    """A block of the transformer, written out: x (n, l, d)."""

    def part(name_: str) -> tuple[Tensor, Tensor]:
        end = "" if name_.endswith("_") else "."
        return state[f"{name}{name_}{end}weight"], state[f"{name}{name_}{end}bias"]

    d = x.shape[-1]
    q, k, v = F.linear(F.layer_norm(x, (d,), *part("ln_1")), *part("attn.in_proj_")).chunk(3, -1)
    outs = []
    for i in range(heads):
        mine = slice(i * d // heads, (i + 1) * d // heads)
        scores = q[..., mine] @ k[..., mine].transpose(1, 2) / (d // heads) ** 0.5
        if causal:
            scores = scores + torch.full_like(scores, -torch.inf).triu(1)
        outs.append(scores.softmax(-1) @ v[..., mine])
    x = x + F.linear(torch.cat(outs, -1), *part("attn.out_proj"))
    hidden = ACTIVATIONS[activation](F.linear(F.layer_norm(x, (d,), *part("ln_2")), *part("mlp.c_fc")))
    return x + F.linear(hidden, *part("mlp.c_proj"))


def plain(
    state: State, made: Made, pictures: Tensor, tokens: Tensor, patch: int = 8, layers: int = 2
) -> tuple[Tensor, Tensor]:
    """The unit vectors of normalised pictures and of token rows, in float64."""
    state = {name: tensor.double() for name, tensor in state.items()}
    x = F.conv2d(pictures.double(), state["visual.conv1.weight"], stride=patch).flatten(2).transpose(1, 2)
    x = torch.cat([state["visual.class_embedding"].expand(len(x), 1, -1), x], 1) + state["visual.positional_embedding"]
    x = F.layer_norm(x, (made.width,), state["visual.ln_pre.weight"], state["visual.ln_pre.bias"])
    t = state["token_embedding.weight"][tokens] + state["positional_embedding"]
    for i in range(layers):
        x = block(state, f"visual.transformer.resblocks.{i}.", x, made.heads, made.activation, causal=False)
        t = block(state, f"transformer.resblocks.{i}.", t, made.text_heads, made.activation, causal=True)
    x = F.layer_norm(x[:, 0], (made.width,), state["visual.ln_post.weight"], state["visual.ln_post.bias"])
    t = F.layer_norm(t, (made.text_width,), state["ln_final.weight"], state["ln_final.bias"])
    t = t[torch.arange(len(t)), tokens.argmax(-1)]
    return F.normalize(x @ state["visual.proj"], dim=-1), F.normalize(t @ state["text_projection"], dim=-1)


def open_clip(made: Made) -> dict[str, Any]:
    vision: dict[str, Any] = {"image_size": 32, "layers": 2, "width": made.width, "patch_size": 8}
    text = {"context_length": 16, "vocab_size": 49408, "width": made.text_width, "heads": made.text_heads, "layers": 2}
    vision |= {"head_width": made.width // made.heads, "mlp_ratio": made.hidden / made.width}
    if made.activation == "gelu-tanh":
        vision["act_kwargs"] = text["act_kwargs"] = {"approximate": "tanh"}  # type: ignore[assignment]
    return {"embed_dim": 24, "quick_gelu": made.activation == "quickgelu", "vision_cfg": vision, "text_cfg": text}


def transformers(made: Made) -> dict[str, Any]:
    names = {"quickgelu": "quick_gelu", "gelu": "gelu", "gelu-tanh": "gelu_pytorch_tanh"}
    both = {"num_hidden_layers": 2, "hidden_act": names[made.activation]}
    vision = {**both, "hidden_size": made.width, "num_attention_heads": made.heads, "image_size": 32, "patch_size": 8}
    text = {**both, "hidden_size": made.text_width, "num_attention_heads": made.text_heads, "vocab_size": 49408,
            "max_position_embeddings": 16}  # fmt: skip
    return {"model_type": "clip", "projection_dim": 24, "vision_config": vision, "text_config": text}


def options(made: Made) -> list[str]:
    return ["--activation", made.activation, "--heads", str(made.heads), "--text-heads", str(made.text_heads)]


WAYS: dict[str, Callable[[Path, Made], list[str]]] = {
    "flags": lambda folder, made: options(made),
    "open_clip": lambda folder, made: told(folder / "open_clip_config.json", {"model_cfg": open_clip(made)}),
    "open_clip's list": lambda folder, made: told(folder / "vit.json", open_clip(made)),
    "transformers": lambda folder, made: told(folder / "config.json", transformers(made)),
    "both": lambda folder, made: [*told(folder / "vit.json", open_clip(made)), *options(made)],
}


def told(path: Path, content: Any) -> list[str]:
    path.write_text(json.dumps(content))
    return []


def converted(source: Path, *arguments: str) -> clip.CLIP:
    out = source.with_name("out.safetensors")
    assert command.main(["convert", "perceptor", str(source), str(out), *arguments]) == 0
    return clip.from_files(weights.load(out), None, weights.metadata(out))


def agrees(perceptor: clip.CLIP, state: State, made: Made) -> None:
    pictures = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    tokens = perceptor.tokenize(["a red car", "an owl", "two"])
    seen, read = plain(state, made, (pictures - perceptor.mean) / perceptor.std, tokens)
    torch.testing.assert_close(perceptor.embed_images(pictures).double(), seen, atol=1e-5, rtol=0)
    torch.testing.assert_close(perceptor.embed_text(["a red car", "an owl", "two"]).double(), read, atol=1e-5, rtol=0)


MODELS = [
    Made(), Made(activation="quickgelu"), Made(activation="gelu-tanh"), Made(heads=1, text_heads=1),
    Made(width=208, heads=13, hidden=1024, text_width=64, text_heads=8), Made(width=64, heads=1, activation="gelu"),
    Made(width=60, heads=15, text_width=30, text_heads=5, hidden=100),
]  # fmt: skip


@pytest.mark.parametrize("way", sorted(WAYS))
@pytest.mark.parametrize("made", MODELS, ids=str)
def test_whoever_tells_how_a_clip_computes_it_computes_so(tmp_path: Path, made: Made, way: str) -> None:
    state = made.state()
    torch.save({"state_dict": {f"module.{name}": tensor for name, tensor in state.items()}}, tmp_path / "vit.pt")
    agrees(converted(tmp_path / "vit.pt", *WAYS[way](tmp_path, made)), state, made)


@pytest.mark.parametrize("change", [{"activation": "quickgelu"}, {"heads": 4}, {"text_heads": 2}])
def test_another_activation_or_number_of_heads_gives_other_vectors(tmp_path: Path, change: dict[str, Any]) -> None:
    made = Made()
    save_file(made.state(), tmp_path / "vit.safetensors")
    perceptor = converted(tmp_path / "vit.safetensors", *options(replace(made, **change)))
    with pytest.raises(AssertionError):
        agrees(perceptor, made.state(), made)


@pytest.mark.parametrize("layout", ["text apart", "halves", "with masks"])
def test_open_clips_layouts_are_one_model(tmp_path: Path, layout: str) -> None:
    made, state = Made(), Made().state()
    saved = {
        "text apart": {(n if n.startswith(("visual.", "logit")) else f"text.{n}"): t for n, t in state.items()},
        "halves": {name: tensor.half() for name, tensor in state.items()},
        "with masks": {**state, "attn_mask": torch.zeros(16, 16)},
    }[layout]
    torch.save(saved, tmp_path / "vit.bin")
    kept = {name: saved[name].float() for name in state} if layout == "halves" else state
    agrees(converted(tmp_path / "vit.bin", *options(made)), kept, made)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_a_torchscript_archive_of_unknown_origin_is_read_without_running_it(tmp_path: Path) -> None:
    archive = published.clip_archive(tmp_path / "tiny.pt")
    stored = torch.jit.load(archive).state_dict()
    perceptor = converted(archive, "--activation", "gelu", "--heads", "1", "--text-heads", "1")
    made = Made(activation="gelu", width=64, heads=1, text_width=64, text_heads=1)
    kept = {name: tensor.float() for name, tensor in stored.items()}
    pictures = torch.rand(2, 3, 32, 32)
    tokens = perceptor.tokenize(["a red car", "an owl"])
    seen, read = plain(kept, made, (pictures - perceptor.mean) / perceptor.std, tokens, patch=16, layers=1)
    torch.testing.assert_close(perceptor.embed_images(pictures).double(), seen, atol=1e-5, rtol=0)
    torch.testing.assert_close(perceptor.embed_text(["a red car", "an owl"]).double(), read, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "its config.json beside it or --activation"),
        (["--activation", "gelu"], "120 channels of its picture side is not known. Say it with --heads"),
        (
            ["--activation", "gelu", "--heads", "5"],
            "72 channels of its text side is not known. Say it with --text-heads",
        ),
        (["--activation", "gelu", "--heads", "7", "--text-heads", "3"], "7 heads cannot share out the 120"),
        (["--activation", "gelu", "--heads", "0", "--text-heads", "3"], "0 heads cannot share out the 120"),
        (["--activation", "gelu", "--heads", "5", "--text-heads", "-3"], "-3 heads cannot share out the 72"),
    ],
)
def test_what_nobody_tells_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    save_file(Made().state(), tmp_path / "vit.safetensors")
    out = tmp_path / "out.safetensors"
    source = str(tmp_path / "vit.safetensors")
    assert command.main(["convert", "perceptor", source, str(out), *arguments]) == command.BAD_SOURCE
    assert says in capsys.readouterr().err and not out.exists()


def wrong(made: Made, part: str, **changes: Any) -> dict[str, Any]:
    config = open_clip(made)
    (config[part] if part else config).update(changes)
    return config


@pytest.mark.parametrize(("config", "says"), [
    (wrong(Made(), "vision_cfg", width=768), "is of another model: its vision width is 768"),
    (wrong(Made(), "text_cfg", layers=12), "its text layers is 12"),
    (wrong(Made(), "", embed_dim=512), "its embedding is 512"),
    (wrong(Made(), "vision_cfg", ls_init_value=1e-4), "ls_init_value = 0.0001, which Faraday's CLIP does not compute"),
    (wrong(Made(), "vision_cfg", timm_model_name="vit_base"), "timm_model_name"),
    (wrong(Made(), "text_cfg", hf_model_name="roberta-base"), "hf_model_name"),
    (wrong(Made(), "text_cfg", pool_type="last"), "pool_type = 'last'"),
    (wrong(Made(), "text_cfg", act_kwargs={"approximate": "tanh"}), "different activations"),
    (wrong(Made(), "vision_cfg", head_width=0), "no config of a CLIP"),
    ({"model_cfg": open_clip(Made()), "preprocess_cfg": {"std": [0, 1, 1]}}, "std"),
    ({"model_cfg": open_clip(Made()), "preprocess_cfg": {"mean": ["a", 1, 1]}}, "three numbers"),
    ({**transformers(Made()), "vision_config": {"hidden_act": "relu"}}, "cannot be used"),
    ([], "no config of a CLIP"), (None, "no config of a CLIP"), ({"vision_cfg": 3, "text_cfg": 3}, "no config"),
])  # fmt: skip
def test_a_config_of_another_model_is_refused(tmp_path: Path, config: Any, says: str) -> None:
    save_file(Made().state(), tmp_path / "vit.safetensors")
    told(tmp_path / "vit.json", config)
    with pytest.raises(SourceError, match=re.escape(says)) as error:
        convert.convert_perceptor(tmp_path / "vit.safetensors", tmp_path / "out.safetensors")
    assert "vit.json" in str(error.value) or "mean" in str(error.value)


def test_an_option_against_the_config_is_refused(tmp_path: Path) -> None:
    save_file(Made().state(), tmp_path / "vit.safetensors")
    told(tmp_path / "vit.json", open_clip(Made()))
    for owner in (convert.Owner(activation="quickgelu"), convert.Owner(heads=4), convert.Owner(text_heads=1)):
        with pytest.raises(SourceError, match="Leave the option out"):
            convert.convert_perceptor(tmp_path / "vit.safetensors", tmp_path / "out.safetensors", owner)


def test_a_config_json_of_something_else_says_nothing(tmp_path: Path) -> None:
    save_file(Made().state(), tmp_path / "vit.safetensors")
    for text in ('{"token": "x"}', "[]", "words", '{"a":' * 9000):
        (tmp_path / "config.json").write_text(text)
        agrees(converted(tmp_path / "vit.safetensors", *options(Made())), Made().state(), Made())


def test_pixels_are_normalised_as_the_config_says(tmp_path: Path) -> None:
    made, state = Made(), Made().state()
    save_file(state, tmp_path / "vit.safetensors")
    pixels = {"mean": [0.5, 0.4, 0.3], "std": [0.5, 0.6, 0.7]}
    told(tmp_path / "vit.json", {"model_cfg": open_clip(made), "preprocess_cfg": pixels})
    perceptor = converted(tmp_path / "vit.safetensors")
    assert perceptor.mean.flatten().tolist() == pytest.approx(pixels["mean"])
    agrees(perceptor, state, made)


def test_the_engine_computes_nothing_that_it_is_not_told(tmp_path: Path) -> None:
    made, state = Made(), Made().state()
    with pytest.raises(ValueError, match="weights add"):
        clip.from_files(state, None, {})
    told(tmp_path / "config.json", open_clip(made))
    agrees(clip.from_files(state, tmp_path / "config.json", {}), state, made)
    with pytest.raises(ValueError, match="damaged"):
        clip.from_files(state, None, {"clip": '{"colour": 3}'})
    trained = Made(width=128, heads=2, hidden=512, activation="quickgelu")
    own = {**trained.state(), "text_heads": torch.tensor(3)}
    agrees(clip.from_files(own, None, {}), trained.state(), trained)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_a_resnets_pool_has_the_heads_and_its_text_side_the_activation(activation: str) -> None:
    from engine.models import upstream

    torch.manual_seed(0)
    original: Any = upstream.clip_model().CLIP(24, 64, (1, 1, 1, 1), 12, None, 16, 49408, 64, 1, 1).eval()
    original.visual.attnpool.num_heads = 3
    for one in original.transformer.resblocks:
        one.mlp.gelu.forward = ACTIVATIONS[activation]
    built = clip.build(original.state_dict(), Architecture(activation=activation, vision_heads=3))
    pictures, tokens = torch.rand(2, 3, 64, 64), built.tokenize(["a red car", "owl"])
    with torch.no_grad():
        seen = F.normalize(original.encode_image((pictures - built.mean) / built.std), dim=-1)
        read = F.normalize(original.encode_text(tokens), dim=-1)
    torch.testing.assert_close(built.embed_images(pictures), seen, atol=1e-5, rtol=0)
    torch.testing.assert_close(built.embed_text(["a red car", "owl"]), read, atol=1e-5, rtol=0)
