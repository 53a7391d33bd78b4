"""Fuzzes readers with atheris, which goes on from the inputs that reached new code.

    python -m tests.fuzz.coverage_guided [TARGET ...] [--seconds 600]

The Python code of `core` and the standard library's archive readers is watched; what is written in
C (Pillow, Parquet, zlib) is run, but not watched. What was tried is appended to
`test-artifacts/fuzz.jsonl`; an input that fails is kept beside it.
"""

import argparse
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from core.settings import APP_ROOT

ARTIFACTS = APP_ROOT / "test-artifacts"
WATCHED = ["core", "tarfile", "zipfile", "csv", "tomllib"]
_LARGEST = 4096
_MEMORY_MB = 4096
_INPUT_SECONDS = 60


def main() -> int:
    """Fuzzes one target after the other, each in a process of its own.

    Returns:
        0 where nothing failed, 1 where something did, 2 where atheris is missing.
    """
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", help="all of them unless named")
    parser.add_argument("--seconds", type=int, default=600, help="for each")
    parser.add_argument("--corpus", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        _say("atheris is not installed, so nothing was fuzzed: pip install atheris")
        return 2
    if asked.corpus:
        _inside(asked.targets[0], asked.seconds, Path(asked.corpus))
    names = asked.targets or _names()
    passed = [_fuzzed(name, asked.seconds) for name in names]
    return int(not all(passed))


def _names() -> list[str]:
    from tests.fuzz.bytes_targets import TARGETS

    return list(TARGETS)


def _fuzzed(name: str, seconds: int) -> bool:
    ARTIFACTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus, tempfile.TemporaryFile() as said:
        command = [sys.executable, "-m", __spec__.name, name, "--seconds", str(seconds)]
        child = subprocess.Popen([*command, "--corpus", corpus], stdout=said, stderr=said)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    runs = re.findall(r"Done (\d+) runs in (\d+) second", text) or [
        (tried, 0) for tried in re.findall(r"^#(\d+)\t", text, re.MULTILINE)
    ]
    reached = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", text)
    record = {
        "target": f"{name} (guided)",
        "tried": int(runs[-1][0]) if runs else 0,
        "seconds": int(runs[-1][1]) if runs else 0,
        "cpu_seconds": round(used.ru_utime + used.ru_stime),
        "places_reached": [int(reached[0][0]), int(reached[-1][0])] if reached else [],
        "inputs_kept": int(reached[-1][2]) if reached else 0,
        "passed": child.returncode == 0,
    }
    with (ARTIFACTS / "fuzz.jsonl").open("a") as file:
        file.write(json.dumps(record) + "\n")
    _say(json.dumps(record))
    if child.returncode:
        _say(text[-6000:])
    return child.returncode == 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _inside(name: str, seconds: int, corpus: Path) -> None:
    """Fuzzes in this process, which libFuzzer ends."""
    import atheris

    with atheris.instrument_imports(include=WATCHED):
        from tests.fuzz.bytes_targets import TARGETS
    target = TARGETS[name]
    for i, seed in enumerate(target.seeds):
        (corpus / f"seed-{i}").write_bytes(seed)

    def one(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            target.test(data, Path(folder))

    options = {
        "max_total_time": seconds,
        "max_len": max(_LARGEST, *(len(seed) for seed in target.seeds)),
        "timeout": _INPUT_SECONDS,
        "rss_limit_mb": _MEMORY_MB,
        "artifact_prefix": f"{ARTIFACTS}/fuzz-{name.replace(' ', '-')}-",
    }
    said = [f"-{option}={value}" for option, value in options.items()]
    atheris.Setup([sys.argv[0], *said, str(corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    raise SystemExit(main())
