"""Settings from the environment, and configurations that survive their JSON."""

import json
from pathlib import Path

import pytest

from core.config import (
    APP_ROOT,
    FineTuneConfig,
    HeadConfig,
    Settings,
    TrainingConfig,
    config_from_dict,
    config_to_dict,
)
from core.files import read_json, replace_file, write_json

HEAD = HeadConfig("data", "v1", head="classic", training=TrainingConfig(optimizer="sgd", seed=9))


@pytest.mark.parametrize("config", [HEAD, FineTuneConfig("run", HEAD, "block5", scope="only")])
def test_a_configuration_survives_json(config: HeadConfig | FineTuneConfig) -> None:
    assert config_from_dict(json.loads(json.dumps(config_to_dict(config)))) == config


def test_what_an_older_version_did_not_write_takes_its_default() -> None:
    values = config_to_dict(HEAD)
    del values["dropout"], values["training"]["batch_size"]

    config = config_from_dict(values)

    assert isinstance(config, HeadConfig)
    assert (config.dropout, config.training.batch_size) == (0.2, 32)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        config_from_dict({"kind": "surprise"})


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UNFREEZE_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("UNFREEZE_MAX_PIXELS", "1000")
    monkeypatch.setenv("UNFREEZE_QUEUE", "off")

    settings = Settings.from_environment()

    assert (settings.workspace, settings.max_pixels, settings.queue) == (tmp_path, 1000, False)
    assert settings.runs_dir == tmp_path / "runs"


def test_without_it_the_workspace_lies_beside_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNFREEZE_WORKSPACE", raising=False)

    assert Settings.from_environment().workspace == APP_ROOT / "workspace"


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_json(path, {"old": True})

    def fail(part: Path) -> None:
        part.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        replace_file(path, fail)

    assert read_json(path) == {"old": True}
    assert list(tmp_path.iterdir()) == [path]
