"""``python -m engine convert``: published weights to safetensors."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine import weights


def main(argv: list[str] | None = None) -> int:
    """Exit code 0 when the file was written, 1 with a sentence on stderr when it was not."""
    parser = argparse.ArgumentParser(prog="python -m engine", description=__doc__)
    convert = parser.add_subparsers(dest="command", required=True).add_parser("convert")
    kinds = convert.add_subparsers(dest="kind", required=True)
    vqgan = kinds.add_parser("vqgan", help="a Lightning checkpoint (.ckpt) of taming's VQModel")
    clip = kinds.add_parser("clip", help="an OpenAI CLIP archive (.pt)")
    clip.add_argument("--sha256", required=True, help="the published hash: the folder in the file's address")
    for kind in (vqgan, clip):
        kind.add_argument("source", type=Path)
        kind.add_argument("out", type=Path, help="the .safetensors file to write")
    chosen = parser.parse_args(argv)
    try:
        if chosen.kind == "vqgan":
            weights.convert_vqgan(chosen.source, chosen.out)
        else:
            weights.convert_clip(chosen.source, chosen.out, chosen.sha256)
    except (weights.WeightsError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
