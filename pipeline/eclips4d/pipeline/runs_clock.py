"""One clock for all frames of a run, however often its instrument was opened."""

from __future__ import annotations

from datetime import datetime

import msgspec

from eclips4d.core.frame import Frame
from eclips4d.core.source import SourceInfo


def seconds_after(source: SourceInfo, run: SourceInfo | None) -> float:
    """How much later than the run, as its store knows it, a source was opened whose times count from its opening.

    0 for sources whose frames carry the same times whenever they are read.
    """
    if run is None or not source.pushed:
        return 0.0
    try:
        begun, opened = (datetime.fromisoformat(said.start_utc) for said in (run, source))
        return max(0.0, (opened - begun).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a zone: nothing to count from
        return 0.0


def later(frame: Frame, seconds: float) -> Frame:
    """The frame with its times put off."""
    if not seconds:
        return frame
    header = frame.header
    times = {"start_s": header.start_s + seconds, "end_s": header.end_s + seconds}
    return Frame(msgspec.structs.replace(header, **times), frame.data)
