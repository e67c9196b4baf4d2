"""Pauses and confusion: the run goes on, catches up, and loses nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path

from eclips4d.pipeline.bench.reliability.chain import STAGES
from eclips4d.pipeline.bench.reliability.context import ReliabilityContext
from eclips4d.pipeline.bench.reliability.pauses.clock import with_clock_set
from eclips4d.pipeline.bench.reliability.pauses.cut import cut
from eclips4d.pipeline.bench.reliability.pauses.proxy import Net
from eclips4d.pipeline.bench.reliability.pauses.stamps import ABSURD_S, with_absurd_time
from eclips4d.pipeline.bench.reliability.pauses.stopped import stopped
from eclips4d.pipeline.bench.rows import Row, at_most

STOPPED_S, CUT_S, STEP_S = 60.0, 30.0, 3600.0
STOPPED = "A stage stopped for a while in a live run"
CUT = "The network cut between microscope and store"
CLOCK = "The clock set during a live run"
STAMPS = "A frame with an absurd time"
DRIFT_APART_SD = 3.0


def rows(context: ReliabilityContext) -> list[Row]:
    """All four; a scale below one shortens the pauses."""
    with tempfile.TemporaryDirectory(prefix="eclips4d-pauses-") as folder:
        parent = Path(folder)
        return [*_stamps(parent), *_clock(parent), *_stopped(context, parent), *_cut(context, parent)]


def _stopped(context: ReliabilityContext, parent: Path) -> list[Row]:
    seconds = max(5.0, STOPPED_S * context.scale)
    measured = [Row(STOPPED, "seconds that each is stopped", seconds)]
    for stage in STAGES:
        code, lost = stopped(stage, seconds, _folder(parent, f"stopped-{stage}"))
        what = f"{stage}: of {lost.frames} frames, those lost, wrong or without results in the end; exit code {code}"
        measured.append(_nothing(STOPPED, what, lost.gaps + lost.wrong + lost.undone, code))
    return measured


def _cut(context: ReliabilityContext, parent: Path) -> list[Row]:
    seconds = max(5.0, CUT_S * context.scale)
    measured = [Row(CUT, "seconds that it is away", seconds)]
    for how, says in ((Net.DOWN, "connections cut"), (Net.HANGS, "nothing passes, nobody is told")):
        went = cut(how, seconds, _folder(parent, f"cut-{how.name}"))
        what = f"{says}: of {went.frames} frames at {went.megabytes_per_s:.0f} MB/s, lost or out of order"
        measured.append(_nothing(CUT, what, went.gaps + went.out_of_order, went.code))
        measured.append(Row(CUT, f"{says}: seconds until all was durable, the source going on", went.caught_up_s))
    return measured


def _clock(parent: Path) -> list[Row]:
    measured = []
    for seconds in (STEP_S, -STEP_S):
        code, lost, events = with_clock_set(seconds, _folder(parent, f"clock{seconds:+.0f}"))
        what = f"by {seconds:+.0f} s and back, {events} events: frames lost, wrong or without results"
        measured.append(_nothing(CLOCK, what, lost.gaps + lost.wrong + lost.undone, code))
    return measured


def _stamps(parent: Path) -> list[Row]:
    measured = []
    for late_by_s in ABSURD_S:
        code, undone, apart = with_absurd_time(late_by_s, _folder(parent, f"stamp{late_by_s}"))
        says = f"frame 5 of 10 told to be {late_by_s} s late"
        measured.append(_nothing(STAMPS, f"{says}: frames without results", undone, code))
        measured.append(
            at_most(
                STAMPS, f"{says}: how far other frames' drift is from that with right times, sd", apart, DRIFT_APART_SD
            )
        )
    return measured


def _nothing(table: str, what: str, count: int, code: int) -> Row:
    return Row(table, what, count, "= 0", count == 0 and code == 0)


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder
