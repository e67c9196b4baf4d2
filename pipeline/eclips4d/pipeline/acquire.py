"""The acquisition stage: a source fills the sender's ring, the ring is emptied towards the store as credits allow.

Two threads: one takes frames from the source at the source's own pace, the other owns the socket. The ring between
them keeps every frame until the store has acknowledged it as durable.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

import zmq

from eclips4d.acquisition.accountant import FrameAccountant, Gap
from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.ring import SenderRing, memory_for
from eclips4d.acquisition.source import Source
from eclips4d.core.errors import EclipsError, SourceError
from eclips4d.core.frame import Frame
from eclips4d.core.log import get_logger
from eclips4d.core.messages import Ack, Bye, End, FrameOffer, GapOffer, Hello, Message, Welcome, Who
from eclips4d.core.metrics import StageMetrics
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.ports import PeerPort
from eclips4d.pipeline.source_watch import SourceWatch
from eclips4d.pipeline.wake import Wake

TICK_MS = 200
NAME = "acquisition"


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
    """

    def __init__(self, source: Source, ring: SenderRing, start: int, put: Callable[[], None]) -> None:
        self.source, self.ring, self._put = source, ring, put
        self.accountant = FrameAccountant(start)
        rate = None if source.info.can_wait else source.info.frames_per_second
        self.watch = SourceWatch(self.accountant, 1.0 / rate if rate else None)
        self.acquired: dict[int, int] = {}
        self.error: EclipsError | None = None
        self.ended = False
        self.stopped = False
        self._start = start
        self._thread = Thread(target=self._run, name="taker")
        self._thread.start()

    @property
    def total(self) -> int:
        """Frames and gaps so far."""
        return self.accountant.sequence

    def stop(self) -> None:
        """End the source; what it has delivered stays."""
        self.stopped = True
        self.source.stop()

    def join(self) -> None:
        """Wait for the thread."""
        self.ring.close()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._take_all()
        except EclipsError as error:
            self.error = error
        except (OSError, ValueError, LookupError, ArithmeticError, RuntimeError) as error:
            # Whatever a file library raises: what was taken so far must still reach the store.
            self.error = SourceError(f"cannot be read any further: {error}", where=self.source.info.address)
        finally:
            if self.error is not None:
                get_logger().error("source broke off", error=str(self.error))
            self.ended = True
            self._put()

    def _take_all(self) -> None:
        for frame in self.source.frames(self._start):
            now = time.time_ns()
            self.watch.heard()
            for item in self.accountant.take(frame):
                self._keep(item, now)
        for item in self.accountant.finish(None if self.stopped else self.source.info.frames):
            self._keep(item, time.time_ns())

    def _keep(self, item: Frame | Gap, now: int) -> None:
        if isinstance(item, Gap):
            self.ring.put_gap(item)
        else:
            if self.source.info.can_wait:
                self.ring.wait_for_room(item.data.nbytes)
            self.acquired[item.header.sequence] = now
            if not self.ring.put(item):
                del self.acquired[item.header.sequence]
        self._put()


class Sender:
    """The acquisition stage's event loop.

    Parameters
    ----------
    config : RunConfig
    context : zmq.Context
    metrics : StageMetrics, optional

    Raises
    ------
    InputError
        The source cannot be opened.
    """

    def __init__(
        self, config: RunConfig, context: zmq.Context[zmq.Socket[bytes]], metrics: StageMetrics | None = None
    ) -> None:
        self.source = open_source(config.source, instrument=config.instrument, speed=config.speed, run_id=config.run_id)
        info = self.source.info
        n, rows, columns = info.shape
        frame_bytes = n * rows * columns * (1 if info.dtype == "uint8" else 2)
        memory = memory_for(frame_bytes, info.frames_per_second or 4.0, config.ring_seconds)
        config.spill_dir.mkdir(parents=True, exist_ok=True)
        self.spill_dir = config.spill_dir
        self.ring = SenderRing(memory, config.spill_bytes, config.spill_dir / "frames")
        self.hub = PeerPort(context, config.endpoints.hub, NAME)
        self.wake = Wake()
        self.metrics = metrics or StageMetrics(NAME)
        self.taker: Taker | None = None
        self._credits = 0
        self._duplicates = 0
        self._end_said = False
        self._hello()

    def run(self, keep_going: Callable[[], bool] = lambda: True, stop: Callable[[], bool] = lambda: False) -> None:
        """Send until the store says that the run is over.

        Parameters
        ----------
        keep_going
            False: end at once; what was not acknowledged is lost unless it is spilled.
        stop
            True: stop the source, but see everything it delivered into the store.

        Raises
        ------
        EclipsError
            The source broke off; all it had delivered is in the store.
        """
        poller = zmq.Poller()
        poller.register(self.hub.socket, zmq.POLLIN)
        poller.register(self.wake.fd, zmq.POLLIN)
        while keep_going():
            poller.poll(TICK_MS)
            self.wake.run()
            self.hub.keep_in_touch()
            if stop() and self.taker is not None and not self.taker.stopped:
                self.taker.stop()
            while (received := self.hub.receive()) is not None:
                if isinstance(received.body, Bye):
                    self._leave()
                    return
                self._from_hub(received.body)
            self._send_what_may_go()
            self.metrics.backlog.set(self.ring.counts().held)

    def close(self) -> None:
        """Stop the source and its thread, release sockets and files."""
        self.source.stop()
        if self.taker is not None:
            self.taker.join()
        self.ring.close()
        self.source.close()
        self.hub.close()
        self.wake.close()
        with suppress(OSError):  # not empty: frames that nobody has acknowledged
            self.spill_dir.rmdir()

    def _leave(self) -> None:
        self.ring.discard_leftovers()
        if self.taker is not None and self.taker.error is not None:
            raise self.taker.error

    def _hello(self) -> None:
        self.hub.send(Hello(role=NAME, name=NAME, pid=os.getpid(), source=self.source.info))

    def _from_hub(self, body: Message) -> None:
        match body:
            case Ack():
                self._credits += body.credits
                self.ring.acknowledge(body.durable)
            case Who():
                self._hello()
            case Welcome():
                self._welcomed(body)
            case _:
                pass

    def _welcomed(self, welcome: Welcome) -> None:
        self._credits = welcome.credits
        self._end_said = False
        if self.taker is not None:
            self.ring.acknowledge(welcome.next_sequence)
            self.ring.rewind(welcome.next_sequence)
            return
        start = welcome.next_sequence
        if self.source.info.can_wait:
            self.ring.discard_leftovers()
        else:
            start = self.ring.adopt(start)
        get_logger().info("source starts", sequence=start)
        self.taker = Taker(self.source, self.ring, start, lambda: self.wake.call(_nothing))

    def _send_what_may_go(self) -> None:
        taker = self.taker
        if taker is None:
            return
        # Read before the ring is: what ended before was put before.
        ended = taker.ended
        while self._credits > 0:
            item = self.ring.next_unsent()
            if item is None:
                break
            self._credits -= 1
            self._offer(taker, item)
        ending = ended and not self._end_said and self.ring.counts().unsent == 0
        for remark in taker.watch.news(self.source.health(), all_of_it=ending):
            self.hub.send(remark)
        if ending:
            self._end_said = True
            self.hub.send(End(total=taker.total, reason=str(taker.error or ""), duplicates=self._new_duplicates(taker)))

    def _offer(self, taker: Taker, item: Frame | Gap) -> None:
        if isinstance(item, Gap):
            self.hub.send(GapOffer(sequence=item.sequence, frame_id=item.frame_id, start_s=item.start_s))
            return
        sequence = item.header.sequence
        stamps = {"acquired": taker.acquired.pop(sequence, time.time_ns())}
        offer = FrameOffer(header=item.header, stamps=stamps, duplicates=self._new_duplicates(taker))
        self.hub.send(offer, {"raw": item.data})
        self.metrics.frames.inc()

    def _new_duplicates(self, taker: Taker) -> int:
        duplicates = taker.accountant.duplicates - self._duplicates
        self._duplicates += duplicates
        return duplicates


def _nothing() -> None:
    """Waking is all."""
