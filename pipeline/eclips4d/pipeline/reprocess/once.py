"""A run made again: frames are followed in order, workers make all else of them in any order, one writer commits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial

from eclips4d.core.results import Drift
from eclips4d.pipeline.cluster.pool import Pool
from eclips4d.pipeline.reprocess.completion import Completion
from eclips4d.pipeline.reprocess.following import causal
from eclips4d.pipeline.reprocess.new_store import NewStore, opened
from eclips4d.pipeline.reprocess.one_pass import Pass, Report
from eclips4d.pipeline.reprocess.plan import Plan
from eclips4d.pipeline.reprocess.reading import Begun, Reading
from eclips4d.pipeline.reprocess.smoothed import KnownPlaces
from eclips4d.registration.registrar import Registrar, frames_needed


def reprocess(plan: Plan, pool: Pool, report: Report, drifts: Mapping[int, Drift] | None = None) -> None:
    """Make the new store, or the rest of it.

    Parameters
    ----------
    report
        Is told how many frames are settled, of how many.
    drifts
        Where the frames lie, if that is known already (`smoothed.known_drifts`); else they are placed as live.

    Raises
    ------
    InputError, StoreError, StageDiedError
        A worker cannot do its work, the disk is full or refuses, or the scheduler is gone. What was done stays.
    """
    with Reading(plan) as reading, opened(plan, uuid.uuid4().hex[:12]) as writer:
        if writer.total is not None:
            return
        begun = reading.begun()
        completion = Completion(plan, begun)
        store = NewStore(writer, begun, completion.forget)
        if not store.recorded:
            store.event("reprocessing started", run=str(plan.run), **plan.told)
        locates = causal if drifts is None else partial(KnownPlaces, drifts=drifts)
        refused = begun.refused | store.given_up()
        state = store.state
        while store.settled < reading.total:
            once = Pass(reading, registrar(reading, begun, state), locates, completion, store, refused)
            state = once.run(pool, report) or state
        store.finish(reading.total)
        report(reading.total, reading.total)
        completion.clear()


def registrar(reading: Reading, begun: Begun, state: bytes = b"") -> Registrar:
    """Registration as it goes on from a state, or as it starts."""
    if state:
        return Registrar.resume(state, {s: reading.frame(s).data for s in frames_needed(state)}, begun.calibration)
    first = reading.frame(begun.calibration.valid_from)
    return Registrar.start(first.header, first.data, begun.calibration)
