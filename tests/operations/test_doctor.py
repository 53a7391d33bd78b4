"""The doctor names what is missing or unsafe, and the way out."""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.doctor import Finding, Level, Listening, configured, examine
from core.doctor.files import BUNDLED, check_bundled, check_secrets, check_workspace
from core.doctor.machine import check_python_and_packages
from core.doctor.network import check_address, check_queue
from core.jobs.process import record_process
from core.queue import scheduler
from core.settings import APP_ROOT, Settings

EVERYWHERE = "0.0.0.0"  # noqa: S104 - told of, or bound for a moment


def bad(findings: Iterator[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level is not Level.OK]


def test_a_sound_installation_has_no_problem(settings: Settings) -> None:
    settings.workspace.chmod(0o750)

    found = examine(settings, Listening())

    assert [f for f in found if f.level is Level.PROBLEM] == []
    assert {
        "Weights",
        "Workspace",
        "Disk",
        "Permissions",
        "Packages",
        "Queue",
        "Port",
        "Clock",
    } <= {f.area for f in found}
    assert all(f.way_out for f in found if f.level is not Level.OK)


def test_a_damaged_bundled_file_is_a_problem(tmp_path: Path) -> None:
    for name in BUNDLED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(APP_ROOT / name, tmp_path / name)
    assert bad(check_bundled(tmp_path)) == []

    with (tmp_path / next(iter(BUNDLED))).open("r+b") as file:
        file.write(b"\r\n")

    assert [f.level for f in bad(check_bundled(tmp_path))] == [Level.PROBLEM]


def test_a_workspace_that_everybody_may_change_is_a_problem(settings: Settings) -> None:
    settings.workspace.chmod(0o777)

    (finding,) = [f for f in check_workspace(settings) if f.area == "Permissions"]

    assert finding.level is Level.PROBLEM
    assert "chmod o-w" in finding.way_out


def test_a_workspace_that_is_a_file_is_a_problem(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    (finding,) = check_workspace(replace(settings, workspace=file / "workspace"))

    assert finding.level is Level.PROBLEM


def test_secrets_that_others_may_read_are_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    secrets = tmp_path / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir()
    secrets.write_text('[auth]\ncookie_secret = "kept-to-itself"\n')
    secrets.chmod(0o644)
    open_to_others = list(check_secrets(tmp_path))
    secrets.chmod(0o600)

    assert [f.level for f in open_to_others] == [Level.PROBLEM]
    assert [f.level for f in check_secrets(tmp_path)] == [Level.OK]
    assert "kept-to-itself" not in str(open_to_others)


@pytest.mark.parametrize(
    ("listening", "level"),
    [
        (Listening("localhost"), Level.OK),
        (Listening("127.0.0.1"), Level.OK),
        (Listening("::1"), Level.OK),
        (Listening(EVERYWHERE, login=True), Level.OK),
        (Listening(EVERYWHERE), Level.PROBLEM),
        (Listening(""), Level.PROBLEM),
        (Listening("192.168.1.5"), Level.PROBLEM),
        (Listening("localhost", xsrf=False), Level.PROBLEM),
        (Listening("localhost", cors=False), Level.PROBLEM),
        (Listening("localhost", unreadable="secrets.toml: no TOML"), Level.PROBLEM),
    ],
)
def test_an_open_address_without_login_is_a_problem(listening: Listening, level: Level) -> None:
    assert max((f.level for f in check_address(listening)), key=list(Level).index) is level


def test_streamlits_files_and_variables_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ".streamlit"
    folder.mkdir()
    (folder / "config.toml").write_text('[server]\naddress = "0.0.0.0"\nport = 8600\n')
    assert configured(tmp_path) == Listening(EVERYWHERE, 8600)

    (folder / "secrets.toml").write_text('[auth]\nclient_id = "x"\n')
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "127.0.0.1")
    monkeypatch.setenv("STREAMLIT_SERVER_ENABLE_CORS", "false")
    monkeypatch.setenv("STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION", "false")
    assert configured(tmp_path) == Listening("127.0.0.1", 8600, True, xsrf=False, cors=False)


def test_the_apps_own_settings_keep_it_on_this_machine() -> None:
    own = configured(APP_ROOT)

    assert own.local and own.xsrf and own.cors and not own.unreadable


def test_another_version_of_a_package_is_a_problem(tmp_path: Path) -> None:
    text = (
        '# x\n-r other.txt\nnumpy>=99\nabsent-package>=1\npandas>=1\nabsent; python_version < "3"\n'
    )
    (tmp_path / "requirements.txt").write_text(text)

    found = bad(check_python_and_packages(tmp_path))

    assert [f.what.split()[0] for f in found] == ["numpy", "absent-package"]


def test_a_scheduler_that_is_open_to_the_network_is_a_problem(settings: Settings) -> None:
    with socket.socket() as listener:
        listener.bind((EVERYWHERE, 0))
        listener.listen()
        record_process(scheduler.record(settings, "scheduler"))  # this process plays it

        found = bad(check_queue(replace(settings, queue=True)))

    assert [f.level for f in found] == [Level.PROBLEM]
    assert "runs code" in found[0].what


def test_an_open_scheduler_of_the_operators_is_a_problem(settings: Settings) -> None:
    open_one = replace(settings, queue=True, scheduler="tcp://10.0.0.9:8786")

    (finding,) = bad(check_queue(open_one))

    assert finding.level is Level.PROBLEM


def test_the_command_answers_by_its_exit_code(settings: Settings) -> None:
    settings.workspace.chmod(0o750)
    command = [sys.executable, "-m", "core.doctor", "--json"]

    sound = subprocess.run(command, cwd=APP_ROOT, capture_output=True, text=True, check=False)
    exposed = subprocess.run(
        [*command, "--address", EVERYWHERE], cwd=APP_ROOT, capture_output=True, check=False
    )

    assert sound.returncode == 0, sound.stdout
    assert exposed.returncode == 1
    assert {f["level"] for f in json.loads(sound.stdout)} <= {"ok", "warning"}
