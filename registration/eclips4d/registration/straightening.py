"""Whether rows of a still scene are displaced by themselves, and by how much, from frame to frame.

Asked of the second frame of a run, then between frames every so many of them; at every frame while there is something
to put straight. An evolving scene is not asked: its frames are compared with ever other frames, whose own rows are not
known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.registration.fit import RowShift
from eclips4d.registration.jitter import row_jitter
from eclips4d.registration.kernels import read_rows
from eclips4d.registration.look import Eye, Look
from eclips4d.registration.reference_rows import ReferenceRows

Vector = NDArray[np.float64]


class RowMemory(msgspec.Struct, frozen=True, array_like=True):
    """What is known of displaced rows after a frame.

    Attributes
    ----------
    grid : int
        The frame that rows are compared with.
    frames : int
        Seen so far, that frame included.
    columns : bytes
        float32, how far its own rows are displaced along the columns; empty while that is nothing.
    displaced : bool
        Whether the last frame's rows were.
    """

    grid: int = 0
    frames: int = 1
    columns: bytes = b""
    displaced: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """Displacement of a frame's rows, float64 [y, 2] in pixels of the full frame or None, and what is known then."""

    offset: Vector | None
    memory: RowMemory


def rows_of(eye: Eye, known: RowMemory, grid: int, reference: Look, frame: Look, shift: RowShift) -> Rows:
    """Rows of a frame that was seen as a whole against the grid's frame.

    Parameters
    ----------
    eye : Eye
    known : RowMemory
    grid : int
        Sequence of the grid's frame.
    reference, frame : Look
    shift : RowShift
        Pixels of the full frame.
    """
    if known.grid != grid:
        known = RowMemory(grid)
    of_reference = _unpacked(known, frame.channels.shape[1])
    ends = shift.ends / eye.binning
    offset = of_reference.offset if known.columns else None
    jitter = row_jitter(reference.everything, frame.channels, ends, eye.noise_correlation, offset)
    if not jitter.significant:
        return Rows(None, msgspec.structs.replace(known, displaced=False))
    learned, own = of_reference.learned(jitter)
    columns = np.ascontiguousarray(learned.offset[:, 1]).tobytes()
    displaced = replace(jitter, offset=own).expanded(eye.binning, eye.shape[1])
    return Rows(displaced, RowMemory(grid, learned.frames, columns, True))


def straightened(eye: Eye, reference: Look, frame: Look, shift: RowShift) -> NDArray[np.float32] | None:
    """Channels of the frame with its displaced rows put back, [c, y, x]; None where no row is displaced."""
    jitter = row_jitter(reference.everything, frame.channels, shift.ends / eye.binning, eye.noise_correlation)
    if not jitter.significant:
        return None
    moved = np.empty_like(frame.channels)
    read_rows(frame.channels, jitter.offset[:, 1], moved)
    return moved


def _unpacked(known: RowMemory, rows: int) -> ReferenceRows:
    if not known.columns:
        return ReferenceRows.start(rows)
    columns = np.frombuffer(known.columns, np.float32)
    return ReferenceRows(np.column_stack([np.zeros_like(columns), columns]), known.frames)
