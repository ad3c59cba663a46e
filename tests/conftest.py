"""Small models with random weights: they paint nothing, but every path through the engine runs in milliseconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres import migrated_postgres, postgres_cluster, postgres_server, postgres_url

__all__ = ["migrated_postgres", "postgres_cluster", "postgres_server", "postgres_url", "weights_dir"]

DDCONFIG = {
    "double_z": False,
    "z_channels": 32,
    "resolution": 32,
    "in_channels": 3,
    "out_ch": 3,
    "ch": 32,
    "ch_mult": [1, 1, 2],
    "num_res_blocks": 1,
    "attn_resolutions": [],
    "dropout": 0.0,
}


@pytest.fixture(scope="session")
def weights_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder laid out like ``weights`` whose starter bundle is tiny and random."""
    import torch  # here, so that tests of the bot alone never load it
    from omegaconf import OmegaConf
    from safetensors.torch import save_file

    from engine.models import start, upstream, vqgan

    root = tmp_path_factory.mktemp("weights")
    starter = root / "starter"
    starter.mkdir()
    torch.manual_seed(0)
    model = vqgan.VQGAN(DDCONFIG, n_embed=64, embed_dim=8, norm_groups=8)
    torch.nn.init.normal_(model.codebook)
    save_file({name: tensor.half() for name, tensor in model.state_dict().items()}, starter / "vqgan.safetensors")
    params = {"ddconfig": DDCONFIG, "n_embed": 64, "embed_dim": 8, "norm_groups": 8}
    OmegaConf.save({"model": {"params": params}}, starter / "vqgan.yaml")
    words = upstream.clip_tokenizer().encode("a red blue green car circle at night on white background the")
    token_ids = torch.tensor([*sorted(set(words)), 49406, 49407])
    visions: dict[str, tuple[object, int, int | None]] = {"vit": (1, 64, 16), "resnet": ((1, 1, 1, 1), 8, None)}
    for name, (layers, width, patch) in visions.items():
        clip = upstream.clip_model().CLIP(32, 32, layers, width, patch, 16, len(token_ids), 64, 1, 1)
        state = {key: tensor.half() for key, tensor in clip.state_dict().items()}
        save_file({**state, "token_ids": token_ids}, starter / f"{name}.safetensors")
    (starter / "vocabulary.json").write_text(
        '{"kinds": {"things": "car, circle"}, "words": ["a", "at", "background", "blue", "car", "circle", "green", '
        '"night", "on", "red", "the", "white"]}'
    )
    network = start.StartNetwork(d=32, e=8, read=16, drawn=8)
    with torch.no_grad():
        network.paint.weight.mul_(8)  # else its z lies near one code in nearly each cell of each picture
    save_file({name: tensor.half() for name, tensor in network.state_dict().items()}, starter / "start.safetensors")
    return root
