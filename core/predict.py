"""Classifies a folder or a zip of images from the shell.

It needs no TensorFlow, unless a run's LiteRT model has to be made first: another process does that.

`python -m core.predict MODEL FOLDER --csv OUT`; MODEL is a run's folder or a `.tflite` file. The
exit code is 0, 1 where some images could not be read, and 2 where nothing could be done.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from core.errors import UnfreezeError
from core.evaluation.batch import BatchResult, classify_all
from core.evaluation.image_source import image_source
from core.evaluation.model_files import open_model
from core.settings import Settings

_TELL_EVERY = 500


def main(arguments: Sequence[str]) -> int:
    """Does what the command line says.

    Returns:
        The exit code.
    """
    options = _options(arguments)
    try:
        classifier, kept = open_model(options.model, _tell_waiting)
        threshold = kept if options.threshold is None else options.threshold
        result = classify_all(
            classifier,
            image_source(options.folder),
            options.csv,
            threshold,
            Settings.from_environment().max_pixels,
            _tell,
        )
    except (UnfreezeError, OSError) as error:
        _say(str(error))
        return 2
    except KeyboardInterrupt:
        _say("Stopped; no CSV was written.")
        return 2
    _report(result, options.csv)
    return 1 if result.broken else 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m core.predict", description=__doc__)
    parser.add_argument("model", type=Path, help="a run's folder, or a .tflite file")
    parser.add_argument("folder", type=Path, help="a folder or a zip of images")
    parser.add_argument("--csv", type=Path, required=True, help="the table to write")
    help_text = 'below this probability: "none of these"; default: the one chosen on Evaluate'
    parser.add_argument("--threshold", type=float, help=help_text)
    return parser.parse_args(arguments)


def _tell_waiting() -> None:
    _say("Making the LiteRT model, once; about ten seconds.")


def _tell(done: int, total: int) -> None:
    if done % _TELL_EVERY == 0:
        _say(f"{done:,} of {total:,}")


def _report(result: BatchResult, csv_path: Path) -> None:
    for sentence in result.named:
        _say(sentence)
    if result.broken > len(result.named):
        _say(f"and {result.broken - len(result.named):,} more")
    _say(f"{result.images:,} images in {csv_path}, {result.broken:,} that cannot be read.")


def _say(text: str) -> None:
    # What a script would read is the CSV; words for people go beside it.
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
