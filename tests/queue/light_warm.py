"""The warm worker, which imports nothing."""

import sys

from core.jobs.run_job import leave
from core.training import warm

if __name__ == "__main__":
    warm.warm_up = lambda: None
    leave(warm.main(sys.argv[1:]))
