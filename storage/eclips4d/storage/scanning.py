"""The preview of the frame that is being scanned: one small file beside the store's journal, for windows.

It is no part of the recording: replaced at every strip, never synced, gone when the run ends. In it lies one message of
`eclips4d.core.wire`, so whoever reads it checks version, bounds and checksum.
"""

from __future__ import annotations

import contextlib
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import WireError
from eclips4d.core.frame import MOST_BYTES
from eclips4d.core.strip_messages import StripMade
from eclips4d.core.wire import MAX_HEADER_BYTES, decode, encode
from eclips4d.storage.folder import JOURNAL, spare_path

_LENGTH = struct.Struct("<Q")
NAME = "scanning"
ACQUIRED = "acquired"


@dataclass(frozen=True, slots=True, eq=False)
class Scanning:
    """Rows so far of the frame that is being scanned.

    Attributes
    ----------
    sequence : int
        The frame's place in the store.
    acquired_ns : int
        When the last of the rows had been scanned, nanoseconds since the epoch.
    height : float32 [rows, x]
        nm, of zero mean.
    """

    sequence: int
    acquired_ns: int
    height: NDArray[np.float32]


def scanning_path(root: Path) -> Path:
    """Where the preview lies while a run goes on."""
    return root / JOURNAL / NAME


def write_scanning(root: Path, made: StripMade, height: NDArray[np.float32]) -> bool:
    """Replace the preview; False when the disk did not take it."""
    header, array = encode(made, {"height": height})
    spare = spare_path(root, NAME)
    try:
        with spare.open("wb") as file:
            file.write(_LENGTH.pack(len(header)))
            file.write(header)
            file.write(array)
        spare.replace(scanning_path(root))
    except OSError:
        with contextlib.suppress(OSError):
            spare.unlink(missing_ok=True)
        return False
    return True


def read_scanning(root: Path) -> Scanning | None:
    """The preview that is there now; None where there is none.

    Raises
    ------
    WireError
        What is there is something else, or damaged.
    """
    try:
        with scanning_path(root).open("rb") as file:
            data = file.read(_LENGTH.size + MAX_HEADER_BYTES + MOST_BYTES + 1)
    except OSError:
        return None
    if len(data) < _LENGTH.size:
        raise WireError("a preview of a few bytes")
    (length,) = _LENGTH.unpack_from(data)
    if length > MAX_HEADER_BYTES:
        raise WireError(f"a preview with a header of {length} bytes")
    view = memoryview(data)[_LENGTH.size :]
    received = decode([view[:length], view[length:]])
    made, height = received.body, received.arrays.get("height")
    if not isinstance(made, StripMade) or ACQUIRED not in made.stamps:
        raise WireError(f"a {type(made).__name__} where a preview belongs")
    if height is None or height.dtype != np.float32 or height.ndim != 2 or len(height) != made.rows:
        raise WireError("a preview without its heights")
    return Scanning(made.sequence, made.stamps[ACQUIRED], np.asarray(height, np.float32))


def drop_scanning(root: Path) -> None:
    """There is no preview any more."""
    for path in (scanning_path(root), spare_path(root, NAME)):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
