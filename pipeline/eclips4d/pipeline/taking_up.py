"""Taking a run up where its store is: everything the hub needs once the source has introduced itself."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

from eclips4d.core.log import get_logger
from eclips4d.core.results import Status
from eclips4d.pipeline.config import RunConfig, window_of
from eclips4d.pipeline.desk import Desk
from eclips4d.pipeline.disk_watch import DiskWatch
from eclips4d.pipeline.intake import Intake
from eclips4d.pipeline.journal import Journal
from eclips4d.pipeline.late import Late
from eclips4d.pipeline.ledger import Ledger
from eclips4d.pipeline.measures import StoreMetrics, StripMetrics
from eclips4d.pipeline.model_desk import ModelDesk
from eclips4d.pipeline.peers import Peers
from eclips4d.pipeline.strip_desk import StripDesk
from eclips4d.storage.folder import lock_path
from eclips4d.storage.lock import announce
from eclips4d.storage.writer import StoreWriter

VERSION = version("eclips4d")


@dataclass(frozen=True, slots=True)
class Run:
    """What there is once the source has introduced itself."""

    journal: Journal
    ledger: Ledger
    disk: DiskWatch
    intake: Intake
    late: Late
    desk: Desk
    models: ModelDesk
    strips: StripDesk


def open_run(config: RunConfig, journal: Journal, peers: Peers, metrics: StoreMetrics) -> Run:
    """Take up the run where its store is."""
    writer = journal.writer
    ledger = Ledger(
        committed=writer.committed,
        recorded=writer.recorded,
        deferred=still_deferred(writer),
        window=window_of(config),
        infer=not config.record_only,
        in_order=config.skip_lag_s is None,
    )
    settle_known(ledger, writer)
    ends = config.endpoints
    announce(lock_path(config.out), notices=ends.notices, notes=ends.notes or "")
    told = {"version": VERSION, "run_id": config.run_id}
    journal.event("run continued" if writer.recorded else "run started", committed=ledger.committed, **told)
    get_logger().info("store open", path=str(config.out), committed=writer.committed, recorded=writer.recorded)
    journal.metrics = metrics
    disk = DiskWatch(journal)
    intake = Intake(journal, ledger, disk, metrics)
    late = Late(journal, ledger, intake, disk)
    desk = Desk(journal, ledger, late, disk, peers, metrics)
    strips = StripDesk(journal, intake, desk, peers, StripMetrics(metrics.stage))
    return Run(journal, ledger, disk, intake, late, desk, ModelDesk(journal, ledger, peers), strips)


def still_deferred(writer: StoreWriter) -> set[int]:
    """Committed frames whose results are still to be made."""
    return {s for s, bits in enumerate(writer.statuses().tolist()) if is_deferred(Status(bits))}


def is_deferred(status: Status) -> bool:
    """Whether results are still to be made."""
    return status & (Status.DEFERRED | Status.DONE | Status.QUARANTINED) == Status.DEFERRED


def settle_known(ledger: Ledger, writer: StoreWriter) -> None:
    """What an earlier process settled but had not committed yet; what it only deferred has another chance."""
    for sequence in range(writer.committed, writer.recorded):
        if writer.status(sequence) & (Status.GAP | Status.QUARANTINED):
            ledger.settle(sequence)
