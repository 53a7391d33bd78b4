"""The systemd unit is one that systemd understands."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import APP_ROOT

ANALYZE = shutil.which("systemd-analyze")


@pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze on this machine")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    text = (APP_ROOT / "deploy" / "unfreeze.service").read_text()
    for program in ("python", "streamlit"):
        text = text.replace(f"/opt/unfreeze/.venv/bin/{program}", sys.executable)
    unit = tmp_path / "unfreeze.service"
    unit.write_text(text)

    done = subprocess.run(
        [str(ANALYZE), "verify", str(unit)], capture_output=True, text=True, check=False
    )

    assert "unfreeze.service" not in done.stderr
    unit.write_text(text.replace("Restart=on-failure", "Restart=perhaps"))
    done = subprocess.run([str(ANALYZE), "verify", str(unit)], capture_output=True, text=True)
    assert "perhaps" in done.stderr
