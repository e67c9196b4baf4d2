"""How the image content drifted, and which frames were not aligned."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from eclips4d.pipeline.drift_report.content import Content as DriftContent
from eclips4d.pipeline.drift_report.picture import draw
from eclips4d.pipeline.drift_report.summary import alignment_events, summary_rows
from eclips4d.pipeline.run_report.charts import png_in_page
from eclips4d.pipeline.run_report.content import Content
from eclips4d.pipeline.run_report.markup import facts, joined
from eclips4d.pipeline.run_report.section import Section, nothing

TITLE = "Drift"
_IN_CHANGE = ("height datum", "newest datum")
"""Rows that stand beside the change of height."""


def section(content: Content) -> Section:
    """Figure and summary of `eclips4d drift`."""
    if content.drift is None:
        return nothing(TITLE, "the store tells no drift")
    if not content.drift.known.any():
        return nothing(TITLE, "no frame has results yet")
    told = DriftContent(content.drift, content.datum)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "drift.png"
        draw(told, content.path.name, file)
        png = file.read_bytes()
    caption = (
        "Displacement of the image content at the start of each frame, with bands of one standard deviation; below, "
        "the standard deviations."
    )
    rows = [row for row in summary_rows(told) if row[0] not in _IN_CHANGE]
    alt = "Drift over time along x and y. " + "; ".join(f"{name}: {value}" for name, value in rows[:3])
    events = [("event", f"{when} {what}".strip()) for when, what in alignment_events(content.path)]
    return Section(TITLE, joined([png_in_page(png, alt, caption), facts([*rows, *events])]))
