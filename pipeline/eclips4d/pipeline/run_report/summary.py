"""What stands at the top of the page: the run in a few lines, what was found, and at its end what was not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eclips4d.core.results import Status
from eclips4d.pipeline.run_report.content import Content
from eclips4d.pipeline.run_report.markup import facts, heading, joined, listed, note, paragraph
from eclips4d.pipeline.run_report.numbers import counted, duration, number
from eclips4d.pipeline.run_report.section import Section
from eclips4d.viewer.scale_bar import length_text

TITLE, LACKING = "Summary", "What could not be measured, and why"


def summary(content: Content, sections: Sequence[Section]) -> Section:
    """The run in a few lines, then what each section has found."""
    remarks = [] if content.held.ended else [note("The run has not ended: this is what it holds so far.")]
    found = [row for section in sections for row in section.headlines]
    headed = [heading("Found"), facts(found)] if found else []
    return Section(TITLE, joined([*remarks, facts(_rows(content)), *headed]))


def lacking(sections: Sequence[Section]) -> Section:
    """What every section has missed, each sentence once."""
    lines = list(dict.fromkeys(line for section in sections for line in section.missing))
    inside = listed([_sentence(line) for line in lines]) if lines else paragraph("Nothing was left out.")
    return Section(LACKING, inside)


def _sentence(line: str) -> str:
    return line[:1].upper() + line[1:]


def _rows(content: Content) -> list[tuple[str, str]]:
    held, grid = content.held, content.held.pixel_size_nm
    _, rows, columns = held.shape
    field = f"{length_text(columns * grid[0])} × {length_text(rows * grid[1])}"
    measured = "none" if content.measured is None else counted(len(content.measured.movie), "surface")
    stacked = "" if content.stack == 1 else f", each surface the mean of up to {content.stack} frames"
    return [
        ("source", _source(content)),
        ("frames", f"{_frames(content)}; {measured} measured{stacked}"),
        ("time", _time(content)),
        ("field", f"{field}, {columns} × {rows} pixels of {grid[0]:g} × {grid[1]:g} nm"),
        ("beam", f"{content.instrument.beam.energy_kev:g} keV"),
        ("models", ", ".join(dict.fromkeys(held.models)) or "none"),
    ]


def _source(content: Content) -> str:
    source = content.held.source
    return source.address if "://" in source.address else f"{source.kind} {source.address}"


def _frames(content: Content) -> str:
    status = content.run["status"].values.astype(np.int64)
    done = int((status & int(Status.DONE) > 0).sum())
    return f"{counted(content.held.committed, 'frame')} committed, {done} with results"


def _time(content: Content) -> str:
    times = content.run["time"].values
    span = (
        f"{duration(float(times[-1] - times[0]))} from the first to the last frame" if times.size > 1 else "one frame"
    )
    between = f", one every {number(float(np.median(np.diff(times))))} s" if times.size > 2 else ""
    return f"{span}{between}; started {content.held.source.start_utc}"
