"""Notes of windows elsewhere, on their way to the owners of the stores they belong to, and the answers back.

What a window of this host does, the view service does for those of others: a note goes to whoever writes the store, and
where nobody does, into the store under its lock. It is said once to the owner and written once, however often the
window says it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from eclips4d.core.errors import EclipsError, InputError, WireError
from eclips4d.core.messages import Note, Noted
from eclips4d.core.note import MOST_AGE_S
from eclips4d.pipeline.note_desk import MOST_REMEMBERED, NOTES_AT_ONCE, NOTES_PER_S
from eclips4d.pipeline.security.allowance import Allowances
from eclips4d.pipeline.ways import Ways, ways_to_owner
from eclips4d.storage.reader import StoredFrames, summary
from eclips4d.viewer.notes.archive import ArchiveNotes
from eclips4d.viewer.notes.live import LiveNotes
from eclips4d.viewer.notes.way import Way

MOST_WAYS, MOST_UNDER_WAY = 8, 64


@dataclass(slots=True)
class _UnderWay:
    sender: bytes
    note: Note
    way: Way
    arrived_s: float
    time_s: float | None
    sent: bool = False


class NotePost:
    """Passes notes on; one thread uses it, and nothing in here waits.

    Parameters
    ----------
    find : callable
        The store of a name.
    ways : callable
        To the owner of a store.
    clock : callable
        Seconds, never set back.
    """

    def __init__(
        self,
        find: Callable[[str], Path],
        ways: Callable[[Path], Ways] = ways_to_owner,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find, self._ways_to, self._clock = find, ways, clock
        self._allowance = Allowances(NOTES_PER_S, NOTES_AT_ONCE)
        self._ways: OrderedDict[str, Way] = OrderedDict()
        self._under_way: dict[str, _UnderWay] = {}
        self._written: OrderedDict[str, Noted] = OrderedDict()

    def take(self, sender: bytes, note: Note) -> Noted | None:
        """Set a note of this window going; the answer where there is one already.

        Raises
        ------
        WireError
            More notes than people write.
        """
        if (written := self._written.get(note.key)) is not None:
            return written
        if (known := self._under_way.get(note.key)) is not None:
            known.sender = sender  # the same window, over another connection
            return None
        if len(self._under_way) >= MOST_UNDER_WAY or not self._allowance.take(b""):
            raise WireError(f"more notes than {NOTES_PER_S:.0f} a second")
        try:
            path = self._find(note.name)
            way, note, time_s = self._way_for(path, note)
        except (EclipsError, OSError) as error:
            return Noted(key=note.key, refused=" ".join(str(error).split())[:500])
        self._under_way[note.key] = one = _UnderWay(sender, note, way, self._clock(), time_s)
        one.sent = self._sent(one)
        return None

    def answers(self) -> Iterator[tuple[bytes, Noted]]:
        """Those that have come since the last time, and to whom they go."""
        for way in list(self._ways.values()):
            for answer in way.answers():
                if (one := self._under_way.pop(answer.key, None)) is not None:
                    self._remember(answer)
                    yield one.sender, answer
        for key, one in list(self._under_way.items()):
            one.sent = one.sent or self._sent(one)
            if self._clock() - one.arrived_s > one.way.patience_s:
                del self._under_way[key]
                yield one.sender, Noted(key=key, refused="no answer from the run's owner")

    def close(self) -> None:
        """Close all ways; what waits for a lock is written first."""
        for way in self._ways.values():
            way.close()
        self._ways.clear()

    def _way_for(self, path: Path, note: Note) -> tuple[Way, Note, float | None]:
        """Over which way, the note as it is to be written, and the start of its frame where nobody else finds it."""
        address = self._ways_to(path).notes
        if address is not None:
            return self._kept(address, lambda: LiveNotes(address)), note, None
        archive = self._kept(str(path), lambda: ArchiveNotes(path))
        recorded = summary(path).recorded
        if note.sequence is None or not recorded:
            return archive, msgspec.structs.replace(note, sequence=None), None
        sequence = min(note.sequence, recorded - 1)
        return archive, msgspec.structs.replace(note, sequence=sequence), _start_of(path, sequence)

    def _kept(self, key: str, make: Callable[[], Way]) -> Way:
        if key not in self._ways:
            self._ways[key] = make()
        self._ways.move_to_end(key)
        busy = {id(one.way) for one in self._under_way.values()} | {id(self._ways[key])}
        for old in list(self._ways)[: max(0, len(self._ways) - MOST_WAYS)]:
            if id(self._ways[old]) not in busy:
                self._ways.pop(old).close()
        return self._ways[key]

    def _sent(self, one: _UnderWay) -> bool:
        age_s = min(one.note.age_s + self._clock() - one.arrived_s, MOST_AGE_S)
        return one.way.send(msgspec.structs.replace(one.note, age_s=age_s), one.time_s)

    def _remember(self, answer: Noted) -> None:
        if answer.refused:
            return
        self._written[answer.key] = answer
        if len(self._written) > MOST_REMEMBERED:
            self._written.popitem(last=False)


def _start_of(path: Path, sequence: int) -> float | None:
    try:
        return StoredFrames(path).header(sequence).start_s
    except InputError:  # a gap, which has no header
        return None
