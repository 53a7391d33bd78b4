"""Reading dataclasses back from JSON that another version, or anybody, may have written."""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from core.files import read_json

T = TypeVar("T")
D = TypeVar("D")
# What reading a JSON file and building something of it raises where the file is missing or damaged.
UNREADABLE_RECORD = (OSError, ValueError, LookupError, TypeError, AttributeError)

_SIMPLE: dict[object, tuple[type, ...]] = {
    str: (str,),
    bool: (bool,),
    dict: (dict,),
    list: (list,),
    tuple: (list, tuple),
    type(None): (type(None),),
}

_YEAR_9999 = 253_370_000_000.0


def read_record(path: Path, build: Callable[[Any], T], otherwise: D) -> T | D:
    """Read a JSON file that may be missing or damaged.

    Args:
        path: The file.
        build: Makes of its values what is wanted; may raise any of `UNREADABLE_RECORD`.
        otherwise: Stands in where there is no such file or `build` cannot use it.
    """
    try:
        return build(read_json(path))
    except UNREADABLE_RECORD:
        return otherwise


def known_fields(cls: Any, values: Any) -> dict[str, Any]:
    """The values that a dataclass has fields for; others are ignored.

    Args:
        cls: The dataclass.
        values: A JSON object; nested dataclasses are built already.

    Raises:
        TypeError: If it is no object, or a value has another type than its field.
    """
    if not isinstance(values, dict):
        raise TypeError(f"{cls.__name__} should be an object. Received: {values!r:.60}")
    known = {name: values[name] for name in _hints(cls) if name in values}
    for name, value in known.items():
        if not fits(value, _hints(cls)[name]):
            raise TypeError(f"{cls.__name__}.{name} has an unusable value: {value!r:.60}")
    return known


def seconds_since_1970(value: Any) -> float:
    """A moment that can be told as a day and time.

    Raises:
        TypeError: If it is no number.
        ValueError: If it is none that can be told.
    """
    seconds = float(value)
    if not 0 <= seconds < _YEAR_9999:
        raise ValueError(f"no moment: {value!r:.60}")
    return seconds


@cache
def _hints(cls: Any) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls) if field.init}


def fits(value: Any, hint: Any) -> bool:
    """Whether a plain value has the type of an annotation; a float is finite."""
    origin = get_origin(hint) or hint
    if origin in (Union, types.UnionType):
        return any(fits(value, one) for one in get_args(hint))
    if origin is Literal:
        return isinstance(value, str) and value in get_args(hint)
    if origin in (int, float):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and (isinstance(value, int) or (origin is float and math.isfinite(value)))
    if origin in _SIMPLE:
        return isinstance(value, _SIMPLE[origin])
    return not (isinstance(origin, type) and dataclasses.is_dataclass(origin)) or isinstance(
        value, origin
    )
