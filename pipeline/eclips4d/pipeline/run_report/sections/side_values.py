"""Temperature, pressures and whatever else was recorded beside the frames."""

from __future__ import annotations

import numpy as np
import pandas as pd

from eclips4d.pipeline.run_report.charts import COLOURS, drawing, in_page
from eclips4d.pipeline.run_report.content import Content
from eclips4d.pipeline.run_report.markup import joined
from eclips4d.pipeline.run_report.numbers import number
from eclips4d.pipeline.run_report.section import Section, nothing
from eclips4d.pipeline.run_report.tables import Column, table

TITLE = "Side values"
PREFIX = "side_"
MOST_SHOWN = 8


def section(content: Content) -> Section:
    """Each over time, one below the other, and their range."""
    names = sorted(str(name) for name in content.run.variables if str(name).startswith(PREFIX))
    if not names:
        return nothing(TITLE, "the source told no temperature, pressure or the like")
    time_s = content.run["time"].values.astype(np.float64)
    values = {name.removeprefix(PREFIX): content.run[name].values.astype(np.float64) for name in names}
    units = {name.removeprefix(PREFIX): str(content.run[name].attrs.get("units", "")) for name in names}
    ranges = pd.DataFrame([_row(name, units[name], told) for name, told in values.items()])
    shown = dict(list(values.items())[:MOST_SHOWN])
    with drawing(height_in=0.8 + 1.15 * len(shown)) as figure:
        places = figure.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (name, told), colour in zip(places, shown.items(), COLOURS * 2, strict=False):
            axes.plot(time_s, told, color=colour, marker="o" if time_s.size <= 60 else None, ms=3, lw=1.2)
            axes.set_title(f"{name}{f', {units[name]}' if units[name] else ''}", loc="left")
            axes.margins(x=0.02, y=0.15)
        places[-1].set_xlabel("start of the frame, s")
    alt = "Side values over time: " + "; ".join(f"{row['name']} {_span(row)}" for _, row in ranges.iterrows())
    caption = "Side values as the source told them with each frame."
    columns = [Column("name", "side value"), Column("unit", "unit")]
    columns += [Column(name, name) for name in ("first", "last", "least", "most")]
    return Section(TITLE, joined([in_page(figure, alt, caption), table(ranges, columns, "Range over the run")]))


def _row(name: str, unit: str, told: np.ndarray[tuple[int], np.dtype[np.float64]]) -> dict[str, object]:
    known = told[np.isfinite(told)]
    if not known.size:
        return {"name": name, "unit": unit, "first": np.nan, "last": np.nan, "least": np.nan, "most": np.nan}
    first, last, least, most = float(known[0]), float(known[-1]), float(known.min()), float(known.max())
    return {"name": name, "unit": unit, "first": first, "last": last, "least": least, "most": most}


def _span(row: pd.Series) -> str:
    return f"from {number(row['least'])} to {number(row['most'])} {row['unit']}".strip()
