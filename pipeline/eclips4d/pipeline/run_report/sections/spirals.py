"""Spirals: their cores, arms and rotation, and whether they are those of Burton, Cabrera and Frank."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from eclips4d.metrology.movie import Movie
from eclips4d.metrology.spirals import SpiralSeries, Track, bcf_test
from eclips4d.pipeline.run_report.charts import COLOURS, draw_map, drawing, grid_height_in, in_page
from eclips4d.pipeline.run_report.content import Content
from eclips4d.pipeline.run_report.markup import Html, facts, heading, joined, paragraph
from eclips4d.pipeline.run_report.numbers import counted, number, quantity
from eclips4d.pipeline.run_report.section import Section, nothing
from eclips4d.pipeline.run_report.sections.heights import compared
from eclips4d.viewer.levels import robust_levels

TITLE = "Spirals"


def section(content: Content) -> Section:
    """Map with the cores, arms that have passed over time, one row per core."""
    if content.measured is None:
        return nothing(TITLE, content.why_not)
    movie, analysis = content.measured.movie, content.measured.analysis
    if analysis.spirals is None:
        return nothing(TITLE, analysis.unanswered.get("spirals", "not asked for"))
    found = analysis.spirals
    if not found.tracks:
        return nothing(TITLE, "no core of a spiral was found")
    pieces = [_figure(movie, found)]
    for track in found.tracks:
        pieces += [heading(f"Spiral {track.core_id}"), facts(_rows(track)), *map(paragraph, _law_words(track))]
    missing = tuple(
        f"Rotation of spiral {t.core_id}: {_WRAPPING[str(t.passage.wrapping)]}."
        for t in found.tracks
        if str(t.passage.wrapping) != "resolved"
    )
    heads = tuple((f"spiral {track.core_id}", _headline(track)) for track in found.tracks[:4])
    return Section(TITLE, joined(pieces), missing, heads)


_WRAPPING = {
    "resolved": "told by the scan",
    "assumed": "taken for none, the scan cannot tell whether whole arms pass between frames",
    "aliased": "unknown, whole arms pass between frames and the scan cannot tell how many",
}


def _figure(movie: Movie, found: SpiralSeries) -> Html:
    frame = movie.read(movie.frames[-1])
    height, pixel = compared(frame, movie.grid.pixel_size_nm), movie.grid.pixel_size_nm
    with drawing(grid_height_in(movie.shape, pixel, 1, 2)) as figure:
        left, right = figure.subplots(1, 2)
        levels = robust_levels(height, (0.5, 99.5)) or (0.0, 1.0)
        shown = draw_map(left, height, pixel, levels, "viridis", f"frame {frame.frame}, height")
        figure.colorbar(shown, ax=left, label="nm", shrink=0.8, extend="both")
        for k, track in enumerate(found.tracks):
            colour = COLOURS[k % len(COLOURS)]
            _core(left, track, movie, colour)
            time = np.array([seen.core.time_s for seen in track.seen])
            arms = track.passage.arms - track.passage.arms[0]
            right.plot(time, arms, "o-", color=colour, ms=3, lw=1.2, label=f"core {track.core_id}")
        right.set(xlabel="time, s", ylabel="arms that have passed")
        right.legend(fontsize=8)
    caption = (
        "Left: cores of spirals. Right: arms that have passed since each was first seen; a steady spiral is a line."
    )
    return in_page(figure, f"Map with {counted(len(found.tracks), 'core')}, and their phases over time.", caption)


def _core(axes: Axes, track: Track, movie: Movie, colour: str) -> None:
    x, y = track.x_nm.value - movie.grid.origin_nm[0], track.y_nm.value - movie.grid.origin_nm[1]
    axes.plot(x, y, "+", color="white", ms=16, mew=3.5)
    axes.plot(x, y, "+", color=colour, ms=14, mew=1.8)
    axes.annotate(str(track.core_id), (x, y), xytext=(8, 6), textcoords="offset points", color="white", fontsize=10)


def _rows(track: Track) -> list[tuple[str, str]]:
    return [
        ("seen in", counted(len(track.seen), "frame")),
        ("turns while it grows", "clockwise" if track.sense > 0 else "counter-clockwise"),
        ("arms", str(track.arms)),
        ("core at x", quantity(track.x_nm, "nm")),
        ("core at y", quantity(track.y_nm, "nm")),
        ("spacing of arms", quantity(track.spacing_nm, "nm")),
        ("step height", quantity(track.step_height_nm, "nm")),
        ("rotation", quantity(track.rotation_per_s, "turns/s")),
        ("growth", quantity(track.growth_nm_s, "nm/s")),
        ("whole arms between frames", _WRAPPING[str(track.passage.wrapping)]),
    ]


def _law_words(track: Track) -> list[str]:
    return [
        f"{test.relation[:1].upper()}{test.relation[1:]}: {quantity(test.ratio, '')}; it is 1 under the law of "
        f"Burton, Cabrera and Frank (p = {number(test.p, 2)})."
        for test in bcf_test(track)
        if test.ratio.u < abs(test.ratio.value)  # else it says nothing
    ]


def _headline(track: Track) -> str:
    spacing = quantity(track.spacing_nm, "nm")
    rate = quantity(track.rotation_per_s, "turns/s")
    return f"arms {spacing} apart, {rate}"
