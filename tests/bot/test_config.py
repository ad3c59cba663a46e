"""Settings: the example documents every one, and a bad one is explained."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from bot.config import Config, EngineSection
from bot.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


@pytest.fixture(autouse=True)
def _no_token_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FARADAY_TOKEN", raising=False)


def explain(text: str, tmp_path: Path) -> str:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        Config.load(path)
    return str(caught.value)


def test_example_documents_every_setting_with_its_default() -> None:
    example = tomllib.loads(EXAMPLE.read_text())
    defaults = {name: section.model_dump(mode="json") for name, section in Config()}
    assert example == defaults
    assert Config.load(EXAMPLE) == Config()


def test_example_comments_on_every_setting() -> None:
    """A comment stands above each key, or above the key right before it (they then share it)."""
    commented, undocumented = False, []
    for line in EXAMPLE.read_text().splitlines():
        if not line.strip() or line.startswith("["):
            commented = False
        elif line.startswith("#"):
            commented = True
        elif (key := re.match(r"\w+", line)) and not commented:
            undocumented.append(key.group())
    assert undocumented == []


def test_unknown_key_is_named_and_the_likely_one_suggested(tmp_path: Path) -> None:
    message = explain("[engine]\nslot = 2\n", tmp_path)
    assert "config.toml cannot be used" in message
    assert "[engine] slot is not a setting. Did you mean slots?" in message


def test_unknown_section_lists_the_known_ones(tmp_path: Path) -> None:
    message = explain("[health]\n", tmp_path)
    assert "[health] is not a setting. Remove it. Known here: discord, engine" in message


def test_bad_value_says_what_to_write(tmp_path: Path) -> None:
    message = explain('[engine]\nslots = -1\ndevice = "tpu"\n[log]\nlevel = "loud"\n', tmp_path)
    assert "[engine] slots: Input should be greater than or equal to 0. Write how many runs" in message
    assert "[engine] device: " in message and 'Write "auto", "cpu", "cuda" or "cuda:0", or a list' in message
    assert "[log] level" in message


def test_a_precision_that_does_not_exist_is_one_complaint(tmp_path: Path) -> None:
    message = explain('[engine]\nprecision = "half"\n', tmp_path)
    assert message.count("[engine] precision: ") == 1 and 'Write "auto", "fp32" or "bf16".' in message


def test_memory_is_found_by_itself_or_a_size(tmp_path: Path) -> None:
    sizes = {"auto": 0, "900 MiB": 900 * 2**20, "1.5GiB": 3 * 2**29}
    assert {size: EngineSection(memory=size).memory_bytes for size in sizes} == sizes
    for bad in ("much", "-1 GiB", "6 GB", "GiB"):
        message = explain(f'[engine]\nmemory = "{bad}"\n', tmp_path)
        assert "[engine] memory: " in message and 'Write "auto", or a size as "6 GiB" or "900 MiB".' in message


def test_a_bad_item_of_a_list_names_its_key(tmp_path: Path) -> None:
    assert "[discord] guild_ids: " in explain('[discord]\nguild_ids = ["mine"]\n', tmp_path)


def test_a_device_or_a_list_of_them_has_an_engine_each(tmp_path: Path) -> None:
    def device(written: str) -> tuple[str, ...]:
        path = tmp_path / "config.toml"
        path.write_text(f"[engine]\ndevice = {written}\n")
        return Config.load(path).engine.device

    assert device('"cuda:1"') == ("cuda:1",)
    assert device('["cuda:0", "cuda:1", "cpu", "cpu"]') == ("cuda:0", "cuda:1", "cpu", "cpu")
    with pytest.raises(ConfigError, match="names a GPU twice"):
        device('["cuda", "cuda:0"]')
    with pytest.raises(ConfigError, match='others beside "auto"'):
        device('["auto", "cpu"]')
    for wrong in ('["gpu"]', "[]", "3"):
        with pytest.raises(ConfigError, match=r"\[engine\] device: .*Write \"auto\""):
            device(wrong)


def test_default_bundle_must_be_loaded(tmp_path: Path) -> None:
    message = explain('[engine]\nbundles = ["imagenet-1024"]\n', tmp_path)
    assert "[engine]: default_bundle is “starter”, which is not among bundles." in message


def test_broken_toml_and_missing_file_are_explained(tmp_path: Path) -> None:
    assert "is not valid TOML" in explain("[discord]\ntoken = abc\n", tmp_path)
    with pytest.raises(ConfigError, match=r"nowhere\.toml does not exist\. Copy config\.example\.toml"):
        Config.load(tmp_path / "nowhere.toml")


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Config.load() == Config()


def test_the_environment_wins_over_the_file_and_the_token_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[discord]\ntoken = "from-the-file"\n')
    monkeypatch.setenv("FARADAY_TOKEN", "from-the-environment\n")
    config = Config.load(path)
    assert config.discord.token.get_secret_value() == "from-the-environment"
    assert "from-the" not in repr(config)
