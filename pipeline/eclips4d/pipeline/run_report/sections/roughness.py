"""Roughness over time, with and without what noise adds."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from eclips4d.pipeline.run_report.charts import COLOURS, drawing, in_page, series
from eclips4d.pipeline.run_report.content import Content
from eclips4d.pipeline.run_report.markup import joined
from eclips4d.pipeline.run_report.numbers import with_u
from eclips4d.pipeline.run_report.picked import evenly
from eclips4d.pipeline.run_report.section import Section, nothing
from eclips4d.pipeline.run_report.tables import Column, table

TITLE = "Roughness"
MOST_ROWS = 12
_COLUMNS = (
    Column("frame", "frame"),
    Column("time_s", "time, s"),
    Column("sq_corrected_nm", "Sq, nm", "sq_corrected_u_nm"),
    Column("sq", "Sq with noise, nm"),
    Column("sa", "Sa with noise, nm"),
    Column("sz", "Sz with noise, nm"),
    Column("ssk", "Ssk", digits=3),
    Column("sku", "Sku", digits=3),
    Column("sdq", "Sdq", digits=3),
    Column("sdr_corrected", "Sdr", "sdr_corrected_u"),
)


def section(content: Content) -> Section:
    """Sq and Sdr over time, and the parameters of ISO 25178 of some frames."""
    if content.measured is None:
        return nothing(TITLE, content.why_not)
    found = content.measured.analysis.roughness
    if found is None or not len(found):
        return nothing(TITLE, content.measured.analysis.unanswered.get("roughness", "no surface"))
    last = found.iloc[-1]
    sq = with_u(float(last["sq_corrected_nm"]), float(last["sq_corrected_u_nm"]), "nm")
    with drawing(height_in=2.7) as figure:
        left, right = figure.subplots(1, 2)
        _curve(left, found, "sq_corrected_nm", "sq_corrected_u_nm", "sq", "Sq, nm")
        _curve(right, found, "sdr_corrected", "sdr_corrected_u", "sdr", "Sdr")
    caption = (
        "Root mean square height Sq and developed area Sdr after ISO 25178, over the whole image less its plane, "
        "without filters; noise taken out (line, ± 1 u, scale included) and as seen (dashed)."
    )
    rows = found.iloc[evenly(len(found), MOST_ROWS)]
    pieces = [in_page(figure, f"Roughness over time; Sq is {sq} at the end.", caption)]
    pieces.append(table(rows, _COLUMNS, "Parameters of ISO 25178; ± is the standard uncertainty"))
    return Section(TITLE, joined(pieces), (), (("roughness at the end", f"Sq {sq}"),))


def _curve(axes: Axes, found: pd.DataFrame, name: str, u: str, seen: str, label: str) -> None:
    series(axes, found["time_s"], found[name], found[u], COLOURS[0])
    axes.plot(found["time_s"], found[seen], color="0.4", lw=1.0, ls="--")
    axes.set(xlabel="time, s", ylabel=label)
