"""Configurations that survive their JSON, and files that are written whole."""

import json
from pathlib import Path

import pytest

from core.config import FineTuneConfig, HeadConfig, TrainingConfig, config_from_dict, config_to_dict
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
