"""The frame that is being scanned, as a picture: heights of its rows so far, above those of the newest whole frame.

For the eye only: no profile, step or table is ever read from it, and the frame itself takes its place. Rows so far lie
where the newest drift says they will be, to a pixel, and a plane puts them onto the heights that are shown there.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import WireError
from eclips4d.metrology.drift import DriftSeries
from eclips4d.storage.scanning import Scanning, read_scanning, scanning_path
from eclips4d.viewer.colours import height_colours
from eclips4d.viewer.levels import robust_levels
from eclips4d.viewer.picture import Levels
from eclips4d.viewer.scan_image import ScanImage
from eclips4d.viewer.shrinking import shrunk

F32 = NDArray[np.float32]

SAMPLES, LEAST_KNOWN, ROUNDS = 4096, 8, 3
"""Differences that a preview is put onto the newest height by, at least so many, in so many rounds."""
DIMMED = 0.45
"""Brightness of rows that have not been seen again."""
BEAM = (255, 176, 32)
"""Colour of the row that the beam has come to."""


class ScanReader:
    """Reads previews of one store and paints them; each once."""

    def __init__(self) -> None:
        self._stamp: tuple[int, int, int] | None = None
        self._scanning: Scanning | None = None
        self._of: tuple[object, ...] = ()
        self._made: ScanImage | None = None

    def look(
        self,
        path: Path,
        shape: tuple[int, int],
        newest: tuple[int, F32] | None,
        drift: DriftSeries | None,
        levels: Levels | None,
        halved: int = 0,
    ) -> ScanImage | None:
        """The preview that is there, if it is of a later frame than the newest; the same object while nothing changes.

        Parameters
        ----------
        path : Path
            The store.
        shape : (rows, columns)
            Of its height maps.
        newest : (int, float32 [y, x]), optional
            The newest frame that has a height, and that.
        drift : DriftSeries, optional
            Of the frames so far.
        levels : (low, high), optional
            Of the colours; found from the preview where there are none yet.
        halved : int
            How often the picture may be halved.
        """
        scanning = self._read(path)
        if scanning is None or scanning.height.shape[1] != shape[1] or len(scanning.height) >= shape[0]:
            return None
        if newest is not None and scanning.sequence <= newest[0]:
            return None
        of = (scanning, None if newest is None else newest[0], levels, halved)
        if of != self._of:
            self._of, self._made = of, _painted(scanning, shape, newest, drift, levels, halved)
        return self._made

    def _read(self, path: Path) -> Scanning | None:
        try:
            status = scanning_path(path).stat()
        except OSError:
            self._stamp = self._scanning = None
            return None
        stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
        if stamp != self._stamp:
            try:
                self._scanning = read_scanning(path)
            except WireError:
                self._scanning = None  # the next one is there soon
            self._stamp = stamp
        return self._scanning


def composed(height: F32, above: F32 | None, shape: tuple[int, int], shift_px: tuple[int, int]) -> tuple[F32, int]:
    """Heights with the rows so far in place of older ones, and the row that the beam has come to.

    Parameters
    ----------
    height : float32 [rows, x]
        The rows so far.
    above : float32 [y, x], optional
        Older heights; NaN without.
    shape : (rows, columns)
    shift_px : (row, column)
        By how much the frame's content has moved; it is moved back.
    """
    found = np.full(shape, np.nan, np.float32) if above is None else above.copy()
    down, right = (-shift for shift in shift_px)
    top, bottom = (int(np.clip(n + down, 0, shape[0])) for n in (0, len(height)))
    left, end = (int(np.clip(n + right, 0, shape[1])) for n in (0, shape[1]))
    if top == bottom or left == end:
        return found, bottom
    seen = height[top - down : bottom - down, left - right : end - right]
    here = found[top:bottom, left:end]
    found[top:bottom, left:end] = seen + _plane_of(here - seen)
    return found, bottom


def _plane_of(apart: F32) -> F32:
    """The plane through most of the differences; a part of a frame tells neither its mean nor its tilt.

    Returns
    -------
    float32 [y, x]
        Zero where nothing is known.
    """
    stride = max(1, math.isqrt(apart.size // SAMPLES))
    y, x = (axis[::stride, ::stride].ravel() for axis in np.mgrid[: apart.shape[0], : apart.shape[1]])
    values = apart[::stride, ::stride].ravel().astype(np.float64)
    kept = np.isfinite(values)
    terms = np.zeros(3)
    for _ in range(ROUNDS):
        if np.count_nonzero(kept) < LEAST_KNOWN:
            break
        design = np.stack([np.ones(values.size), y, x], axis=1)
        terms = np.linalg.lstsq(design[kept], values[kept], rcond=None)[0]
        off = np.abs(values - design @ terms)
        kept = np.isfinite(values) & (off <= max(3.0 * float(np.nanmedian(off)), 1e-6))
    rows, columns = np.ogrid[: apart.shape[0], : apart.shape[1]]
    return np.asarray(terms[0] + terms[1] * rows + terms[2] * columns, dtype=np.float32)


def expected_shift_px(drift: DriftSeries | None, sequence: int) -> tuple[int, int]:
    """Where the content of a frame lies that comes after those whose drift is known, whole pixels (row, column)."""
    if drift is None or not drift.known.any():
        return 0, 0
    last = int(np.flatnonzero(drift.known)[-1])
    at = drift.px[last] + drift.rate_px[last] * max(1, sequence - last)
    row, column = np.rint(np.nan_to_num(at)).astype(int).tolist()
    return row, column


def _painted(
    scanning: Scanning,
    shape: tuple[int, int],
    newest: tuple[int, F32] | None,
    drift: DriftSeries | None,
    levels: Levels | None,
    halved: int,
) -> ScanImage:
    shift = expected_shift_px(drift, scanning.sequence)
    height, beam = composed(scanning.height, None if newest is None else newest[1], shape, shift)
    levels = levels or robust_levels(scanning.height) or (0.0, 1.0)
    image = height_colours(shrunk(height, halved), levels)
    row = min(beam >> halved, len(image) - 1)
    image[row:] = image[row:] * DIMMED
    image[row] = BEAM
    rows = len(scanning.height)
    return ScanImage(scanning.sequence, rows, shape[0], scanning.acquired_ns / 1e9, levels, image)
