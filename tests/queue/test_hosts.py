"""Several hosts, as docs/scaling.md tells: each with a network, a name and a folder of its own.

The hosts are network namespaces, made here and taken away again; where they cannot be made, the
test is skipped.
"""

import json
import os
import secrets
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from core.config import HeadConfig, TrainingConfig
from core.runs import RunState, RunStore
from core.settings import APP_ROOT, Settings
from tests.patience import PATIENCE_S, wait_until
from tests.squares import squares

pytestmark = pytest.mark.slow
GUIDE = (APP_ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
SERVER, WORKERS = "10.231.77.1", ("10.231.77.2", "10.231.77.3")
ADDRESS = f"tls://{SERVER}:8786"
DISPATCH = """
import sys, time
from core.queue import scheduler
from core.queue.dispatcher import Dispatcher
from core.settings import Settings
settings = Settings.from_environment()
scheduler.CONNECT_SECONDS = 240.0  # all of them begin at the same time
client = scheduler.connect(settings)
while scheduler.places(client, "slot") < 2:
    time.sleep(0.1)
client.close()
dispatcher = Dispatcher(settings)
dispatcher.start()
sys.stdin.read()
dispatcher.close()
"""
INTRUDE = """
import socket, ssl, sys
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
connection = socket.create_connection((sys.argv[1], 8786), 240)
context.wrap_socket(connection).recv(1)
"""


def ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no network namespaces here: ip {shlex.join(arguments)}: {done.stderr}")


@pytest.fixture
def hosts() -> Iterator[dict[str, str]]:
    """Name of the namespace for each address; they see each other and nothing else."""
    if os.geteuid() or subprocess.run(["which", "ip"], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces need root and the command ip")
    mark = secrets.token_hex(3)
    names = {
        SERVER: f"uf-{mark}-s",
        **{address: f"uf-{mark}-{i}" for i, address in enumerate(WORKERS)},
    }
    with ExitStack() as stack:
        for name in names.values():
            ip("netns", "add", name)
            stack.callback(subprocess.run, ["ip", "netns", "delete", name], check=True)
            ip("-n", name, "link", "set", "lo", "up")
        server = names[SERVER]
        ip("-n", server, "link", "add", "net", "type", "bridge")
        ip("-n", server, "address", "add", f"{SERVER}/24", "dev", "net")
        ip("-n", server, "link", "set", "net", "up")
        for i, address in enumerate(WORKERS):
            pair = ("type", "veth", "peer", "name", "net", "netns", names[address])
            ip("-n", server, "link", "add", f"to{i}", *pair)
            ip("-n", server, "link", "set", f"to{i}", "master", "net", "up")
            ip("-n", names[address], "address", "add", f"{address}/24", "dev", "net")
            ip("-n", names[address], "link", "set", "net", "up")
        yield names


def documented(words: str) -> list[str]:
    """The command of the guide that holds those words, without variables before it."""
    (line,) = [line for line in GUIDE.splitlines() if words in line and "`dask w" not in line]
    command = shlex.split(line.partition("`")[2].partition("`")[0] if "`" in line else line)
    while "=" in command[0]:
        command.pop(0)
    return [part.replace("scheduler-host", SERVER) for part in command]


def certified(folder: Path) -> dict[str, str]:
    """Makes the certificate and the variables that the guide tells of."""
    subprocess.run(documented("openssl req"), cwd=folder, capture_output=True, check=True)
    told = [line.split()[1] for line in GUIDE.splitlines() if line.strip().startswith("export ")]
    pairs = [line.replace("/secure", str(folder)).split("=", 1) for line in told]
    return {
        name.replace("ROLE", role): value
        for role in ("SCHEDULER", "WORKER", "CLIENT")
        for name, value in pairs
    }


@contextmanager
def on_host(
    name: str, folder: Path, command: Sequence[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a command on a host that is called like its namespace."""
    folder.mkdir(exist_ok=True)
    before = ["ip", "netns", "exec", name, "unshare", "--uts"]
    before += ["sh", "-c", f'hostname {name}; exec "$@"', "sh"]
    with (folder / f"{Path(command[0]).name}.log").open("ab") as log:
        process = subprocess.Popen(
            [*before, *command],
            cwd=folder,
            env={**environment, "PYTHONPATH": str(APP_ROOT)},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def test_two_hosts_train_a_run_each_and_nobody_enters_without_a_certificate(
    hosts: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    dataset, store = squares(settings), RunStore(settings.runs_dir)
    training = TrainingConfig(epochs=1, batch_size=8)
    config = HeadConfig(dataset.id, dataset.version, image_size=32, training=training)
    runs = [store.create(config) for _ in WORKERS]
    trusted = {**os.environ, **certified(tmp_path), "UNFREEZE_SCHEDULER": ADDRESS}
    dask, python = str(Path(sys.executable).with_name("dask")), sys.executable
    server, folder = hosts[SERVER], tmp_path / "server"
    with ExitStack() as stack:
        command = [dask, *documented("dask scheduler")[1:]]
        stack.enter_context(on_host(server, folder, command, trusted))
        for address in WORKERS:
            command, name = [dask, *documented("dask worker")[1:]], hosts[address]
            stack.enter_context(on_host(name, tmp_path / name, command, trusted))
        stack.enter_context(on_host(server, folder, [python, "-c", DISPATCH], trusted))

        def ended() -> bool:
            return not any(store.get(run.id).status.state.active for run in runs)

        assert wait_until(ended), [store.get(run.id).status for run in runs]
        command, folder = [python, "-c", INTRUDE, SERVER], tmp_path / "thief"
        with on_host(hosts[WORKERS[0]], folder, command, os.environ) as thief:
            assert thief.wait(PATIENCE_S)
        assert "certificate required" in "".join(p.read_text() for p in folder.glob("*.log"))
    assert [store.get(run.id).status.state for run in runs] == [RunState.COMPLETED] * 2
    trained_on = {json.loads(run.process_path.read_text())["host"] for run in runs}
    assert trained_on == {hosts[address] for address in WORKERS}
