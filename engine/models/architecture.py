"""Say what a CLIP's tensors do not tell: its activation, its numbers of heads, and how it normalises pixels.

OpenAI's models have QuickGELU and heads of 64 channels. Most others have GELU, and the large ones wider heads. With the
wrong ones a model still computes something, so nothing is assumed: the file, a config or its owner must tell.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

from torch import Tensor, nn

from engine.messages.mistaken import mistaken
from engine.models import upstream

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    "quickgelu": lambda: upstream.clip_model().QuickGELU(),
    "gelu": nn.GELU,
    "gelu-tanh": partial(nn.GELU, approximate="tanh"),
}
UNKNOWN: Final = (
    "Its tensors do not tell whether it computes with GELU or QuickGELU. Add it with `python -m bot weights add`, with "
    "its config.json beside it or --activation quickgelu (OpenAI's) or gelu (LAION's and most others)."
)
_METADATA: Final = "clip"  # the key of a file's metadata
_HEAD = 64  # channels of a head in OpenAI's models
_KNOWN_VISION, _KNOWN_TEXT = (768, 896, 1024), (512, 640, 768, 1024, 1280)  # widths whose published heads have 64
_CONFIG_LIMIT = 1 << 20  # bytes
_HF_ACTIVATIONS = {
    "quick_gelu": "quickgelu", "gelu": "gelu", "gelu_python": "gelu", "gelu_new": "gelu-tanh",
    "gelu_pytorch_tanh": "gelu-tanh",
}  # fmt: skip
_HARMLESS: Final = {
    "patch_dropout", "init_logit_scale", "custom_text", "attn_pooler_queries", "attn_pooler_heads", "n_queries",
    "pad_id", "hf_proj_type", "hf_pooler_type", "hf_model_pretrained", "timm_proj", "timm_pool",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The sizes that the tensors of a CLIP tell. A ResNet has no ``patch``, and a number of layers for each stage."""

    embedding: int
    image: int
    patch: int | None
    vision_width: int
    vision_layers: int | tuple[int, ...]
    context: int
    vocabulary: int
    text_width: int
    text_layers: int

    @classmethod
    def of(cls, state: Mapping[str, Tensor]) -> Self:
        """Read the sizes. Raises KeyError, IndexError and ValueError for what is no CLIP."""
        context, text_width = state["positional_embedding"].shape
        common = {
            "embedding": state["text_projection"].shape[1],
            "context": context,
            "vocabulary": state["token_embedding.weight"].shape[0],
            "text_width": text_width,
            "text_layers": _count(state, "transformer.resblocks."),
        }
        first = state["visual.conv1.weight"]
        if "visual.proj" in state:
            side = round((len(state["visual.positional_embedding"]) - 1) ** 0.5)
            layers: int | tuple[int, ...] = _count(state, "visual.transformer.resblocks.")
            return cls(**common, image=first.shape[-1] * side, patch=first.shape[-1], vision_width=first.shape[0],
                       vision_layers=layers)  # fmt: skip
        side = round((len(state["visual.attnpool.positional_embedding"]) - 1) ** 0.5)
        width = state["visual.layer1.0.conv1.weight"].shape[0]
        layers = tuple(_count(state, f"visual.layer{stage}.") for stage in (1, 2, 3, 4))
        return cls(**common, image=32 * side, patch=None, vision_width=width, vision_layers=layers)

    @property
    def pooled_width(self) -> int:
        """Return the width that the heads of the picture side share out."""
        return self.vision_width if self.patch else 32 * self.vision_width


def _count(state: Mapping[str, Tensor], prefix: str) -> int:
    return len({name[len(prefix) :].split(".")[0] for name in state if name.startswith(prefix)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """Hold what a CLIP's tensors do not tell. None for a number of heads means OpenAI's heads of 64 channels."""

    activation: str = "quickgelu"  # a name in ACTIVATIONS
    vision_heads: int | None = None
    text_heads: int | None = None
    mean: tuple[float, ...] = MEAN
    std: tuple[float, ...] = STD

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"There is no activation “{self.activation}”. Choose one of: {', '.join(ACTIVATIONS)}.")
        for three in (self.mean, self.std):
            if len(three) != 3 or not all(isinstance(one, int | float) for one in three):
                raise ValueError("The mean and the std of a CLIP's pixels must be three numbers each.")
        if min(self.std) <= 0:
            raise ValueError("The std of a CLIP's pixels must be above 0.")

    def heads(self, sizes: Sizes) -> tuple[int, int]:
        """Return the heads of the picture side and of the text side. Raises ValueError if they do not fit."""
        found = []
        for side, told, width in (
            ("picture", self.vision_heads, sizes.pooled_width),
            ("text", self.text_heads, sizes.text_width),
        ):
            heads = max(width // _HEAD, 1) if told is None else told
            if type(heads) is not int or heads < 1 or width % heads:
                raise ValueError(f"{heads} heads cannot share out the {width} channels of its {side} side.")
            found.append(heads)
        return found[0], found[1]

    def metadata(self) -> dict[str, str]:
        """Return what a file's metadata say of it."""
        return {_METADATA: json.dumps(asdict(self))}


def told(state: Mapping[str, Tensor], metadata: Mapping[str, str]) -> Architecture | None:
    """Return what a file itself tells, or None. Raises ValueError for damaged metadata."""
    if _METADATA in metadata:
        return _read(json.loads(metadata[_METADATA]))
    if "source_sha256" in metadata or "token_ids" in state or "text_heads" in state:
        # Conversion checked that it is OpenAI's, or Faraday trained it in the same way.
        return Architecture(text_heads=int(state["text_heads"]) if "text_heads" in state else None)
    return None


def by_hand(sizes: Sizes, activation: str | None, heads: int | None, text_heads: int | None) -> Architecture:
    """Return what the owner says. Raises ValueError that asks for what is neither said nor known of such sizes."""
    if activation is None:
        raise ValueError(UNKNOWN)
    if heads is None and sizes.patch and sizes.vision_width not in _KNOWN_VISION:
        raise ValueError(
            f"How many heads share out the {sizes.vision_width} channels of its picture side is not known. Say it with "
            "--heads; its config has it, or the width of a head to divide by."
        )
    if text_heads is None and sizes.text_width not in _KNOWN_TEXT:
        raise ValueError(
            f"How many heads share out the {sizes.text_width} channels of its text side is not known. Say it with "
            "--text-heads; its config has it."
        )
    return Architecture(activation=activation, vision_heads=heads, text_heads=text_heads)


def beside(file: Path) -> Path | None:
    """Return the config that lies beside weights, if one does. A config.json may belong to something else."""
    for name in (f"{file.stem}.json", "open_clip_config.json", "config.json"):
        path = file.with_name(name)
        if path.is_file() and (name != "config.json" or _is_of_a_clip(path)):
            return path
    return None


def _is_of_a_clip(path: Path) -> bool:
    try:
        with path.open("rb") as read:
            content = json.loads(read.read(_CONFIG_LIMIT))
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and not content.keys().isdisjoint(("vision_config", "vision_cfg", "model_cfg"))


def from_config(path: Path, sizes: Sizes) -> Architecture:
    """Read a config of open_clip or transformers. Raises ValueError if it cannot be used or is of another model."""
    if path.stat().st_size > _CONFIG_LIMIT:
        raise ValueError(f"{path.name} is too large for a config. Name the json that belongs to the weights.")
    if wrong := mistaken(path, text=True):
        raise ValueError(wrong)
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(config.get("vision_config"), dict) and config.get("model_type") == "clip":
            found, wanted = _of_transformers(config)
        else:
            found, wanted = _of_open_clip(config, resnet=sizes.patch is None)
    except (KeyError, TypeError, AttributeError, RecursionError, ZeroDivisionError, UnicodeError,
            json.JSONDecodeError) as error:  # fmt: skip
        raise ValueError(f"{path.name} is no config of a CLIP ({error!r}). Put the model's own in its place.") from None
    except ValueError as error:
        raise ValueError(f"{path.name} cannot be used. {error}") from None
    has = asdict(sizes)
    for name, value in wanted.items():
        if has[name] != value:
            raise ValueError(
                f"{path.name} is of another model: its {name.replace('_', ' ')} is {value} and the weights' is "
                f"{has[name]}. Put the model's own config in its place."
            )
    return found


def _of_open_clip(config: Mapping[str, Any], *, resnet: bool) -> tuple[Architecture, dict[str, Any]]:
    """Read open_clip_config.json, or the part of it that its list of models has. Left out are open_clip's defaults."""
    model, pixels = config.get("model_cfg", config), config.get("preprocess_cfg") or {}
    vision, text = model["vision_cfg"], model["text_cfg"]
    _only(model, {"embed_dim", "vision_cfg", "text_cfg", "quick_gelu"})
    _only(vision, {"layers", "width", "head_width", "patch_size", "image_size", "mlp_ratio", "act_kwargs"})
    _only(text, {"context_length", "vocab_size", "width", "heads", "layers", "mlp_ratio", "act_kwargs"})
    width, layers = vision.get("width", 768), vision.get("layers", 12)
    kinds = {json.dumps(part.get("act_kwargs") or {}) for part in (vision, text)}
    if not kinds <= {"{}", '{"approximate": "tanh"}'} or len(kinds) > 1:
        raise ValueError("Its sides have different activations, which Faraday's CLIP has not. Use another model.")
    gelu = "gelu" if kinds == {"{}"} else "gelu-tanh"
    image = vision.get("image_size", 224)
    sizes = {
        "embedding": model["embed_dim"],
        "image": image[0] if isinstance(image, list) else image,
        "vision_width": width,
        "vision_layers": tuple(layers) if isinstance(layers, list) else layers,
        "context": text.get("context_length", 77),
        "vocabulary": text.get("vocab_size", 49408),
        "text_width": text.get("width", 512),
        "text_layers": text.get("layers", 12),
    }
    sizes |= {} if resnet else {"patch": vision.get("patch_size", 16)}
    return Architecture(
        activation="quickgelu" if model.get("quick_gelu") else gelu,
        vision_heads=(32 * width if resnet else width) // vision.get("head_width", 64),
        text_heads=text.get("heads", 8),
        mean=tuple(pixels.get("mean") or MEAN),
        std=tuple(pixels.get("std") or STD),
    ), sizes


def _only(part: Mapping[str, Any], known: set[str]) -> None:
    """Raise ValueError if a config switches on something that the model here has not."""
    usual = {"pool_type": ("tok", "argmax"), "proj_type": ("linear",), "timm_drop": (0.0,)}
    for name, value in part.items():
        if value and name not in known | _HARMLESS and value not in usual.get(name, ()):
            raise ValueError(f"It says {name} = {value!r}, which Faraday's CLIP does not compute. Use another model.")


def _of_transformers(config: Mapping[str, Any]) -> tuple[Architecture, dict[str, Any]]:
    """Read a config.json of transformers. Left out are its defaults, which are those of ViT-B/32."""
    vision, text = config["vision_config"], config.get("text_config") or {}
    activations = {part.get("hidden_act", "quick_gelu") for part in (vision, text)}
    (activation,) = {_HF_ACTIVATIONS.get(name, name) for name in activations}
    if any(part.get("layer_norm_eps", 1e-5) != 1e-5 for part in (vision, text)):
        raise ValueError("Its layer norms are not OpenAI's, which Faraday's CLIP does not compute. Use another model.")
    sizes = {
        "embedding": config.get("projection_dim", 512),
        "image": vision.get("image_size", 224),
        "patch": vision.get("patch_size", 32),
        "vision_width": vision.get("hidden_size", 768),
        "vision_layers": vision.get("num_hidden_layers", 12),
        "context": text.get("max_position_embeddings", 77),
        "vocabulary": text.get("vocab_size", 49408),
        "text_width": text.get("hidden_size", 512),
        "text_layers": text.get("num_hidden_layers", 12),
    }
    return Architecture(
        activation=activation,
        vision_heads=vision.get("num_attention_heads", 12),
        text_heads=text.get("num_attention_heads", 8),
    ), sizes


def _read(values: Mapping[str, Any]) -> Architecture:
    try:
        return Architecture(**{**values, "mean": tuple(values["mean"]), "std": tuple(values["std"])})
    except (TypeError, KeyError) as error:
        raise ValueError(f"What its file says of it is damaged ({error!r}). Add it again.") from None
