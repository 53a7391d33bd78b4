"""A training's process that says at once that the run is completed."""

import pathlib
import sys

status = pathlib.Path(sys.argv[1], "status.json")
status.write_text('{"state": "completed", "finished": 1, "attempts": 1}')
