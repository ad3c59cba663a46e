from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import decoder_losses
from training.models.evaluate import load_clip, load_vqgan


def test_every_trial_is_measured_and_no_file_changes(
    weights_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    starter = weights_dir / "starter"
    before = (starter / "vqgan.safetensors").read_bytes()
    decoder_losses.main(steps=1, pictures=2, weights=starter, runs=tmp_path, families=1)
    told = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert told == ["as shipped", *decoder_losses.TRIALS]
    assert (starter / "vqgan.safetensors").read_bytes() == before


def test_each_loss_trains_the_decoder_its_own_way_and_the_encoder_not_at_all(weights_dir: Path) -> None:
    drawn, decoded = np.random.default_rng(0).integers(256, size=(4, 64, 64, 3), dtype=np.uint8), []
    enlarging = "decoder.up.1.upsample.conv.weight"
    shipped = load_vqgan(weights_dir / "starter").state_dict()
    z = torch.randn(1, 8, 4, 4, generator=torch.Generator().manual_seed(1))
    for losses in decoder_losses.TRIALS.values():
        torch.manual_seed(0)
        generator = load_vqgan(weights_dir / "starter")
        decoder_losses.train(generator, load_clip(weights_dir / "starter", "resnet"), losses, drawn, steps=3)
        decoded.append(generator.decode(z))
        trained = generator.state_dict()
        assert all(torch.equal(trained[name], shipped[name]) for name in shipped if name.startswith("encoder."))
        assert not torch.equal(trained[enlarging], shipped[enlarging])
    assert not torch.equal(decoded[0], decoded[1])
    assert not torch.equal(decoded[1], decoded[2])
