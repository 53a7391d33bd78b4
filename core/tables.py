"""Tables in Parquet files that somebody may have damaged."""

from __future__ import annotations

import pyarrow as pa

# What pandas and pyarrow raise for a file that is no table, or holds notes of another shape.
UNREADABLE_TABLE = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    pa.ArrowException,
)
