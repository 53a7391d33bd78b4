"""`python -m core.doctor`: what is missing or unsafe; exit code 1 where there is a problem."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence

from core.doctor.checks import examine
from core.doctor.finding import Finding, Level
from core.doctor.listening import configured
from core.settings import APP_ROOT, Settings


def main(arguments: Sequence[str]) -> int:
    """Prints every finding, the way out below it.

    Returns:
        The exit code: 1 where there is a problem.
    """
    parser = argparse.ArgumentParser(prog="python -m core.doctor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON list instead of lines")
    parser.add_argument("--address", help="what `streamlit run --server.address` is given")
    parser.add_argument("--port", type=int, help="likewise --server.port")
    options = parser.parse_args(arguments)
    told = {name: value for name in ("address", "port") if (value := getattr(options, name))}
    listening = dataclasses.replace(configured(APP_ROOT), **told)
    found = examine(Settings.from_environment(), listening)
    if options.json:
        sys.stdout.write(json.dumps([dataclasses.asdict(f) for f in found], indent=1) + "\n")
    else:
        sys.stdout.write("".join(_lines(finding) for finding in found))
    return int(any(finding.level is Level.PROBLEM for finding in found))


def _lines(finding: Finding) -> str:
    first = f"{finding.level:8}{finding.area}: {finding.what}\n"
    return first + (f"{'':8}{finding.way_out}\n" if finding.way_out else "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
