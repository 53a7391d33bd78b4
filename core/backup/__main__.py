"""`python -m core.backup save|restore FILE`: the workspace in one file, while it is in use."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from core.backup.restore import restore
from core.backup.save import save
from core.errors import BackupError
from core.settings import Settings


def main(arguments: Sequence[str]) -> int:
    """Saves or restores.

    Returns:
        The exit code: 1 where it could not be done.
    """
    parser = argparse.ArgumentParser(prog="python -m core.backup", description=__doc__)
    parser.add_argument("what", choices=("save", "restore"))
    parser.add_argument("file", type=Path, help="a tar; packed where it ends in .gz")
    parser.add_argument("--features", action="store_true", help="stored features, too")
    options = parser.parse_args(arguments)
    settings = Settings.from_environment()
    try:
        if options.what == "restore":
            sys.stdout.write(f"{restore(settings, options.file):,} files restored\n")
            return 0
        saved = save(settings, options.file, options.features)
    except BackupError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{saved.files:,} files, {saved.bytes / 1e6:,.1f} MB saved\n")
    sys.stdout.write("".join(f"left out: {name!r}\n" for name in saved.left_out))
    if settings.database:
        sys.stdout.write("The team's database is not in the workspace: save it by its own tool.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
