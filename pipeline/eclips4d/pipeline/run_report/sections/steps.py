"""Steps along the line: where they are, how high, how fast, and what happened to them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from eclips4d.metrology.movie import Movie
from eclips4d.metrology.steps.measure import LineSteps
from eclips4d.metrology.steps.passing import growth_between
from eclips4d.metrology.steps.table import line_growth, step_table
from eclips4d.pipeline.profile_report.picture import draw
from eclips4d.pipeline.profile_report.wall_words import wall_lines
from eclips4d.pipeline.run_report.charts import draw_map, drawing, in_page, png_in_page, square_height_in
from eclips4d.pipeline.run_report.chosen_line import ChosenLine
from eclips4d.pipeline.run_report.content import Content
from eclips4d.pipeline.run_report.markup import Html, joined, paragraph
from eclips4d.pipeline.run_report.numbers import counted, number, with_u
from eclips4d.pipeline.run_report.section import Section, nothing
from eclips4d.pipeline.run_report.sections.heights import slope_angle_deg
from eclips4d.pipeline.run_report.tables import Column, table
from eclips4d.viewer.levels import robust_levels

TITLE = "Steps along a line"
_SUMMARY = (
    Column("step_id", "step"),
    Column("first_frame", "first frame"),
    Column("last_frame", "last"),
    Column("sights", "sights"),
    Column("rises", "rises along the line"),
    Column("height_nm", "height, nm", "height_u_nm"),
    Column("height_systematic_u_nm", "of it systematic", digits=2),
    Column("height_wall_u_nm", "of that the wall's angle", digits=2),
    Column("angle_deg", "angle, °", "angle_u_deg"),
    Column("width_nm", "width 10–90 %, nm", "width_u_nm"),
    Column("velocity_normal_nm_s", "velocity along its normal, nm/s", "velocity_normal_u_nm_s"),
    Column("aliased", "aliased"),
)
_EVENTS = (
    Column("frame", "frame"),
    Column("time_s", "time, s"),
    Column("event", "what"),
    Column("position_nm", "along the line, nm", digits=5),
    Column("steps", "steps"),
)
_PASSAGES = (
    Column("time_s", "time, s"),
    Column("step_id", "step"),
    Column("left_nm", "left, nm", "left_u_nm"),
    Column("aliased", "aliased"),
)


def section(content: Content) -> Section:
    """Map with the line, kymograph with tracks, heights, velocities, one row per step, events."""
    if content.measured is None:
        return nothing(TITLE, content.why_not)
    analysis, movie, chosen = content.measured.analysis, content.measured.movie, content.measured.line
    if not analysis.lines:
        return nothing(TITLE, analysis.unanswered.get("steps", "no line was followed"))
    line, tables = analysis.lines[0], analysis.tables()
    where = paragraph(f"The line is --line {chosen.words} (nm), {chosen.how}; {_width_words(line)}")
    place = _place(movie, chosen, line)
    if "steps" not in tables:
        found = nothing(TITLE, f"no step was followed along the line {chosen.words}")
        kymograph = _kymograph(line, step_table([line]), content.path.name)
        return Section(TITLE, joined([found.html, where, place, kymograph]), found.missing)
    summary, events = tables["step summary"], tables.get("step events", pd.DataFrame())
    pieces = [
        where,
        place,
        _kymograph(line, tables["steps"], content.path.name),
        table(summary, _SUMMARY, "Steps, means over the frames in which they were seen; ± is the standard uncertainty"),
        *_growth(line, tables["steps"]),
        table(events, _EVENTS, "What happened to steps", most=30),
        *_passages(tables.get("step passages", pd.DataFrame())),
    ]
    return Section(TITLE, joined(pieces), _missing(summary), (("steps", _headline(summary)),))


def _width_words(line: LineSteps) -> str:
    return f"profiles are means over {number(line.profiles[0].width_nm)} nm across it."


def _place(movie: Movie, chosen: ChosenLine, line: LineSteps) -> Html:
    """The last surface with the line, and where steps were on it."""
    frame = movie.read(movie.frames[-1])
    angle = slope_angle_deg(frame.slope)
    shape = (angle.shape[0], angle.shape[1])
    with drawing(square_height_in(shape, movie.grid.pixel_size_nm, 5.2), 5.2) as figure:
        axes = figure.subplots()
        levels = robust_levels(angle, (0.5, 99.5)) or (0.0, 1.0)
        shown = draw_map(axes, angle, movie.grid.pixel_size_nm, levels, "Greys", f"frame {frame.frame}, slope angle")
        figure.colorbar(shown, ax=axes, label="°", shrink=0.85, extend="max")
        ends = np.subtract(chosen.line, movie.grid.origin_nm)
        axes.annotate("", ends[1], ends[0], arrowprops={"arrowstyle": "->", "color": "#d55e00", "lw": 2.0})
        unit = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
        for track in line.linked.tracks:
            if line.frames[int(track.seen[-1])] == frame.frame:
                x, y = ends[0] + unit * track.edges[-1].position_nm
                axes.plot(x, y, "o", ms=5, mfc="white", mec="#d55e00")
                name = str(track.step_id)
                axes.annotate(name, (x, y), xytext=(4, 4), textcoords="offset points", fontsize=9, color="#0072b2")
    caption = "Where steps were followed: the line, in the direction of the arrow, and the steps seen on it at the end."
    alt = f"Map of the slope angle of frame {frame.frame} with a line from {chosen.line[0]} to {chosen.line[1]} nm."
    return in_page(figure, alt, caption)


def _kymograph(line: LineSteps, rows: pd.DataFrame, name: str) -> Html:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "steps.png"
        draw(line, rows, name, file)
        png = file.read_bytes()
    caption = (
        "Left: slope along the line over time, with the tracks and numbers of the steps. Right: their heights and "
        "their velocities along their normals, with bands of one standard uncertainty."
    )
    return png_in_page(png, f"Kymograph of the line with the tracks of {rows['step_id'].nunique()} steps.", caption)


def _growth(line: LineSteps, rows: pd.DataFrame) -> list[Html]:
    """Mean rate at which passing steps raise the line."""
    found = line_growth(line, rows)
    known = np.isfinite(found.rate_nm_s)
    if not known.any():
        return []
    rate, systematic = float(found.rate_nm_s[known].mean()), float(found.systematic_u_nm_s[known].mean())
    # Velocities of neighbouring frames share positions, so that their mean is hardly better than one of them.
    random = float(np.median(found.u_nm_s[known]))
    words = (
        f"Passing steps raise the line by {with_u(rate, float(np.hypot(random, systematic)), 'nm/s')}, mean over time."
    )
    return [paragraph(f"{words} Growth by whole layers everywhere at once would not show.")]


def _passages(passed: pd.DataFrame) -> list[Html]:
    """Steps that passed the middle of the line, and how fast they raised it."""
    if passed.empty:
        return []
    words = "Steps that passed the middle of the line, and by how much each raised it"
    rate = growth_between(passed)
    said = [] if rate is None else [paragraph(f"There the surface rose by {with_u(rate.value, rate.u, 'nm/s')}.")]
    return [table(passed, _PASSAGES, words, most=30), *said]


def _missing(summary: pd.DataFrame) -> tuple[str, ...]:
    walls = tuple(f"Height of {line}." for line in wall_lines(summary))
    aliased = summary.loc[summary["aliased"], "step_id"].tolist()
    if not aliased:
        return walls
    names = ", ".join(map(str, aliased))
    return (f"Velocity of step {names}: aliased, more than half the spacing from frame to frame.", *walls)


def _headline(summary: pd.DataFrame) -> str:
    count = counted(len(summary), "step")
    # Steps that ran into each other, or were hardly seen, are in the table but make no headline.
    usual = summary[(summary["members"] == "") & (2 * summary["sights"] >= summary["sights"].max())]
    summary = usual if len(usual) else summary
    height, speed = (summary[name].to_numpy(float) for name in ("height_nm", "velocity_normal_nm_s"))
    return f"{count} along the line, heights {_span(height)} nm, velocities {_span(speed)} nm/s"


def _span(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    known = values[np.isfinite(values)]
    if not known.size:
        return "unknown"
    low, high = number(float(known.min())), number(float(known.max()))
    return low if low == high else f"{low} to {high}"
