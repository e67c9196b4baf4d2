"""Previews of the frame that is being scanned, at the store's owner: rows come, an idle worker makes heights of them.

A view: the newest rows replace those that wait, what nobody has time for is counted and dropped, and nothing that is
recorded or committed waits for it or depends on it.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import msgspec
import numpy as np

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import WireError
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.log import get_logger
from eclips4d.core.shown_message import Shown
from eclips4d.core.strip_messages import Moments, StripMade, StripOffer, StripWork
from eclips4d.core.wire import AnyArray
from eclips4d.pipeline.arrivals import misfit, received_preview, received_rows
from eclips4d.pipeline.budget import PAINTED, Reach
from eclips4d.pipeline.desk import Desk
from eclips4d.pipeline.intake import Intake
from eclips4d.pipeline.journal import Journal
from eclips4d.pipeline.measures import StripMetrics
from eclips4d.pipeline.peers import Peer, Peers
from eclips4d.pipeline.work import PREFETCH
from eclips4d.storage.scanning import drop_scanning, write_scanning

MOST_DEATHS = 2
"""Of workers over previews; then there are no more in this run, for it needs its workers."""
PATIENCE_S = 30.0
"""A worker that has not answered by then has not had the rows."""


@dataclass(frozen=True, slots=True)
class _Rows:
    offer: StripOffer
    raw: RawArray
    stamps: Moments


@dataclass(frozen=True, slots=True)
class _Given:
    name: bytes
    peer: Peer
    rows: _Rows
    at_s: float


class StripDesk:
    """Where rows of the frame that is being scanned are handed out, and previews come back.

    Parameters
    ----------
    journal : Journal
    intake : Intake
        Knows which frames have come whole.
    desk : Desk
        Knows the calibration.
    peers : Peers
    metrics : StripMetrics
    """

    def __init__(self, journal: Journal, intake: Intake, desk: Desk, peers: Peers, metrics: StripMetrics) -> None:
        self.journal, self.intake, self.desk = journal, intake, desk
        self.peers, self.metrics = peers, metrics
        self._scan = parse_instrument(journal.source.instrument_toml, journal.source.address).scan
        self._waiting: _Rows | None = None
        self._given: _Given | None = None
        self._deaths = 0
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="preview")
        drop_scanning(journal.writer.path)

    def offer(self, offer: StripOffer, arrays: dict[str, AnyArray]) -> None:
        """Take rows in place of those that wait.

        Raises
        ------
        WireError
            They are none of a frame of this run.
        """
        if wrong := misfit(offer.header, self.journal.source, self._scan):
            raise WireError(wrong, where=offer.header.label)
        raw = received_rows(arrays.get("raw"), offer.header, offer.rows)
        now = time.time_ns()
        stamps = {"acquired": now} | offer.stamps | {"received": now}
        self.metrics.dropped.inc(offer.dropped + (self._waiting is not None))
        self._waiting = _Rows(offer, raw, stamps)

    def step(self) -> None:
        """Hand out what waits, to a worker that has nothing else to do; a frame that has come whole needs none."""
        self._look_after_what_is_given()
        waiting = self._waiting
        if waiting is None:
            return
        if waiting.offer.header.sequence < self.intake.taken or self._deaths >= MOST_DEATHS:
            self.metrics.dropped.inc()
            self._waiting = None
        elif self._given is None and (calibration := self.desk.calibration) is not None:
            self._hand_out(waiting, calibration)

    @property
    def latency(self) -> dict[str, Reach]:
        """How long after the scan of their last rows previews are where."""
        return {f"strip {step}": reach for step, reach in self.metrics.budget.told().items()}

    def made(self, sender: bytes, made: StripMade, arrays: dict[str, AnyArray]) -> None:
        """A preview is there.

        Raises
        ------
        WireError
            Nobody has asked for it, or it is none.
        """
        given = self._given
        asked = None if given is None else (given.name, given.rows.offer.header.sequence, given.rows.offer.rows)
        if given is None or asked != (sender, made.sequence, made.rows):
            raise WireError("a preview that nobody has asked for", where=f"sequence {made.sequence}")
        self._given = None
        if made.refused:
            self.metrics.dropped.inc()
            return
        height = received_preview(arrays.get("height"), given.rows.offer.header, made)
        made = msgspec.structs.replace(made, stamps=made.stamps | given.rows.stamps)
        writing = self._writing.submit(write_scanning, self.journal.writer.path, made, np.ascontiguousarray(height))
        self.journal.when_done(writing, partial(self._written, made))

    def _look_after_what_is_given(self) -> None:
        given = self._given
        if given is None:
            return
        is_dead = self.peers.get(given.name) is not given.peer
        if not is_dead and time.monotonic() - given.at_s <= PATIENCE_S:
            return
        self.metrics.dropped.inc()
        self._given = None
        self._deaths += is_dead
        if is_dead and self._deaths == MOST_DEATHS:
            get_logger().error("no more previews", deaths=self._deaths)
            self.journal.event("no more previews: workers died over them", deaths=self._deaths)

    def shown(self, shown: Shown) -> None:
        """A window has painted a preview."""
        self.metrics.reached(shown.sequence, shown.rows, PAINTED, min(shown.at_ns, time.time_ns()))

    def close(self) -> None:
        """Wait for the thread; previews are of no use any more."""
        self._writing.shutdown(wait=True)
        drop_scanning(self.journal.writer.path)

    def _hand_out(self, rows: _Rows, calibration: Calibration) -> None:
        header = rows.offer.header
        body = StripWork(
            header=header,
            rows=rows.offer.rows,
            calibration=calibration,
            model=self.journal.models.of(header.sequence),
            stamps=rows.stamps,
        )
        for name in self.peers.of_role("inference"):
            is_idle = self.peers[name].credits >= PREFETCH
            if is_idle and self.peers.send(name, body, {"raw": rows.raw}):
                self._given, self._waiting = _Given(name, self.peers[name], rows, time.monotonic()), None
                return

    def _written(self, made: StripMade, there: bool) -> None:
        if not there:
            get_logger().warning("a preview was not written")
            self.metrics.dropped.inc()
            return
        self.metrics.spent(made.sequence, made.rows, made.stamps | {"ready": time.time_ns()})
