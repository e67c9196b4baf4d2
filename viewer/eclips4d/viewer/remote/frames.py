"""Pictures of a store on another host, from its view service; stands where `eclips4d.viewer.store.StoreFrames` does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from eclips4d.core.errors import WireError
from eclips4d.core.messages import Seen
from eclips4d.core.wire import Received
from eclips4d.viewer.picture import Picture, RunState, Wanted
from eclips4d.viewer.remote.link import Link, Place
from eclips4d.viewer.remote.pace import Pace
from eclips4d.viewer.remote.parcel import unpacked
from eclips4d.viewer.shrinking import MOST_HALVINGS

WAIT_S, GLANCE_S = 0.2, 0.03
"""How long a look waits: for something else than is shown, and for news. Then a newer question has its turn."""
SILENT_S = 3.0
"""Without an answer from then on is said, and later where answers are known to take long."""


class RemoteFrames:
    """Pictures over a network; one thread at a time may look.

    What is shown stays while nothing comes, with words that say for how long; when the service is back, what is the
    newest then is shown.

    Parameters
    ----------
    place : Place
        Where the store is to be seen; errors as of `Link`.
    clock, epoch_clock : callable
        Seconds: never set back; since the epoch.
    """

    def __init__(
        self,
        place: Place,
        clock: Callable[[], float] = time.monotonic,
        epoch_clock: Callable[[], float] = time.time,
    ) -> None:
        self._link = Link(place, clock=clock)
        self._epoch_clock = epoch_clock
        self._pace = Pace()
        self._root, self._refused = b"", ""
        self._came = Picture(Wanted(), note=f"waiting for {place.title}")
        self._shown = self._came
        self._state: tuple[RunState, RunState] | None = None

    @property
    def damaged(self) -> int:
        """Messages that were not what they said."""
        return self._link.damaged

    def look(self, wanted: Wanted) -> Picture:
        """The newest picture that has come: the wanted one, or while that is on its way one that was wanted before."""
        refine = wanted == self._came.wanted and self._came.coarse > 0
        level = 0 if refine else self._pace.level
        self._link.ask(wanted, self._root, level)
        answer = self._link.answer(GLANCE_S if wanted == self._came.wanted else WAIT_S)
        before = self._came
        if answer is not None:
            self._take(answer)
        trouble = self._trouble(SILENT_S + 2 * self._pace.expected_s(level))
        if self._came is not before or trouble != self._shown.trouble:
            self._shown = self._came if trouble == self._came.trouble else replace(self._came, trouble=trouble)
        return self._shown

    def close(self) -> None:
        """Leave."""
        self._link.close()

    def _take(self, answer: Received[Seen]) -> None:
        said = answer.body
        if said.root == self._root:
            return
        if said.refused:
            self._root, self._refused = said.root, said.refused
            return
        try:
            picture: Picture = unpacked(Picture, said.root, answer.arrays, self._link.pieces)
            if not 0 <= picture.coarse <= MOST_HALVINGS:
                raise WireError(f"a picture halved {picture.coarse} times")
        except WireError:
            self._link.drop()
            self._root = b""
            return
        self._link.pieces.trim()
        if self._link.is_answered:
            nbytes = sum(part.nbytes for part in answer.arrays.values())
            self._pace.came(nbytes, self._link.travelled_s, picture.coarse)
        self._root, self._refused = said.root, ""
        self._came = replace(picture, state=self._by_our_clock(picture.state, said.now_s))

    def _by_our_clock(self, state: RunState | None, now_s: float) -> RunState | None:
        """The clocks of two hosts do not agree: how long ago the store changed is taken from the other one's."""
        if state is None:
            return None
        if self._state is None or self._state[0] is not state:
            self._state = state, replace(state, changed_s=state.changed_s + self._epoch_clock() - now_s)
        return self._state[1]

    def _trouble(self, patience_s: float) -> str:
        silent_s = self._link.silent_s
        if silent_s > patience_s:
            return f"no answer for {silent_s:.0f} s"
        return self._refused or self._came.trouble
