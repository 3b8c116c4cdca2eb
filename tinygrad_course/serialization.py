"""Saving tensors and what holds them, in a zip file of plain arrays and one JSON text: loading runs no code."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from .tensor import Tensor

STRUCTURE = "structure.json"
Place = str | os.PathLike[str] | BinaryIO


def save(obj: Any, f: Place) -> None:
    """Write tensors, numbers, texts, None, and lists, tuples and dicts of them, to a path or an open binary file.

    A path is written in one step: whatever was there stays whole until the new file is. Raises TypeError for anything
    else, such as a Module: save its state_dict().
    """
    import json  # here, as they take long to import
    from pathlib import Path
    from secrets import token_hex
    from zipfile import ZipFile

    arrays: list[np.ndarray] = []
    structure = json.dumps(describe(obj, arrays))
    content = io.BytesIO()
    with ZipFile(content, "w") as file:
        file.writestr(STRUCTURE, structure)
        for i, array in enumerate(arrays):
            with file.open(f"{i}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    if not isinstance(f, (str, os.PathLike)):
        f.write(content.getvalue())
        return
    part = Path(f).with_name(f".{Path(f).name}.{token_hex(4)}.part")
    try:
        part.write_bytes(content.getvalue())
        os.replace(part, f)
    finally:
        part.unlink(missing_ok=True)


def load(f: Place) -> Any:
    """Read what `save` wrote. Raises ValueError for a file that it did not write, or that is damaged."""
    import json
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(f) as file:
            structure = json.loads(file.read(STRUCTURE))
            members = ((name, io.BytesIO(file.read(name))) for name in file.namelist() if name.endswith(".npy"))
            arrays = {int(name[:-4]): np.lib.format.read_array(x, allow_pickle=False) for name, x in members}
            return rebuild(structure, arrays)
    except (BadZipFile, KeyError, ValueError, EOFError) as error:
        raise ValueError(f"load: this is not a whole file of tg.save ({error}); save it again with tg.save") from None


def describe(obj: Any, arrays: list[np.ndarray]) -> Any:
    """obj as JSON, each array replaced by its number; the arrays are appended to `arrays`."""
    if obj is None or isinstance(obj, (bool, str)):
        return obj
    if isinstance(obj, (Tensor, np.ndarray)):
        arrays.append(obj.data if isinstance(obj, Tensor) else obj)
        return {"tensor" if isinstance(obj, Tensor) else "array": len(arrays) - 1}
    if isinstance(obj, (int, float)):
        return {"float": obj.hex()} if isinstance(obj, float) else obj
    if isinstance(obj, (list, tuple)):
        return {type(obj).__name__ if type(obj) is tuple else "list": [describe(x, arrays) for x in obj]}
    if isinstance(obj, Mapping):
        return {"dict": [[describe(k, arrays), describe(v, arrays)] for k, v in obj.items()]}
    cure = ": save its state_dict()" if hasattr(obj, "state_dict") else "; save numbers, texts, tensors, lists or dicts"
    raise TypeError(f"save: cannot save a {type(obj).__name__}{cure}")


def rebuild(structure: Any, arrays: Mapping[int, np.ndarray]) -> Any:
    """What `describe` described."""
    if not isinstance(structure, dict):
        return structure
    ((kind, value),) = structure.items()
    if kind in ("tensor", "array"):
        return Tensor(arrays[value]) if kind == "tensor" else arrays[value]
    if kind == "float":
        return float.fromhex(value)
    if kind == "dict":
        return {rebuild(k, arrays): rebuild(v, arrays) for k, v in value}
    if kind in ("list", "tuple"):
        items = [rebuild(x, arrays) for x in value]
        return tuple(items) if kind == "tuple" else items
    raise ValueError(f"unknown kind {kind!r}")
