"""A warm worker that dies after it was given a run and before it begins it."""

import sys
import time

time.sleep(1)
sys.exit(1)
