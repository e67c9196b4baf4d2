"""The run that is made again: its frames in order, its losses, and the calibration of its first good frame."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d import storage
from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.source import Source
from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import EclipsError, InputError
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.results import Status
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.pipeline.reprocess.plan import Plan


@dataclass(frozen=True, slots=True)
class Lost:
    """A place on the time axis without pixels."""

    sequence: int
    frame_id: int
    time_s: float


@dataclass(frozen=True, slots=True)
class Begun:
    """How the run begins: the first frame that tells of the detector, and those before it that do not.

    Attributes
    ----------
    calibration : Calibration
        Holds from that frame on, on whose grid all others lie.
    refused : dict of int to str
        Frames before it, and why nothing can be made of them.
    """

    calibration: Calibration
    refused: dict[int, str]


class Reading:
    """The run as a source of frames."""

    def __init__(self, plan: Plan) -> None:
        self._source: Source = open_source(str(plan.run), instrument=plan.instrument)
        self.total = plan.info.frames or 0
        with storage.open(plan.run, recorded=True) as run:
            self._status: NDArray[np.uint8] = run["status"].values.astype(np.uint8)
            self._ids, self._times = run["frame_id"].values, run["time"].values

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()

    @property
    def gaps(self) -> NDArray[np.bool_]:
        """Where a frame was lost, [time]."""
        lost: NDArray[np.bool_] = (self._status[: self.total] & int(Status.GAP)).astype(np.bool_)
        return lost

    def came_twice(self, sequence: int) -> bool:
        """Whether a duplicate of the frame was dropped."""
        return bool(self._status[sequence] & int(Status.DUPLICATE))

    def frames(self, start: int = 0) -> Iterator[Frame | Lost]:
        """Frames and gaps in order, from `start` on."""
        wanted, gaps = start, self.gaps
        with closing(self._frames(start)) as taken:
            for frame in taken:
                yield from self._lost(wanted, frame.header.sequence)
                yield frame
                wanted = frame.header.sequence + 1
        yield from self._lost(wanted, len(gaps))

    def frame(self, sequence: int) -> Frame:
        """One frame, which is none that was lost."""
        with closing(self._frames(sequence)) as taken:
            return next(taken)

    def begun(self) -> Begun:
        """Find the frame that the calibration comes from.

        Raises
        ------
        InputError
            None tells of the detector.
        """
        instrument = parse_instrument(self._source.info.instrument_toml, self._source.info.address)
        refused: dict[int, str] = {}
        with closing(self._frames(0)) as taken:
            for frame in taken:
                header = frame.header
                sequence = header.sequence
                try:
                    begun = estimate_calibration(frame.data, instrument, sequence, header.side, header.segments)
                    return Begun(begun, refused)
                except EclipsError as error:
                    refused[sequence] = str(error)
        raise InputError("no frame tells of the detector", where=self._source.info.address)

    def _frames(self, start: int) -> Generator[Frame, None, None]:
        yield from self._source.frames(start)

    def _lost(self, start: int, stop: int) -> Iterator[Lost]:
        for sequence in range(start, stop):
            yield Lost(sequence, int(self._ids[sequence]), float(self._times[sequence]))
