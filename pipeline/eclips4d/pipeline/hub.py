"""The storage stage: the one owner of the store, and with it of the state of every frame.

Acquisition, workers and registration each talk to it and to nothing else that must be remembered; when one of them
dies, what it had is handed out again. When the hub itself dies, the store says where to go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import zmq

from eclips4d.core.errors import WireError
from eclips4d.core.log import get_logger
from eclips4d.core.messages import (
    Bye,
    End,
    Failed,
    FrameOffer,
    GapOffer,
    Held,
    Hello,
    Inverted,
    Message,
    Ready,
    Recall,
    RegisteredOffer,
    Remark,
    Skipped,
    Stages,
    Welcome,
)
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.model_messages import Prepared
from eclips4d.core.pulse import Pulse
from eclips4d.core.strip_messages import StripMade, StripOffer, StripTaken
from eclips4d.core.wire import Received, encode
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.desk import Desk
from eclips4d.pipeline.farewell import Farewell
from eclips4d.pipeline.journal import Journal
from eclips4d.pipeline.measures import StoreMetrics
from eclips4d.pipeline.note_desk import NoteDesk
from eclips4d.pipeline.notice import notice_of
from eclips4d.pipeline.peers import Peer, Peers
from eclips4d.pipeline.ports import HubPort, close_publisher, publisher
from eclips4d.pipeline.security.allowance import Allowances
from eclips4d.pipeline.security.gate import gate_of
from eclips4d.pipeline.security.limits import largest_part
from eclips4d.pipeline.stage_watch import StageWatch
from eclips4d.pipeline.taking_up import Run, open_run
from eclips4d.pipeline.wake import Wake
from eclips4d.storage.room import Room

ROLES = ("acquisition", "inference", "registration", "supervisor")
ROLES_OF: dict[type, tuple[str, ...]] = {
    FrameOffer: ("acquisition",),
    GapOffer: ("acquisition",),
    Remark: ("acquisition",),
    End: ("acquisition",),
    StripOffer: ("acquisition",),
    StripMade: ("inference",),
    Ready: ("inference",),
    Inverted: ("inference",),
    Failed: ("inference", "registration"),
    Prepared: ("inference",),
    RegisteredOffer: ("registration",),
    Held: ("registration",),
    Recall: ("registration",),
    Skipped: ("registration",),
    Stages: ("supervisor",),
}
"""Who may say what; anybody may say Beat."""
TELLING = (Remark, Stages)
TOLD_PER_S, TOLD_AT_ONCE = 20.0, 400
"""Of these, from each stage: they end up in the store's list of events."""
MOST_CREDITS = 64
TICK_MS = 100
NOTICE_EVERY_S = 0.2
PROBE_EVERY_S = 1.0
NO_ROOM_S = 5.0
"""A run whose last frames only wait for room is not kept open for them."""
WORKING = ("inference", "registration")
"""What these have is given to others when they say nothing for longer than patience lasts."""


class Hub:
    """The storage stage's event loop; everything happens in its one thread, only disk writes run beside it.

    Parameters
    ----------
    config : RunConfig
    context : zmq.Context
    metrics : StageMetrics, optional
    pulse : Pulse, optional
    """

    def __init__(
        self,
        config: RunConfig,
        context: zmq.Context[zmq.Socket[bytes]],
        metrics: StageMetrics | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        self.config = config
        self.pulse = pulse or Pulse()
        self.watch = StageWatch()
        metrics = metrics or StageMetrics("storage")
        self.metrics = StoreMetrics(metrics)
        ends = config.endpoints
        self.gate = gate_of(config, (ends.hub, ends.notices, ends.notes or ""), context, metrics)
        self.port = HubPort(context, ends.hub, self.gate, largest_part(config))
        self.notices = publisher(context, ends.notices, self.gate)
        self.notes = NoteDesk(context, ends.notes, self.gate) if ends.notes else None
        self.peers, self.farewell = Peers(self.port), Farewell(self.port)
        self._tellings = Allowances(TOLD_PER_S, TOLD_AT_ONCE)
        self.wake = Wake()
        self.active: Run | None = None
        self._last_notice = self._last_probe = 0.0
        self._gaps_noted = 0

    def run(self, keep_going: Callable[[], bool] = lambda: True) -> bool:
        """Serve until the run is finished or `keep_going` says no; returns whether it is finished."""
        self.pulse.ready()
        poller = zmq.Poller()
        poller.register(self.port.socket, zmq.POLLIN)
        poller.register(self.wake.fd, zmq.POLLIN)
        if self.notes is not None:
            poller.register(self.notes.port.socket, zmq.POLLIN)
        while self._turns(keep_going):
            self.pulse.lack("" if self.active else "the store is not open: acquisition has not said what the source is")
            poller.poll(TICK_MS)
            self.step()
            if self.active is not None and self._nothing_is_left(self.active) and self._finish(self.active):
                self._say_farewell(self.active, keep_going)
                return True
        return False

    def _turns(self, keep_going: Callable[[], bool]) -> bool:
        self.pulse.tick()
        return keep_going()

    def _say_farewell(self, run: Run, keep_going: Callable[[], bool]) -> None:
        def turns() -> bool:
            if time.monotonic() - self._last_notice >= NOTICE_EVERY_S:
                self._last_notice = time.monotonic()
                self._publish(run, ended=True)
            return self._turns(keep_going)

        self.farewell.say(self.peers.names(), turns)

    def step(self) -> None:
        """Handle everything that has come in, hand out what can be, commit what is settled."""
        for mail in self.port.arrived():
            try:
                self._handle(mail.sender, mail.message)
            except WireError as error:
                self.port.drop(error, mail.sender)
        if self.notes is not None:
            self.notes.step(self.active)
        self.wake.run()
        if self.active is not None:
            self._move_on(self.active)
        self._tick()

    def close(self) -> None:
        """Release sockets and the store's lock; what is not committed is made again by the next run."""
        self.port.close()
        if self.notes is not None:
            self.notes.port.close()
        close_publisher(self.notices, self.gate)
        if self.gate is not None:
            self.gate.close()
        if self.active is not None:
            self.active.desk.close()
            self.active.strips.close()
            self.active.models.close()
            self.active.journal.writer.close()
        self.wake.close()

    @property
    def bad_messages(self) -> int:
        """Messages dropped so far, of stages and of windows."""
        return self.port.bad_messages + (self.notes.port.bad_messages if self.notes else 0)

    def _move_on(self, run: Run) -> None:
        run.late.defer()
        run.models.step()
        run.desk.dispatch()
        run.strips.step()
        run.desk.end_waiting()
        run.desk.watch_progress()
        if run.journal.commit(committed=run.ledger.committed, recorded=run.ledger.recorded):
            run.intake.drop_ages()
        if (error := run.journal.take_refusal()) is not None:
            run.disk.refused(Room.NONE, error)
        run.intake.write_again()
        run.desk.write_again()
        self._welcome_all(run)
        answer = run.intake.answer()
        if answer is not None:
            self.peers.send_role("acquisition", answer)
        if run.intake.rewind_to is not None:
            again = Welcome(
                run_id=run.journal.writer.run_id, next_sequence=run.intake.rewind_to, credits=run.intake.credits
            )
            self.peers.send_role("acquisition", again)
            run.intake.rewind_to = None

    def _nothing_is_left(self, run: Run) -> bool:
        """The run is complete, or complete but for results that the disk has had no room for."""
        if run.ledger.total is None or run.ledger.recorded < run.ledger.total:
            return False
        no_room = run.disk.without_room_s > NO_ROOM_S
        if no_room:
            run.desk.leave_the_rest()
        return run.ledger.finished or (no_room and run.ledger.finished_but_for_deferred)

    def _finish(self, run: Run) -> bool:
        """End the run; False when the disk has no room even for that: it is tried again."""
        assert run.ledger.total is not None
        if not run.journal.commit(committed=run.ledger.committed, recorded=run.ledger.recorded, force=True):
            return False
        if not run.journal.finish(run.ledger.total):
            return False
        self._publish(run, ended=True)
        run.journal.event("run ended", total=run.ledger.total)
        return True

    # -- messages --------------------------------------------------------------------------------------------------

    def _handle(self, sender: bytes, received: Received[Message]) -> None:
        body = received.body
        if isinstance(body, Hello):
            self._hello(sender, body)
        elif sender not in self.peers:
            self.peers.ask(sender)
        else:
            self.peers.heard(sender)
            if isinstance(body, Bye):
                self.farewell.heard(sender)
            if self.active is not None:
                self._handle_known(sender, received, self.active)

    def _handle_known(self, sender: bytes, received: Received[Message], run: Run) -> None:
        body = received.body
        role = self.peers[sender].hello.role
        if role not in ROLES_OF.get(type(body), ROLES):
            raise WireError(f"{type(body).__name__} from {role}")
        if isinstance(body, TELLING) and not self._tellings.take(sender):
            raise WireError(f"more to tell than {TOLD_PER_S:.0f} things a second")
        match body:
            case Stages():
                for event in self.watch.told(body, sender):
                    run.journal.event(event)
            case Failed() if role == "registration":
                run.desk.registration_failed(sender, body.sequence, body.reason)
            case Prepared() as prepared:
                run.models.prepared(sender, prepared)
            case Ready() | Inverted() | Failed() | StripMade():
                self._from_worker(sender, received, run)
            case _ if role == "acquisition":
                self._from_acquisition(received, run)
            case _ if role == "registration":
                self._from_registration(sender, received, run.desk)
            case _:
                pass

    def _from_acquisition(self, received: Received[Message], run: Run) -> None:
        match received.body:
            case FrameOffer() as offer:
                run.intake.frame(offer, received.arrays)
            case GapOffer() as gap:
                run.intake.gap(gap)
            case StripOffer() as rows:
                self.peers.send_role("acquisition", StripTaken())
                run.strips.offer(rows, received.arrays)
            case Remark() as remark:
                run.journal.event(remark.what, **remark.values)
            case End() as end if end.total < run.intake.taken:
                raise WireError(f"the source is said to have ended after {end.total} of {run.intake.taken} frames")
            case End() as end:
                run.ledger.total = end.total
                run.intake.count_duplicates(end.duplicates)
                get_logger().info("source ended", total=end.total, reason=end.reason)
                run.journal.event("source ended", total=end.total, reason=end.reason)
            case _:
                pass

    def _from_registration(self, sender: bytes, received: Received[Message], desk: Desk) -> None:
        match received.body:
            case RegisteredOffer() as offer:
                desk.registered(offer, received.arrays)
            case Skipped() as skipped:
                desk.skipped(skipped.sequence)
            case Held() as held:
                desk.held(held.sequence)
                self.metrics.budget.waits(held.sequence)
            case Recall() as recall:
                desk.recall(sender, recall.sequences)
            case _:
                pass

    def _from_worker(self, sender: bytes, received: Received[Message], run: Run) -> None:
        match received.body:
            case StripMade() as made:
                run.strips.made(sender, made, received.arrays)
            case Ready() | Inverted() | Failed() as body:
                self.peers[sender].credits = min(MOST_CREDITS, self.peers[sender].credits + body.credits)
                if isinstance(body, Inverted):
                    run.ledger.inverted(body.sequence)
                elif isinstance(body, Failed):
                    run.desk.quarantine(body.sequence, body.reason)
            case _:
                pass

    # -- peers -----------------------------------------------------------------------------------------------------

    def _hello(self, sender: bytes, hello: Hello) -> None:
        self.peers.check(sender, hello)
        known = self.peers.get(sender)
        if known is not None and known.hello.pid == hello.pid:
            # It has had no answer for long: what was on the way is lost, or we are slow. It is told where to go on.
            known.welcomed = known.welcomed and hello.role != "acquisition"
            return
        get_logger().info("hello", name=hello.name, role=hello.role, pid=hello.pid)
        self._lost(sender)
        self.peers.add(sender, hello)
        if hello.role == "supervisor":
            self.farewell.expect(sender)
        if self.active is None and hello.source is not None:
            self.active = open_run(
                self.config, Journal.open(self.config, hello.source, self.wake), self.peers, self.metrics
            )
        if self.active is not None:
            self._welcome_all(self.active)

    def _welcome_all(self, run: Run) -> None:
        for name in self.peers.names():
            peer = self.peers[name]
            # Acquisition waits until all that it sent before is durable: nothing is written twice.
            if not peer.welcomed and (peer.hello.role != "acquisition" or run.intake.is_settled):
                peer.welcomed = True
                self._welcome(name, peer, run)

    def _welcome(self, name: bytes, peer: Peer, run: Run) -> None:
        run_id = run.journal.writer.run_id
        if peer.hello.role == "acquisition":
            run.intake.start_over()
            begun, recorded = run.journal.writer.source, run.ledger.recorded
            body = Welcome(run_id=run_id, next_sequence=recorded, credits=run.intake.credits, source=begun)
            self.peers.send(name, body)
        elif peer.hello.role == "registration":
            run.desk.restart_registration(name)
        else:
            self.peers.send(name, Welcome(run_id=run_id, source=run.journal.source))

    def _lost(self, name: bytes) -> None:
        if self.active is not None:
            self.active.desk.stage_lost(name)
        else:
            self.peers.remove(name)

    # -- clock -----------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self.metrics.bad_messages.follow(self.bad_messages)
        now = time.monotonic()
        if now - self._last_probe >= PROBE_EVERY_S:
            self._last_probe = now
            for name in self.peers.silent():
                self._lost(name)
            for name in self.peers.unheard(self.config.patience_s, WORKING):
                get_logger().error("nothing heard of it", name=name.decode(), patience_s=self.config.patience_s)
                self._lost(name)
        if self.active is not None:
            self.active.disk.look()
        if self.active is not None and now - self._last_notice >= NOTICE_EVERY_S:
            self._last_notice = now
            self._publish(self.active)

    def _publish(self, run: Run, *, ended: bool = False) -> None:
        if run.intake.gaps > self._gaps_noted:
            run.journal.event("frames lost before they reached us", gaps=run.intake.gaps - self._gaps_noted)
            self._gaps_noted = run.intake.gaps
        if (step_s := self.watch.clock_step()) is not None:
            run.journal.event("the clock was set", seconds=step_s)
        stages, workers = self.watch.states(self.peers), len(self.peers.of_role("inference"))
        notice = notice_of(run, self.config.out, stages, workers, self.bad_messages, ended=ended)
        self.metrics.show(notice, run.ledger.under_way)
        self.notices.send_multipart(encode(notice))
