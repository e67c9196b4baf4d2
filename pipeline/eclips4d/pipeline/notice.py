"""How a run is, in one message for whoever listens."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from eclips4d.core.messages import Notice
from eclips4d.pipeline.taking_up import Run


def notice_of(
    run: Run, out: Path, stages: Mapping[str, str], workers: int, bad_messages: int, *, ended: bool
) -> Notice:
    """What the store's owner knows of it.

    Parameters
    ----------
    out
        The store, for the room on its disk.
    stages
        State of each, by name.
    workers
        Inference processes that have been let into the run.
    bad_messages
        Dropped so far.
    ended
        The run is complete.
    """
    return Notice(
        run_id=run.journal.writer.run_id,
        recorded=run.ledger.recorded,
        committed=run.ledger.committed,
        total=run.ledger.total if run.ledger.total is not None else run.journal.source.frames,
        frame_id=run.intake.newest[0],
        time_s=run.intake.newest[1],
        lag_s=run.intake.lag(),
        gaps=run.intake.gaps,
        duplicates=run.intake.duplicates,
        quarantined=run.desk.quarantined,
        deferred=len(run.ledger.deferred),
        disk_free_bytes=shutil.disk_usage(out).free,
        workers=workers,
        bad_messages=bad_messages,
        stages=dict(stages),
        latency={**run.journal.metrics.budget.told(), **run.strips.latency},
        trouble=run.disk.trouble,
        source_ended=run.ledger.total is not None,
        ended=ended,
    )
