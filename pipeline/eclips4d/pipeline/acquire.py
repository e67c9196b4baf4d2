"""The acquisition stage: a source fills the sender's ring, the ring is emptied towards the store as credits allow.

Two threads: one takes frames from the source at the source's own pace, the other owns the socket. The ring between
them keeps every frame until the store has acknowledged it as durable.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread

import zmq

from eclips4d.acquisition.accountant import FrameAccountant, Gap
from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.ring import RingCounts, SenderRing, memory_for
from eclips4d.acquisition.source import Source
from eclips4d.core.errors import EclipsError, InputError, SourceError
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.log import get_logger
from eclips4d.core.messages import MOST_TEXT, Ack, Bye, End, FrameOffer, GapOffer, Hello, Message, Welcome, Who
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.pulse import Pulse
from eclips4d.pipeline.arrivals import misfit
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.measures import RingMetrics
from eclips4d.pipeline.ports import PeerPort
from eclips4d.pipeline.security.keyring import hub_key
from eclips4d.pipeline.security.limits import largest_part
from eclips4d.pipeline.source_watch import SourceWatch
from eclips4d.pipeline.wake import Wake

TICK_MS = 200
NO_ANSWER_S = 10.0
NAME = "acquisition"


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
    """

    def __init__(self, source: Source, ring: SenderRing, start: int, put: Callable[[], None]) -> None:
        self.source, self.ring, self._put = source, ring, put
        self.accountant = FrameAccountant(start)
        rate = None if source.info.can_wait else source.info.frames_per_second
        self.watch = SourceWatch(self.accountant, 1.0 / rate if rate else None)
        self.acquired: dict[int, Moment] = {}
        self.error: EclipsError | None = None
        self.ended = False
        self.stopped = False
        self._start = start
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
            for item in self.accountant.take(frame):
                self._keep(item, now)
        for item in self.accountant.finish(None if self.stopped else self.source.info.frames):
            self._keep(item, Moment.now())

    def _keep(self, item: Frame | Gap, now: Moment) -> None:
        if isinstance(item, Gap):
            self.ring.put_gap(item)
        else:
            if wrong := misfit(item.header, self.source.info, self._scan):
                cure = "start a new run after changing the scan"
                raise InputError(f"{item.header.label} {wrong}", where=self.source.info.address, cure=cure)
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
    pulse : Pulse, optional

    Raises
    ------
    InputError
        The source cannot be opened.
    """

    def __init__(
        self,
        config: RunConfig,
        context: zmq.Context[zmq.Socket[bytes]],
        metrics: StageMetrics | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        self.pulse = pulse or Pulse()
        self.source = open_source(config.source, instrument=config.instrument, speed=config.speed, run_id=config.run_id)
        info = self.source.info
        n, rows, columns = info.shape
        frame_bytes = n * rows * columns * (1 if info.dtype == "uint8" else 2)
        memory = memory_for(frame_bytes, info.frames_per_second or 4.0, config.ring_seconds)
        config.spill_dir.mkdir(parents=True, exist_ok=True)
        self.spill_dir = config.spill_dir
        self.ring = SenderRing(memory, config.spill_bytes, config.spill_dir / "frames")
        self.hub = PeerPort(context, config.endpoints.hub, NAME, hub_key(config), largest_part(config))
        self.wake = Wake()
        self.metrics = metrics or StageMetrics(NAME)
        self.ring_metrics = RingMetrics(self.metrics)
        self.taker: Taker | None = None
        self._credits = self._window = 0
        self._answered = time.monotonic()
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
            self.pulse.tick()
            poller.poll(TICK_MS)
            self.wake.run()
            self.pulse.lack(self.hub.silence)
            self.metrics.bad_messages.follow(self.hub.bad_messages)
            self.hub.keep_in_touch()
            if stop() and self.taker is not None and not self.taker.stopped:
                self.taker.stop()
            while (received := self.hub.receive()) is not None:
                if isinstance(received.body, Bye):
                    self._leave()
                    return
                self._from_hub(received.body)
            self._send_what_may_go()
            counts = self.ring.counts()
            self._ask_again(counts)
            self.ring_metrics.show(counts)

    def close(self) -> None:
        """Stop the source and its thread, release sockets and files."""
        self.source.stop()
        if self.taker is not None:
            if not self.source.info.can_wait:
                self.taker.wait()
                self._leave_on_disk()
            self.taker.join()
        self.ring.close()
        self.source.close()
        self.hub.close()
        self.wake.close()
        with suppress(OSError):  # not empty: frames that nobody has acknowledged
            self.spill_dir.rmdir()

    def _leave_on_disk(self) -> None:
        """Frames that cannot be had again wait for the next run of this store."""
        held = self.ring.counts().held
        lost = self.ring.keep_on_disk()
        if held:
            get_logger().warning("frames left for the next run", frames=held, lost=lost, folder=str(self.spill_dir))

    def _leave(self) -> None:
        self.ring.discard_leftovers()
        if self.taker is not None and self.taker.error is not None:
            raise self.taker.error

    def _hello(self) -> None:
        self.hub.send(Hello(role=NAME, name=NAME, pid=os.getpid(), source=self.source.info))

    def _from_hub(self, body: Message) -> None:
        match body:
            case Ack():
                self._credits = min(self._credits + body.credits, self._window)
                self._acknowledged(body.durable)
            case Who():
                self._hello()
            case Welcome():
                self._welcomed(body)
            case _:
                pass

    def _welcomed(self, welcome: Welcome) -> None:
        self._credits = self._window = welcome.credits
        self._answered = time.monotonic()
        self._end_said = False
        self.pulse.ready()
        if self.taker is not None:
            self._acknowledged(welcome.next_sequence)
            self.ring.rewind(welcome.next_sequence)
            return
        start = welcome.next_sequence
        if self.source.info.can_wait:
            self.ring.discard_leftovers()
        else:
            start = self.ring.adopt(start)
        get_logger().info("source starts", sequence=start)
        self.taker = Taker(self.source, self.ring, start, lambda: self.wake.call(_nothing))

    def _acknowledged(self, durable: int) -> None:
        self._answered = time.monotonic()
        self.ring.acknowledge(durable)
        if self.taker is not None:
            self.taker.forget_before(durable)

    def _ask_again(self, counts: RingCounts) -> None:
        """What was sent has had no answer for long: it may be lost. Ask where to go on."""
        now = time.monotonic()
        if counts.held == counts.unsent:
            self._answered = now
        elif now - self._answered > NO_ANSWER_S:
            self._answered = now
            get_logger().warning("no answer from the store", frames=counts.held - counts.unsent)
            self._hello()

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
            reason = str(taker.error or "")[:MOST_TEXT]
            self.hub.send(End(total=taker.total, reason=reason, duplicates=self._new_duplicates(taker)))

    def _offer(self, taker: Taker, item: Frame | Gap) -> None:
        if isinstance(item, Gap):
            self.hub.send(GapOffer(sequence=item.sequence, frame_id=item.frame_id, start_s=item.start_s))
            return
        sequence = item.header.sequence
        # Kept until the store has the frame: one that is sent again is as old as it is.
        acquired = taker.acquired.get(sequence, Moment.now())
        offer = FrameOffer(
            header=item.header,
            stamps={"acquired": acquired.wall_ns},
            age_s=max(0.0, time.monotonic() - acquired.monotonic_s),
            duplicates=self._new_duplicates(taker),
        )
        self.hub.send(offer, {"raw": item.data})
        self.metrics.frames.inc()

    def _new_duplicates(self, taker: Taker) -> int:
        duplicates = taker.accountant.duplicates - self._duplicates
        self._duplicates += duplicates
        return duplicates


def _nothing() -> None:
    """Waking is all."""
