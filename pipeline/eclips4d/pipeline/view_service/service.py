"""The view service: one thread that takes the newest question of each window and answers one after the other.

Whatever comes is a question about a store that is shown, or a note for it, or it is counted and dropped. A window that
does not read its answers gets no more of them; what waits for it is bounded, and so is what is remembered for it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

import xxhash
import zmq

from eclips4d.core.errors import WireError
from eclips4d.core.log import get_logger
from eclips4d.core.messages import Look, Note, Noted, Seen
from eclips4d.core.wire import AnyArray
from eclips4d.pipeline.ports import HubPort, Mail
from eclips4d.pipeline.security.allowance import Allowances
from eclips4d.pipeline.security.gate import Gate
from eclips4d.pipeline.security.tally import Tally
from eclips4d.pipeline.view_service.client import Client
from eclips4d.pipeline.view_service.notes import NotePost
from eclips4d.pipeline.view_service.shelf import Shelf
from eclips4d.viewer.remote.questions import read

LARGEST = 64 << 10
"""Bytes of the largest part: a question with the names of all pieces that a window may have."""
QUESTIONS_PER_S, QUESTIONS_AT_ONCE = 60.0, 120
MOST_CLIENTS = 8
IDLE_S = 60.0
ANSWERS_WAITING = 2
"""For each window: more are not made while it does not read."""
TURN_MS = 50


class ViewService:
    """Answers windows.

    Parameters
    ----------
    shelf : Shelf
        What may be looked at.
    context : zmq.Context
    address : str
        Bound to; errors as of `HubPort`.
    gate : Gate, optional
    clock : callable
        Seconds, never set back.
    notes : NotePost, optional
        Takes notes; without one they are refused. Closed with the service.
    """

    def __init__(
        self,
        shelf: Shelf,
        context: zmq.Context[zmq.Socket[bytes]],
        address: str,
        gate: Gate | None = None,
        clock: Callable[[], float] = time.monotonic,
        notes: NotePost | None = None,
    ) -> None:
        self._shelf, self._clock, self._notes = shelf, clock, notes
        self._compress = not address.startswith("ipc://")
        self._clients: OrderedDict[bytes, Client] = OrderedDict()
        self._unsent = Tally("an answer that no message holds")
        self.port = HubPort(context, address, gate, LARGEST, ANSWERS_WAITING)
        self.port.allowances = Allowances(QUESTIONS_PER_S, QUESTIONS_AT_ONCE)

    @property
    def address(self) -> str:
        """Where it listens, with the port that a wildcard has become."""
        return self.port.socket.getsockopt_string(zmq.LAST_ENDPOINT)

    @property
    def windows(self) -> int:
        """How many are known."""
        return len(self._clients)

    def run(self, go_on: Callable[[], bool]) -> None:
        """Answer as long as `go_on` says."""
        while go_on():
            self.turn()

    def turn(self, timeout_ms: int = TURN_MS) -> None:
        """Take what has come within that time, and answer whom there is something to say to."""
        self.port.socket.poll(timeout_ms)
        for mail in self.port.arrived():
            try:
                self._take(mail)
            except WireError as error:
                self.port.drop(error, mail.sender)
        for sender, answer in () if self._notes is None else self._notes.answers():
            self.port.send(sender, answer)
        for sender in list(self._clients):
            self._serve(sender)

    def close(self) -> None:
        """Close the socket."""
        self.port.close()
        if self._notes is not None:
            self._notes.close()

    def _take(self, mail: Mail) -> None:
        look = mail.message.body
        if isinstance(look, Note) and not mail.message.arrays:
            self._note(mail.sender, look)
            return
        if not isinstance(look, Look) or mail.message.arrays:
            raise WireError(f"{type(look).__name__} where only questions and notes are taken")
        question = read(look.wanted)
        if mail.sender not in self._clients:
            get_logger().info("a window looks", store=look.name[:100])
            self._clients[mail.sender] = Client(self._shelf.find, self._compress, self._clock)
        self._clients.move_to_end(mail.sender)
        self._clients[mail.sender].ask(look, question)
        while len(self._clients) > MOST_CLIENTS:
            self._clients.popitem(last=False)

    def _note(self, sender: bytes, note: Note) -> None:
        if self._notes is None:
            self.port.send(sender, Noted(key=note.key, refused="no notes are taken here"))
            raise WireError("a note where only questions are taken")
        try:
            answer = self._notes.take(sender, note)
        except WireError:
            self.port.send(sender, Noted(key=note.key, refused="too many notes at once"))
            raise
        if answer is not None:
            self.port.send(sender, answer)

    def _serve(self, sender: bytes) -> None:
        client = self._clients[sender]
        if client.waits and (answer := client.answer()) is not None:
            self._answer(sender, *answer)
        elif not client.waits and self._clock() - client.asked_at > IDLE_S:
            del self._clients[sender]

    def _answer(self, sender: bytes, seen: Seen, parts: dict[str, AnyArray]) -> None:
        try:
            self.port.send(sender, seen, parts)
        except WireError as error:  # more than a message holds: other windows are answered all the same
            self._unsent.note(error=error.line)
            words = f"it cannot be sent: {error.what}"[:500]
            root = xxhash.xxh3_128_digest(words.encode())
            self.port.send(sender, Seen(number=seen.number, now_s=seen.now_s, root=root, refused=words))
