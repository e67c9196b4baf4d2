"""The acquisition stage: a source fills the sender's ring, the ring is emptied towards the store as credits allow.

Two threads: one takes frames from the source at the source's own pace, the other owns the socket. The ring between
them keeps every frame until the store has acknowledged it as durable.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress

import zmq

from eclips4d.acquisition.accountant import Gap
from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.ring import RingCounts, SenderRing, memory_for
from eclips4d.acquisition.side import open_sides
from eclips4d.acquisition.source import Acknowledging
from eclips4d.core.frame import Frame
from eclips4d.core.log import get_logger
from eclips4d.core.messages import MOST_TEXT, Ack, Bye, End, FrameOffer, GapOffer, Hello, Message, Welcome, Who
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.pulse import Pulse
from eclips4d.core.strip_messages import StripTaken
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.measures import RingMetrics
from eclips4d.pipeline.own_version import VERSION
from eclips4d.pipeline.ports import PeerPort
from eclips4d.pipeline.runs_clock import seconds_after
from eclips4d.pipeline.security.keyring import hub_key
from eclips4d.pipeline.security.limits import largest_part
from eclips4d.pipeline.source_gate import gate_of_source
from eclips4d.pipeline.strip_slot import StripSlot
from eclips4d.pipeline.taker import Moment, Taker
from eclips4d.pipeline.wake import Wake

TICK_MS = 200
NO_ANSWER_S = 10.0
MOST_ASKED = 60
"""So often a store is asked that does not answer; one that is restarted asks by itself. More would fill the socket."""
NAME = "acquisition"


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
        self.gate = gate_of_source(self.source, config, context)
        self._run = config.run_id
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
        self.strips = StripSlot(self.source, config.strips, lambda: self.wake.call(_nothing))
        self.taker: Taker | None = None
        self._credits = self._window = 0
        self._answered, self._asked = time.monotonic(), 0
        self._duplicates = 0
        self._end_said = False
        self.side = open_sides(config.side)  # last: it has threads
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
            if stop() and self._has_nothing_to_wait_for(counts):
                self._leave()
                return

    def close(self) -> None:
        """Stop the source and its thread, release sockets and files."""
        self.source.stop()
        if self._can_be_had_again:
            self.source.close()  # it need not wait for a last acknowledgement
        if self.taker is not None:
            if not self._can_be_had_again:
                self.taker.wait()
                self._leave_on_disk()
            self.taker.join()
        self.ring.close()
        self.source.close()
        self.side.close()
        if self.gate is not None:
            self.gate.close()
        self.hub.close()
        self.wake.close()
        with suppress(OSError):  # not empty: frames that nobody has acknowledged
            self.spill_dir.rmdir()

    def _has_nothing_to_wait_for(self, counts: RingCounts) -> bool:
        """All is durable and told, and nobody is there to say so: the last word was lost with the run's end."""
        return self._end_said and not counts.held and bool(self.hub.silence)

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
        source = self.side.described(self.source.info)
        self.hub.send(Hello(role=NAME, name=NAME, pid=os.getpid(), source=source, version=VERSION))

    def _from_hub(self, body: Message) -> None:
        match body:
            case Ack():
                self._credits = min(self._credits + body.credits, self._window)
                self._acknowledged(body.durable)
            case StripTaken():
                self.strips.answered()
            case Who():
                self._hello()
            case Welcome():
                self.strips.answered()
                self._welcomed(body)
            case _:
                pass

    def _welcomed(self, welcome: Welcome) -> None:
        self._credits = self._window = welcome.credits
        self._answered, self._asked = time.monotonic(), 0
        self._end_said = False
        self.pulse.ready()
        if self.taker is not None:
            self._acknowledged(welcome.next_sequence)
            self.ring.rewind(welcome.next_sequence)
            return
        self._run, start = welcome.run_id, welcome.next_sequence
        if self._can_be_had_again:
            self.ring.discard_leftovers()
        else:
            start = self.ring.adopt(start)
        get_logger().info("source starts", sequence=start)
        self._let_go(start)
        later_s = seconds_after(self.source.info, welcome.source)
        self.taker = Taker(self.source, self.ring, start, lambda: self.wake.call(_nothing), later_s, self.side)

    def _acknowledged(self, durable: int) -> None:
        self._answered, self._asked = time.monotonic(), 0
        self.ring.acknowledge(durable)
        if self.taker is not None:
            self.taker.forget_before(durable)
            self._let_go(durable)

    @property
    def _can_be_had_again(self) -> bool:
        """Whether a frame that the store lacks is still with the source, which is then asked for it."""
        return self.source.info.can_wait or isinstance(self.source, Acknowledging)

    def _let_go(self, durable: int) -> None:
        """A source whose other end keeps its frames need not keep those below this one."""
        if isinstance(self.source, Acknowledging):
            self.source.acknowledge(self._run, durable)

    def _ask_again(self, counts: RingCounts) -> None:
        """What was sent has had no answer for long: it may be lost. Ask where to go on."""
        now = time.monotonic()
        if counts.held == counts.unsent:
            self._answered = now
        elif now - self._answered > NO_ANSWER_S and self._asked < MOST_ASKED:
            self._answered, self._asked = now, self._asked + 1
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
        if not self.hub.silence:  # frames are sent again, what else is said to nobody is not
            remarks = taker.watch.news(self.source.health(), all_of_it=ending) + self.side.news(all_of_it=ending)
            for remark in remarks:
                self.hub.send(remark)
        if not ended and self.ring.counts().unsent == 0 and (rows := self.strips.next(taker.total)) is not None:
            self.hub.send(rows[0], {"raw": rows[1]})
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
