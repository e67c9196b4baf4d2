"""The thread that takes frames from the source, at the source's own pace, into the sender's ring."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread

from eclips4d.acquisition.accountant import FrameAccountant, Gap
from eclips4d.acquisition.ring import SenderRing
from eclips4d.acquisition.side import SideStreams
from eclips4d.acquisition.side.joining import came_s
from eclips4d.acquisition.source import Source
from eclips4d.core.errors import EclipsError, InputError, SourceError
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.log import get_logger
from eclips4d.pipeline.arrivals import misfit
from eclips4d.pipeline.runs_clock import later
from eclips4d.pipeline.source_watch import SourceWatch


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened, for people and for counting seconds."""

    wall_ns: int
    monotonic_s: float

    @classmethod
    def now(cls) -> Moment:
        """As the clocks stand."""
        return cls(time.time_ns(), time.monotonic())


class Taker:
    """The thread that takes frames from the source and puts them into the ring.

    Parameters
    ----------
    source : Source
    ring : SenderRing
    start : int
        Sequence to begin with.
    put : callable
        Called after every frame or gap; wakes the sender.
    later_s : float
        Added to the frames' times: how much later than the run its source was opened, see `runs_clock`.
    side : SideStreams, optional
        Joined to the frames.
    """

    def __init__(
        self,
        source: Source,
        ring: SenderRing,
        start: int,
        put: Callable[[], None],
        later_s: float = 0.0,
        side: SideStreams | None = None,
    ) -> None:
        self.source, self.ring, self._put = source, ring, put
        self.side = side or SideStreams(())
        self._info = self.side.described(source.info)
        self.accountant = FrameAccountant(start)
        rate = None if source.info.can_wait else source.info.frames_per_second
        self.watch = SourceWatch(self.accountant, 1.0 / rate if rate else None)
        self.acquired: dict[int, Moment] = {}
        self.error: EclipsError | None = None
        self.ended = False
        self.stopped = False
        self._start, self._later_s = start, later_s
        self._scan = parse_instrument(source.info.instrument_toml, source.info.address).scan
        self._thread = Thread(target=self._run, name="taker")
        self._thread.start()

    @property
    def total(self) -> int:
        """Frames and gaps so far."""
        return self.accountant.sequence

    def forget_before(self, durable: int) -> None:
        """Frames before this one are safe elsewhere."""
        for sequence in [s for s in list(self.acquired) if s < durable]:
            self.acquired.pop(sequence, None)

    def stop(self) -> None:
        """End the source; what it has delivered stays."""
        self.stopped = True
        self.source.stop()

    def wait(self) -> None:
        """Wait for the thread, which ends when its source does."""
        self._thread.join()

    def join(self) -> None:
        """End the thread even if it waits for room."""
        self.ring.close()
        self._thread.join()

    def _run(self) -> None:
        whole = False
        try:
            self._take_all()
            whole = True
        except EclipsError as error:
            self.error = error
        except (OSError, ValueError, LookupError, ArithmeticError, RuntimeError) as error:
            # Whatever a file library raises: what was taken so far must still reach the store.
            self.error = SourceError(f"cannot be read any further: {error}", where=self.source.info.address)
        finally:
            if self.error is None and not whole:
                # Of something nobody thought of, which the thread's last words tell: no run is complete after that.
                self.error = SourceError("broke off without a word", where=self.source.info.address, cure="see the log")
            if self.error is not None:
                get_logger().error("source broke off", error=str(self.error))
            self.ended = True
            self._put()

    def _take_all(self) -> None:
        for frame in self.source.frames(self._start):
            now = Moment.now()
            self.watch.heard()
            whole = self.side.joined(frame, came_s(frame, self._info))
            for item in self.accountant.take(later(whole, self._later_s)):
                self._keep(item, now)
        for item in self.accountant.finish(None if self.stopped else self.source.info.frames):
            self._keep(item, Moment.now())

    def _keep(self, item: Frame | Gap, now: Moment) -> None:
        if isinstance(item, Gap):
            self.ring.put_gap(item)
        else:
            if wrong := misfit(item.header, self._info, self._scan):
                cure = "start a new run after changing the scan"
                raise InputError(f"{item.header.label} {wrong}", where=self.source.info.address, cure=cure)
            if self.source.info.can_wait:
                self.ring.wait_for_room(item.data.nbytes)
            self.acquired[item.header.sequence] = now
            if not self.ring.put(item):
                del self.acquired[item.header.sequence]
        self._put()
