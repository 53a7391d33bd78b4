"""Settings come from the environment."""

from pathlib import Path

import pytest

from core.settings import APP_ROOT, Settings


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
