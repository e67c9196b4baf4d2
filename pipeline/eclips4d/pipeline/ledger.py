"""The state of every frame, as the store's owner keeps it. Pure: no sockets, no clock, no disk.

A frame is offered, then durable, then given to a worker, inverted, registered, written and at last settled; a gap, a
quarantined or a deferred frame is settled without results. Registration needs frames in order, workers finish in any
order: so each frame that is handed out names the frame it comes `after`, and these links form a chain. When a worker
dies its links are handed out again; when registration dies all links it had not registered are.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import islice

MAX_DEATHS = 3
"""A frame that workers, or registration, died of this often is quarantined."""


@dataclass(frozen=True, slots=True)
class Link:
    """One frame of the chain: registration takes `sequence` after `after`."""

    sequence: int
    after: int


@dataclass(slots=True)
class Ledger:
    """Who has which frame, and how far the store is.

    Parameters
    ----------
    committed : int
        Frames already settled in the store.
    recorded : int
        Frames already durable in the store.
    deferred : set of int
        Committed frames whose results are still to be made.
    window : int
        Most links that may be under way at once: it bounds the memory of workers and registration.
    infer : bool
        False when frames are only recorded: nothing is handed out.
    in_order : bool
        Whether registration takes every frame in its turn: none is handed out before what was deferred earlier.
    """

    committed: int = 0
    recorded: int = 0
    deferred: set[int] = field(default_factory=set)
    window: int = 6
    infer: bool = True
    in_order: bool = False
    total: int | None = None
    hold_from: int | None = None
    """Frames from this one on are not handed out yet: they wait for their model."""
    last: int = -1
    """The newest link that registration has handed on."""
    _durable: set[int] = field(default_factory=set)
    _settled: set[int] = field(default_factory=set)
    _chain: deque[Link] = field(default_factory=deque)
    _waiting: deque[Link] = field(default_factory=deque)
    _late: deque[int] = field(default_factory=deque)
    _again: set[int] = field(default_factory=set)
    _workers: dict[int, str] = field(default_factory=dict)
    _sent_on: dict[int, str] = field(default_factory=dict)
    _deaths: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By the role that died of a frame, and the frame."""
    _given_up: set[int] = field(default_factory=set)
    _writing: set[int] = field(default_factory=set)
    _fresh: int = -1
    _passes: int = 0
    _put_off: set[int] = field(default_factory=set)
    """Deferred frames that are left to the next process."""
    _in_pass: set[int] = field(default_factory=set)
    _goes_on: bool = True
    """Whether what follows the frames that are made up for can be registered right after them."""

    def __post_init__(self) -> None:
        self._fresh = self.committed
        self.last = self.committed - 1
        self._durable = set(range(self.committed, self.recorded))

    # -- recording -------------------------------------------------------------------------------------------------

    def durable(self, sequence: int) -> None:
        """The frame's raw data are on the disk; `recorded` counts the unbroken prefix."""
        if sequence >= self.recorded:
            self._durable.add(sequence)
        while self.recorded in self._durable:
            self._durable.discard(self.recorded)
            self.recorded += 1

    def gap(self, sequence: int) -> None:
        """The frame was lost before it reached us."""
        self.durable(sequence)
        self.settle(sequence)

    def defer(self, sequence: int) -> None:
        """Settle the frame without results; they are made when the source has ended."""
        self.deferred.add(sequence)
        self.settle(sequence)

    def settle(self, sequence: int) -> None:
        """Nothing more is to be done for the frame; `committed` counts the unbroken prefix."""
        self._settled.add(sequence)
        while self.committed in self._settled:
            self._settled.discard(self.committed)
            self.committed += 1

    # -- handing out -----------------------------------------------------------------------------------------------

    @property
    def backlog(self) -> list[int]:
        """Durable frames that nobody has been given yet, oldest first."""
        return [s for s in range(self._fresh, self.recorded) if self._is_pending(s)]

    def _is_pending(self, sequence: int) -> bool:
        return sequence >= self.committed and sequence not in self._settled

    @property
    def tail(self) -> int | None:
        """The newest link under way, after which what follows will be registered."""
        return self._chain[-1].sequence if self._chain else None

    @property
    def first(self) -> int | None:
        """The oldest link under way, which registration will hand on next."""
        return self._chain[0].sequence if self._chain else None

    @property
    def nothing_follows_the_first(self) -> bool:
        """Every other link under way was given up: registration takes none after the oldest."""
        return all(link.sequence in self._given_up for link in islice(self._chain, 1, None))

    @property
    def nothing_to_hand_out(self) -> bool:
        """The source has ended, and every frame of this chain has been given to a worker."""
        return (
            self.total is not None and self.recorded >= self.total and not (self.backlog or self._waiting or self._late)
        )

    def next_link(self, worker: str) -> Link | None:
        """The link that `worker` shall invert now, or None when there is none or the window is full."""
        link = self._waiting.popleft() if self._waiting else self._new_link()
        if link is not None:
            self._workers[link.sequence] = worker
        return link

    def _new_link(self) -> Link | None:
        # Results that are still being written count too: they are in memory as well.
        # Links that were given up are not: registration may pass over them only after what comes next.
        waited_for = sum(link.sequence not in self._given_up for link in self._chain)
        if not self.infer or waited_for + len(self._writing) >= self.window:
            return None
        sequence = self._late.popleft() if self._late else self._next_fresh()
        if sequence is None:
            return None
        link = Link(sequence, self._chain[-1].sequence if self._chain else self.last)
        self._chain.append(link)
        return link

    @property
    def next_fresh(self) -> int:
        """Every frame below it has been given to a worker once, or been settled without."""
        return self._fresh

    def _next_fresh(self) -> int | None:
        if self.in_order and not (self._goes_on and self.outstanding <= self._in_pass):
            return None
        while self._fresh < self.recorded and not self._is_pending(self._fresh):
            self._fresh += 1
        if self._fresh >= self.recorded or (self.hold_from is not None and self._fresh >= self.hold_from):
            return None
        self._fresh += 1
        return self._fresh - 1

    @property
    def may_catch_up(self) -> bool:
        """Results of deferred frames can be made: nothing else is under way."""
        return bool(self.outstanding and self.infer) and not (self._chain or self._late or self._writing)

    @property
    def outstanding(self) -> set[int]:
        """Deferred frames whose results this process shall make."""
        return self.deferred - self._put_off

    def begin_catch_up(self, sequences: Collection[int], *, goes_on: bool = False) -> None:
        """Let registration start over with these frames; those that are not deferred it only follows again.

        Parameters
        ----------
        goes_on
            Whether registration may take what was never handed out right after them.
        """
        self._late = deque(sorted(sequences))
        self._again = set(sequences) - self.deferred
        self._in_pass, self._goes_on = set(sequences), goes_on
        self._start_over()

    def _start_over(self) -> None:
        self._passes += 1
        self.last = -1 - self._passes

    @property
    def may_go_back(self) -> bool:
        """All that was deferred is made up for, and registration is not where the live chain goes on."""
        return not (self._goes_on or self.outstanding or self._chain or self._late or self._writing)

    def go_back(self) -> None:
        """Let registration start over where the live chain ended."""
        self._in_pass, self._goes_on = set(), True
        self._start_over()

    def follow_too(self, sequence: int) -> None:
        """Let registration follow one frame more, whose results there are, or are made up for another time."""
        self._late.append(sequence)
        self._again.add(sequence)

    def is_followed_again(self, sequence: int) -> bool:
        """The frame has its results; registration needs it only to know where it is."""
        return sequence in self._again

    # -- results ---------------------------------------------------------------------------------------------------

    def inverted(self, sequence: int) -> None:
        """The worker has sent the surface on; should it die now, the surface may still not have left it."""
        worker = self._workers.pop(sequence, None)
        if worker is not None:
            self._sent_on[sequence] = worker
            self._deaths.pop(("inference", sequence), None)

    def registered(self, sequence: int) -> bool:
        """Registration has handed the frame on; False when nobody waited for it (it came twice)."""
        if not self._chain or self._chain[0].sequence != sequence:
            return False
        self._chain.popleft()
        self._forget(sequence)
        self._writing.add(sequence)
        self.last = sequence
        return True

    def written(self, sequence: int) -> None:
        """All products are durable: the frame is settled."""
        for role in ("inference", "registration"):
            self._deaths.pop((role, sequence), None)
        self._writing.discard(sequence)
        if sequence in self._again:
            self._again.discard(sequence)
        elif sequence in self.deferred:
            self.deferred.discard(sequence)
        else:
            self.settle(sequence)

    def not_written(self, sequence: int) -> None:
        """The disk had no room for the results: they are made again later."""
        self._writing.discard(sequence)
        if sequence not in self.deferred:
            self.defer(sequence)

    def put_off(self, sequence: int) -> None:
        """The oldest link under way is not handed on: its results are left to the next process."""
        if self.registered(sequence):
            self._writing.discard(sequence)
            self._put_off.add(sequence)
            if sequence not in self.deferred:
                self.defer(sequence)

    def quarantine(self, sequence: int) -> Link | None:
        """Give the frame up; its link stays until registration has passed over it (`skipped`). None: not under way."""
        link = next((link for link in self._chain if link.sequence == sequence), None)
        if link is not None:
            self._forget(sequence)
            self._given_up.add(sequence)
        return link

    def skipped(self, sequence: int) -> bool:
        """Registration has passed over a quarantined frame; it is settled once that is `written`."""
        if not self.registered(sequence):
            return False
        self._given_up.discard(sequence)
        return True

    def _forget(self, sequence: int) -> None:
        self._workers.pop(sequence, None)
        self._sent_on.pop(sequence, None)
        if any(link.sequence == sequence for link in self._waiting):
            self._waiting = deque(link for link in self._waiting if link.sequence != sequence)

    # -- deaths ----------------------------------------------------------------------------------------------------

    def worker_lost(self, worker: str) -> int | None:
        """Take back what the worker had, and what it may not have sent on; it works in order, so only the oldest
        frame it had counts the death. Returns that frame if it has now killed too many workers.
        """
        had = [link.sequence for link in self._chain if self._workers.get(link.sequence) == worker]
        sent = {s for s, who in self._sent_on.items() if who == worker}
        for sequence in (*had, *sent):
            self._workers.pop(sequence, None)
            self._sent_on.pop(sequence, None)
        poison = None
        if had:
            poison = self._death("inference", had[0])
        self._requeue((set(had) | sent) - {poison} - self._given_up)
        return poison

    def registration_died(self, held: int | None = None) -> int | None:
        """Registration is gone; the oldest frame it had been given, but for one that it only keeps, counts the death.
        Returns that frame if registration has now died of it too often.
        """
        given = (link.sequence for link in self._chain if link.sequence in self._sent_on and link.sequence != held)
        first = next(given, None)
        return None if first is None else self._death("registration", first)

    def _death(self, role: str, sequence: int) -> int | None:
        self._deaths[role, sequence] += 1
        return sequence if self._deaths[role, sequence] >= MAX_DEATHS else None

    def registration_lost(self) -> list[Link]:
        """Hand out again every link that registration had not handed on; returns those it has to pass over again."""
        self._workers.clear()
        self._sent_on.clear()
        self._requeue({link.sequence for link in self._chain} - self._given_up)
        return [link for link in self._chain if link.sequence in self._given_up]

    def _requeue(self, sequences: set[int]) -> None:
        waiting = sequences | {link.sequence for link in self._waiting}
        self._waiting = deque(link for link in self._chain if link.sequence in waiting)

    @property
    def being_written(self) -> frozenset[int]:
        """Frames whose results are on their way to the disk."""
        return frozenset(self._writing)

    @property
    def under_way(self) -> int:
        """Links between dispatch and registration."""
        return len(self._chain)

    @property
    def finished(self) -> bool:
        """The source has ended and nothing is left to do."""
        return self.finished_but_for_deferred and not (self.infer and self.outstanding)

    @property
    def finished_but_for_deferred(self) -> bool:
        """The source has ended, every frame is settled and nothing is under way."""
        return self.total is not None and self.committed >= self.total and not self._chain and not self._writing
