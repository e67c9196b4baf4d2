"""Where the store's owner takes notes from windows: words of one line, written into the run's events and acknowledged.

A socket of its own: whatever comes here can be no more than a note, or on this host the name of another model, and a
part of more than `LARGEST` bytes cuts its sender off before anything is read. What is neither, or more notes than
people write, is counted and dropped.
"""

from __future__ import annotations

import time
from collections import OrderedDict

import zmq

from eclips4d.core.errors import InputError, StoreError, WireError
from eclips4d.core.messages import (
    Note,
    Noted,
)
from eclips4d.core.model_messages import ModelAnswer, ModelOffer
from eclips4d.core.note import MOST_LETTERS, note_event
from eclips4d.core.shown_message import Shown
from eclips4d.pipeline.budget import PAINTED
from eclips4d.pipeline.ports import HubPort, Mail
from eclips4d.pipeline.security.allowance import Allowances
from eclips4d.pipeline.security.gate import Gate
from eclips4d.pipeline.taking_up import Run

LARGEST = 1024 + 4 * MOST_LETTERS
"""Bytes of the largest part: a note whose letters all take four."""
HERE = "ipc:"
"""Addresses that processes of this user on this host reach: models are files here, times are of this clock."""
NOTES_PER_S, NOTES_AT_ONCE = 2.0, 20
"""Of all windows together: each is one line in a file that is synced."""
MOST_REMEMBERED = 256
"""Notes that may be said again, because their sender has not heard the answer, without being written twice."""


class NoteDesk:
    """Takes notes while a run is active.

    Parameters
    ----------
    context : zmq.Context
    address : str
        Bound to; errors as of `HubPort`.
    gate : Gate, optional
    """

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], address: str, gate: Gate | None = None) -> None:
        self.port = HubPort(context, address, gate, LARGEST)
        self._is_here = address.startswith(HERE)
        self._allowance = Allowances(NOTES_PER_S, NOTES_AT_ONCE)
        self._written: OrderedDict[str, Noted] = OrderedDict()

    def step(self, run: Run | None) -> None:
        """Write and acknowledge what has come in."""
        for mail in self.port.arrived():
            try:
                if (answer := self._answer(mail, run)) is not None:
                    self.port.send(mail.sender, answer)
            except WireError as error:
                self.port.drop(error, mail.sender)

    def _answer(self, mail: Mail, run: Run | None) -> Noted | ModelAnswer | None:
        shown = mail.message.body
        if not (isinstance(shown, Shown) and self._is_here and not mail.message.arrays):
            return self._taken(mail, run)
        if run is not None:
            _painted(shown, run)
        return None

    def _taken(self, mail: Mail, run: Run | None) -> Noted | ModelAnswer:
        note = mail.message.body
        if isinstance(note, ModelOffer) and self._is_here and not mail.message.arrays:
            if run is None:
                return ModelAnswer(key=note.key, refused="the run has not begun")
            return run.models.take(note)
        if not isinstance(note, Note) or mail.message.arrays:
            raise WireError(f"{type(note).__name__} where only notes are taken")
        if (written := self._written.get(note.key)) is not None:
            return written
        if not self._allowance.take(b""):
            self.port.send(mail.sender, Noted(key=note.key, refused="too many notes at once"))
            raise WireError(f"more notes than {NOTES_PER_S:.0f} a second")
        if run is None:
            return Noted(key=note.key, refused="the run has not begun")
        answer = _write(note, run)
        if not answer.refused:
            self._remember(answer)
        return answer

    def _remember(self, answer: Noted) -> None:
        self._written[answer.key] = answer
        if len(self._written) > MOST_REMEMBERED:
            self._written.popitem(last=False)


def _painted(shown: Shown, run: Run) -> None:
    if shown.rows:
        run.strips.shown(shown)
    else:
        run.journal.metrics.reached(shown.sequence, PAINTED, min(shown.at_ns, time.time_ns()))


def _write(note: Note, run: Run) -> Noted:
    sequence = _frame_of(note, run)
    time_s = None if sequence is None else _start_of(sequence, run)
    event = note_event(note.text, age_s=note.age_s, sequence=sequence, time_s=time_s, kind=note.kind)
    try:
        written = run.journal.writer.event(event)
    except StoreError as error:
        return Noted(key=note.key, refused=error.what)
    return Noted(key=note.key, sequence=sequence, time_s=time_s, refused="" if written else "the disk is full")


def _frame_of(note: Note, run: Run) -> int | None:
    """The frame that the window saw, unless there is none of that number."""
    if note.sequence is None or not run.ledger.recorded:
        return None
    return min(note.sequence, run.ledger.recorded - 1)


def _start_of(sequence: int, run: Run) -> float | None:
    try:
        return run.journal.writer.header(sequence).start_s
    except InputError:  # a gap, which has no header; whoever reads the event finds its time in the store
        return None
