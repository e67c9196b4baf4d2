"""Frames whose results come later: which are deferred, from which state of registration they are made, and when.

Registration's state before a frame is committed before any result is written that would let the next process start
somewhere else: so whatever is killed, and whatever the disk refuses, no frame is registered without those before it.
"""

from __future__ import annotations

from collections.abc import Iterable

from eclips4d.core.log import get_logger
from eclips4d.core.results import Status
from eclips4d.pipeline.catching_up import WITHOUT_RESULT, Pass, next_pass
from eclips4d.pipeline.disk_watch import DiskWatch
from eclips4d.pipeline.intake import Intake
from eclips4d.pipeline.journal import DISK_ERRORS, Journal
from eclips4d.pipeline.ledger import Ledger
from eclips4d.storage.room import Room


class Late:
    """What is deferred, and registration's states that it will need.

    Parameters
    ----------
    journal : Journal
    ledger : Ledger
    intake : Intake
        Knows how old frames are.
    disk : DiskWatch

    Attributes
    ----------
    chain_state : bytes
        Registration's state after the last link it handed on, whichever chain that belongs to.
    """

    def __init__(self, journal: Journal, ledger: Ledger, intake: Intake, disk: DiskWatch) -> None:
        self.journal, self.ledger, self.intake, self.disk = journal, ledger, intake, disk
        self.chain_state = journal.state.live
        self._after: dict[int, list[int]] = {}
        """Links under way whose state runs of deferred frames will need, and the first frame of each run."""
        self._pass = Pass()
        """The deferred frames that are being made up for."""
        self._ahead = False
        """A state is needed by whoever goes on from here, and no commit holds it yet."""
        before = journal.state.before
        for sequence in before.keys() - ledger.deferred:
            del before[sequence]

    # -- which -----------------------------------------------------------------------------------------------------

    def defer(self) -> None:
        """Settle without results what is only to be recorded, or what waits longer than `--lag skip:SECONDS` allows.

        Frames that are all taken in order are never deferred on the way: they wait.
        """
        backlog = self.ledger.backlog
        limit = self.journal.config.skip_lag_s
        if not self.ledger.infer:
            self._defer(backlog)
        elif limit is None:
            return
        elif not self.disk.has_room_for_results:
            self._defer(backlog)
        elif self.ledger.total is None and len(backlog) > 1 and self.intake.age(backlog[0]) > limit:
            self._defer(backlog[:-1])
            get_logger().warning("deferred", first=backlog[0], frames=len(backlog) - 1)
            self.journal.event("frames deferred", first=backlog[0], frames=len(backlog) - 1)

    def leave_the_rest(self, refused: Iterable[int]) -> None:
        """The run ends without room for results: those that were `refused`, and the backlog, are made another time."""
        for sequence in sorted(refused):
            self.refused(sequence)
        self._defer(self.ledger.backlog)

    def refused(self, sequence: int) -> None:
        """The disk has no room for the results of this frame, which registration has taken."""
        if sequence not in self.ledger.deferred:
            if sequence - 1 not in self.ledger.deferred:
                self.journal.state.before[sequence] = self.journal.state_before(sequence)
            self.journal.set_status(sequence, Status.DEFERRED)
        self.ledger.not_written(sequence)
        self.journal.forget(sequence)

    def put_off(self, sequence: int) -> None:
        """The source was stopped after the run's first frame, which waits for the one that shows how far it drifted."""
        self.journal.set_status(sequence, Status.DEFERRED)
        self.journal.state.before[sequence] = self.chain_state
        self.ledger.put_off(sequence)
        self.journal.forget(sequence)

    def _defer(self, sequences: list[int]) -> None:
        for sequence in sequences:
            self._note_state_before(sequence)
            try:
                self.journal.set_status(sequence, Status.DEFERRED)
            except DISK_ERRORS as error:
                self.disk.refused(Room.RAW, error)
                return
            self.ledger.defer(sequence)
            self.journal.forget(sequence)

    # -- from which state ------------------------------------------------------------------------------------------

    def passed(self, sequence: int, state: bytes) -> None:
        """Registration has left this link behind, in this state."""
        self.chain_state = state
        for first in self._after.pop(sequence, ()):
            self.journal.state.before[first] = state
        following = self._pass.after(sequence)
        if following in self.ledger.deferred:
            self.journal.state.before[following] = state
            self._ahead = True
        elif self._pass.goes_on and sequence == self._pass.frames[-1]:
            self.journal.goes_on_from(state)
            self._ahead = True

    def is_safe(self) -> bool:
        """Whether results may be written: the next process knows where to go on, with these results and without."""
        if self._ahead:
            self._ahead = not self.commit()
        return not self._ahead

    def made(self, sequence: int) -> None:
        """The results of a deferred frame are there, or it was given up."""
        self.journal.state.before.pop(sequence, None)

    def commit(self) -> bool:
        """Commit now; False when the disk refuses."""
        return self.journal.commit(committed=self.ledger.committed, recorded=self.ledger.recorded, force=True)

    def _note_state_before(self, sequence: int) -> None:
        """If this is the first of a run of deferred frames: from which state of registration it will be made up for."""
        status, before = self.journal.writer.status, sequence - 1
        while before >= 0 and before not in self.ledger.deferred and status(before) & WITHOUT_RESULT:
            before -= 1
        if before in self.ledger.deferred:
            return
        waited_for = [s for s in self.ledger.backlog if s < sequence]
        last = waited_for[-1] if waited_for else self.ledger.tail
        if last is None:
            self.journal.state.before[sequence] = self.journal.newest_state
        else:
            self._after.setdefault(last, []).append(sequence)

    # -- when ------------------------------------------------------------------------------------------------------

    def turn(self) -> bool:
        """Begin to make up for the oldest deferred frames, or go back to the live chain, once nothing is under way.

        Returns whether registration has to start over.
        """
        if self.ledger.may_go_back and self.ledger.in_order:
            self._pass = Pass()
            self.ledger.go_back()
            self.chain_state = self.journal.newest_state
            return True
        if not self.ledger.may_catch_up or not self._is_time():
            return False
        self._pass = next_pass(self.journal.writer.statuses(), self.ledger.outstanding, self.journal.state.before)
        if self._pass.anew:
            told = {"before": min(self.ledger.outstanding), "frames": len(self._pass.frames)}
            self.journal.event("followed again, to know where registration was", **told)
        self.ledger.begin_catch_up(self._pass.frames, goes_on=self._pass.goes_on)
        self.chain_state = self._pass.state
        return True

    def _is_time(self) -> bool:
        """When the source has ended; or at once, where what comes next is to be registered after it."""
        total, committed = self.ledger.total, self.journal.writer.committed
        if total is not None and committed >= total:
            return True
        return self.ledger.in_order and max(self.ledger.outstanding) < committed
