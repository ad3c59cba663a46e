"""``python -m engine convert``: the process that ``python -m bot weights`` spawns, since the bot loads no torch.

Exit codes: 0 written, 1 not written, 3 not written because the source is at fault. Sentences go to stderr.
"""

import argparse
import json
import sys
from pathlib import Path

from engine.models import convert, weights
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
    for kind in (vqgan, clip):
        kind.add_argument("source", type=Path)
        kind.add_argument("out", type=Path, help="the .safetensors file to write")
        kind.add_argument("--provenance", type=json.loads, help="a JSON object of texts for the file's metadata")
    vqgan.add_argument("--config", type=Path, required=True, help="the model's yaml")
    chosen = parser.parse_args(argv)
    try:
        if chosen.kind == "vqgan":
            convert.convert_vqgan(chosen.source, chosen.config, chosen.out, chosen.provenance)
        else:
            convert.convert_clip(chosen.source, chosen.out, chosen.sha256, chosen.provenance)
    except (weights.WeightsError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return BAD_SOURCE if isinstance(error, SourceError) else FAILED
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
