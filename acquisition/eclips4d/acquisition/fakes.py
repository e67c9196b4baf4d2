"""A source in memory whose faults are planned: for tests of whatever takes frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event
from types import TracebackType

import numpy as np

from eclips4d.acquisition.pace import Pace
from eclips4d.acquisition.recording import read_only
from eclips4d.acquisition.source import Health
from eclips4d.core.frame import Frame, FrameHeader
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.source import SourceInfo

INSTRUMENT_TOML = """
[beam]
energy_kev = 10
electrons_per_pixel = 500
adu_per_electron = 2
[scan]
pixel_size_nm = 4
[detector]
distance_mm = 6
inner_radius_mm = 1.75
outer_radius_mm = 7
azimuths_deg = [45, 135, 225, 315]
gain = [1, 1, 1, 1]
offset_adu = [100, 100, 100, 100]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """What goes wrong, by sequence.

    Attributes
    ----------
    lost
        Never delivered; the hardware's number jumps.
    duplicated
        Delivered twice.
    overtaken
        Delivered after its successor.
    stall_before
        The source waits there until it is stopped or `FakeSource.resume` is called.
    """

    lost: frozenset[int] = frozenset()
    duplicated: frozenset[int] = frozenset()
    overtaken: frozenset[int] = frozenset()
    stall_before: int | None = None

    def order(self, start: int, total: int) -> Iterator[int]:
        """Sequences in the order of their delivery."""
        waiting: list[int] = []
        for sequence in range(start, total):
            if sequence in self.lost:
                continue
            if sequence in self.overtaken:
                waiting.append(sequence)
                continue
            yield from [sequence] * (2 if sequence in self.duplicated else 1)
            yield from waiting
            waiting.clear()
        yield from waiting


class FakeSource:
    """`Source` of small frames of noise, each a pure function of its sequence.

    Parameters
    ----------
    total
        Frames the hardware takes; how many arrive is up to the plan.
    first_frame_id
        The hardware's number of sequence 0.
    period_s
        Time between frames; kept only when `realtime`.
    """

    def __init__(
        self,
        total: int,
        *,
        plan: FaultPlan | None = None,
        shape: tuple[int, int, int] = (4, 12, 16),
        first_frame_id: int = 0,
        period_s: float = 0.01,
        realtime: bool = False,
        can_wait: bool = True,
        run_id: str = "",
    ) -> None:
        instrument = parse_instrument(INSTRUMENT_TOML, "fake instrument")
        self.info = SourceInfo(
            kind="fake",
            address="fake://noise",
            identity="fake://noise",
            instrument_toml=INSTRUMENT_TOML,
            instrument=instrument.fingerprint,
            segments=tuple("ABCDEFGHIJKLMNOP"[: shape[0]]),
            dtype="uint16",
            shape=shape,
            frames=total,
            can_wait=can_wait,
            start_utc="2026-01-01T00:00:00+00:00",
            frames_per_second=1.0 / period_s,
            side_units={"temperature": "degC"},
        )
        self._plan = plan or FaultPlan()
        self._first_frame_id = first_frame_id
        self._period_s = period_s
        self._pace = Pace(1.0 if realtime else None)
        self._run_id = run_id
        self._stopped = Event()
        self._resumed = Event()
        self._delivered = 0
        self._state = "idle"

    def frames(self, start: int = 0) -> Iterator[Frame]:
        """As the plan says."""
        assert self.info.frames is not None
        self._pace.start(start * self._period_s)
        self._state = "running"
        for sequence in self._plan.order(start, self.info.frames):
            if sequence == self._plan.stall_before:
                self._resumed.wait()
            self._pace.wait((sequence + 1) * self._period_s, self._stopped)
            if self._stopped.is_set():
                self._state = "stopped"
                return
            self._delivered += 1
            yield self.frame(sequence)
        self._state = "ended"

    def frame(self, sequence: int) -> Frame:
        """One frame."""
        start_s = sequence * self._period_s
        header = FrameHeader(
            run_id=self._run_id,
            sequence=sequence,
            frame_id=self._first_frame_id + sequence,
            start_s=start_s,
            end_s=start_s + self._period_s,
            line_time_s=0.0,
            segments=self.info.segments,
            dtype=self.info.dtype,
            shape=self.info.shape,
            pixel_size_nm=(4.0, 4.0),
            rotation_deg=0.0,
            instrument=self.info.instrument,
            side={"temperature": 800.0 + sequence},
        )
        counted = np.random.default_rng(sequence).poisson(500.0, self.info.shape)
        return Frame(header, read_only((100 + 2 * counted).astype(np.uint16)))

    def resume(self) -> None:
        """End the planned stall."""
        self._resumed.set()

    def stop(self) -> None:
        """End every iteration."""
        self._stopped.set()
        self._resumed.set()

    def health(self) -> Health:
        """Counts and state."""
        return Health(state=self._state, delivered=self._delivered)

    def close(self) -> None:
        """Nothing but `stop`."""
        self.stop()

    def __enter__(self) -> FakeSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
