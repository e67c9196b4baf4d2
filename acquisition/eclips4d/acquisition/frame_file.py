"""Rendered frames in a memory-mapped file, each beside its checksum, so that what a killed process left can be used."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from eclips4d.core.errors import StoreError
from eclips4d.core.frame import RawArray

_CHECKSUM_BYTES = 64
"""Room for the checksum; keeps the pixels aligned to cache lines."""


class FrameFile:
    """Frames of one shape, uint16; a frame is there when its checksum fits.

    Parameters
    ----------
    path
        Made when it is not there, and made longer when it holds fewer frames; never shorter.
    shape
        Of a frame.
    frames
        For how many there is room.

    Raises
    ------
    StoreError
        The file cannot be made.
    """

    def __init__(self, path: Path, shape: tuple[int, int, int], frames: int) -> None:
        self.path, self._shape = path, shape
        stride = record_bytes(shape)
        try:
            with path.open("ab") as file:
                if file.tell() < frames * stride:
                    os.truncate(file.fileno(), frames * stride)
            self._records: NDArray[np.uint8] = np.memmap(path, dtype=np.uint8, mode="r+")
        except OSError as error:
            raise StoreError(f"cannot be used for rendered frames: {error.strerror}", where=str(path)) from error
        self._records = self._records[: len(self._records) // stride * stride].reshape(-1, stride)

    def __len__(self) -> int:
        return len(self._records)

    def read(self, sequence: int) -> RawArray | None:
        """A frame that cannot be written to; None when it is not there, or damaged."""
        if sequence >= len(self._records):
            return None
        record = self._records[sequence]
        checksum, pixels = record[:8].view(np.uint64)[0], record[_CHECKSUM_BYTES:]
        if checksum == 0 or checksum != _checksum(pixels, sequence):
            return None
        data: RawArray = np.asarray(pixels).view(np.uint16).reshape(self._shape)
        data.flags.writeable = False
        return data

    def write(self, sequence: int, data: RawArray) -> None:
        """Put a frame into its place; the checksum last."""
        record = self._records[sequence]
        record[_CHECKSUM_BYTES:] = data.reshape(-1).view(np.uint8)
        record[:8].view(np.uint64)[0] = _checksum(record[_CHECKSUM_BYTES:], sequence)

    def there(self, frames: int) -> int:
        """How many of the first `frames` frames are there."""
        return sum(self.read(sequence) is not None for sequence in range(frames))


def record_bytes(shape: tuple[int, int, int]) -> int:
    """What one frame takes in the file."""
    return _CHECKSUM_BYTES + 2 * int(np.prod(shape))


def _checksum(pixels: NDArray[np.uint8], sequence: int) -> np.uint64:
    return np.uint64(xxhash.xxh3_64_intdigest(np.asarray(pixels).data, seed=sequence))
