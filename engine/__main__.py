"""``python -m engine convert``: the process that ``python -m bot weights`` spawns, since the bot loads no torch.

Exit codes: 0 written, 1 not written, 3 not written because the source is at fault. Sentences go to stderr.
"""

import argparse
import json
import sys
from pathlib import Path

from engine.models import convert, weights
from engine.models.architecture import ACTIVATIONS
from engine.models.foreign.files import SourceError

FAILED, BAD_SOURCE = 1, 3


def main(argv: list[str] | None = None) -> int:
    """Run the command and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m engine", description=__doc__)
    kinds = (
        parser.add_subparsers(dest="command", required=True)
        .add_parser("convert")
        .add_subparsers(dest="kind", required=True)
    )
    vqgan = kinds.add_parser("vqgan", help="a Lightning checkpoint (.ckpt) of taming's VQModel or GumbelVQ")
    clip = kinds.add_parser("clip", help="an OpenAI CLIP archive (.pt)")
    clip.add_argument("--sha256", required=True, help="the published hash: the folder in the file's address")
    perceptor = kinds.add_parser("perceptor", help="another CLIP (.pt, .bin or .safetensors)")
    perceptor.add_argument("--activation", choices=ACTIVATIONS)
    perceptor.add_argument("--heads", type=int, help="attention heads of the picture side")
    perceptor.add_argument("--text-heads", type=int, help="attention heads of the text side")
    for kind in (vqgan, clip, perceptor):
        kind.add_argument("source", type=Path)
        kind.add_argument("out", type=Path, help="the .safetensors file to write")
        kind.add_argument("--provenance", type=json.loads, help="a JSON object of texts for the file's metadata")
    vqgan.add_argument("--config", type=Path, required=True, help="the model's yaml")
    chosen = parser.parse_args(argv)
    try:
        if chosen.kind == "vqgan":
            convert.convert_vqgan(chosen.source, chosen.config, chosen.out, chosen.provenance)
        elif chosen.kind == "perceptor":
            owner = convert.Owner(activation=chosen.activation, heads=chosen.heads, text_heads=chosen.text_heads)
            convert.convert_perceptor(chosen.source, chosen.out, owner, chosen.provenance)
        else:
            convert.convert_clip(chosen.source, chosen.out, chosen.sha256, chosen.provenance)
    except (weights.WeightsError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return BAD_SOURCE if isinstance(error, SourceError) else FAILED
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
