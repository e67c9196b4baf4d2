"""Terraces and edges over the whole image: density of steps, coverage, volume, velocity and curvature of edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eclips4d.metrology.movie import Movie
from eclips4d.metrology.terraces.contours import EdgeContour, edges_of
from eclips4d.metrology.terraces.curvature_law import CurvatureLaw, fit
from eclips4d.metrology.terraces.segmentation import Terraces, segment
from eclips4d.metrology.terraces.series import TerraceSeries
from eclips4d.pipeline.run_report.charts import COLOURS, draw_map, drawing, grid_height_in, in_page, series
from eclips4d.pipeline.run_report.content import Content
from eclips4d.pipeline.run_report.markup import Html, facts, joined, note
from eclips4d.pipeline.run_report.numbers import counted, number, quantity
from eclips4d.pipeline.run_report.section import Section, nothing
from eclips4d.pipeline.run_report.tables import Column, table
from eclips4d.viewer.levels import even_levels, robust_levels

TITLE = "Terraces and edges"
_LEVELS = (
    Column("level", "level"),
    Column("height_nm", "height over the largest terrace, nm", "height_u_nm"),
    Column("height_systematic_u_nm", "systematic u", digits=2),
    Column("share", "share of the area", "share_u"),
    Column("terraces", "terraces"),
)


def section(content: Content) -> Section:
    """Edges of the last surface, what became of them over time, levels and the law of velocity and curvature."""
    if content.measured is None:
        return nothing(TITLE, content.why_not)
    movie, analysis = content.measured.movie, content.measured.analysis
    if analysis.terraces is None:
        return nothing(TITLE, analysis.unanswered.get("terraces", "not asked for"))
    found = analysis.terraces
    if not found.frames["edges"].any():
        return nothing(TITLE, "no edge between terraces was found in any frame")
    pieces, missing = [_map(movie, found.blocks), _over_time(found)], []
    if found.frames["volume_observable"].sum() < 2:
        missing.append("Change of volume: unobservable, nothing static was found against which it could be told.")
    last = int(found.frames["frame"].iloc[-1])
    levels = found.levels[found.levels["frame"] == last] if len(found.levels) else found.levels
    if bool(found.frames["wound"].iloc[-1]):
        missing.append(f"Heights of terraces in frame {last}: a terrace winds up to itself, so levels are no heights.")
    elif len(levels):
        pieces.append(table(levels, _LEVELS, f"Levels of frame {last}; ± is the random part"))
    law = _law(found)
    pieces.append(facts(_law_rows(law)) if law is not None else note("Too few edges for velocity over curvature."))
    return Section(TITLE, joined(pieces), tuple(missing), _headlines(found))


def _map(movie: Movie, blocks: pd.DataFrame) -> Html:
    frame = movie.read(movie.frames[-1])
    cut: Terraces = segment(frame, movie.grid)
    edges: list[EdgeContour] = edges_of(cut, frame, movie.grid)
    own = blocks[blocks["frame"] == frame.frame] if len(blocks) else blocks
    shape, pixel = movie.shape, movie.grid.pixel_size_nm
    with drawing(grid_height_in(shape, pixel, 1, 2, bars=2)) as figure:
        left, right = figure.subplots(1, 2)
        levels = robust_levels(cut.height, (0.5, 99.5)) or (0.0, 1.0)
        shown = draw_map(
            left, cut.height, pixel, levels, "viridis", f"frame {frame.frame}: height less the terraces' plane"
        )
        figure.colorbar(shown, ax=left, label="nm", shrink=0.8, extend="both")
        _edges(left, edges, movie, "white")
        _velocities(figure, right, edges, own, movie)
    caption = (
        "Left: edges, where a riser has half its height. Right: velocity of pieces of edges along their normals, "
        "between the last two surfaces, red where the upper terrace grows."
    )
    return in_page(
        figure, f"Map of {counted(len(edges), 'edge')} in frame {frame.frame}, and their velocities.", caption
    )


def _edges(axes: Axes, edges: list[EdgeContour], movie: Movie, colour: str) -> None:
    for edge in edges:
        points = edge.points_nm - np.asarray(movie.grid.origin_nm)
        closed = np.vstack([points, points[:1]]) if edge.closed else points
        axes.plot(*closed.T, color=colour, lw=0.9)


def _velocities(figure: Figure, axes: Axes, edges: list[EdgeContour], own: pd.DataFrame, movie: Movie) -> None:
    blank = np.full(movie.shape, np.nan)
    draw_map(axes, blank, movie.grid.pixel_size_nm, (0.0, 1.0), "Greys", "velocity of edges")
    _edges(axes, edges, movie, "0.55")
    if not len(own):
        return
    low, high = even_levels(own["velocity_nm_s"].to_numpy()[None], 98.0) or (-1.0, 1.0)
    x, y = own["x_nm"] - movie.grid.origin_nm[0], own["y_nm"] - movie.grid.origin_nm[1]
    dots = axes.scatter(
        x, y, c=own["velocity_nm_s"], cmap="RdBu_r", vmin=low, vmax=high, s=16, lw=0.3, ec="0.3", zorder=3
    )
    figure.colorbar(dots, ax=axes, label="nm/s", shrink=0.8, extend="both")


def _over_time(found: TerraceSeries) -> Html:
    """Density of steps, growth by moving edges, and change of volume where it is observable."""
    panels = _panels(found.frames)
    with drawing(height_in=2.7) as figure:
        places = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, (label, values, u), colour in zip(places, panels, COLOURS, strict=False):
            series(axes, found.frames["time_s"], values, u, colour)
            axes.set(xlabel="time, s", ylabel=label)
    density = panels[0][1]
    alt = f"{len(panels)} curves over time; {panels[0][0]} from {number(density.min())} to {number(density.max())}."
    caption = (
        "Length of edge per area; growth by edges that move, which needs no datum but misses edges that were not found"
        f"{'; change of volume since the reference frame per area' if len(panels) > 2 else ''}. Bands: ± 1 u."
    )
    return in_page(figure, alt, caption)


def _panels(frames: pd.DataFrame) -> list[tuple[str, pd.Series, pd.Series]]:
    per_um = 1000.0
    density, density_u = (per_um * frames[name] for name in ("step_density_per_nm", "step_density_u_per_nm"))
    panels = [("edge per area, 1/µm", density, density_u)]
    if frames["growth_nm_s"].notna().any():
        panels.append(("growth by moving edges, nm/s", frames["growth_nm_s"], frames["growth_u_nm_s"]))
    if frames["volume_observable"].sum() > 1:  # the reference itself has not changed
        area = frames["area_nm2"].replace(0.0, np.nan)
        volume, volume_u = frames["volume_change_nm3"] / area, frames["volume_change_u_nm3"] / area
        panels.append(("change of volume per area, nm", volume, volume_u))
    return panels


def _law(found: TerraceSeries) -> CurvatureLaw | None:
    if not len(found.blocks):
        return None
    law = fit(found.blocks)
    return law if np.isfinite(law.v_inf_nm_s.value) else None


def _law_rows(law: CurvatureLaw) -> list[tuple[str, str]]:
    return [
        ("velocity of straight steps", quantity(law.v_inf_nm_s, "nm/s")),
        ("critical radius", quantity(law.critical_radius_nm, "nm")),
        ("scatter over noise", f"{number(law.scatter)} (1 where v = v_inf (1 − r_c · curvature) explains all)"),
        ("pieces of edges", f"{law.blocks} in {counted(law.pairs, 'pair')} of frames"),
    ]


def _headlines(found: TerraceSeries) -> tuple[tuple[str, str], ...]:
    last = found.frames.iloc[-1]
    density = f"{number(1000.0 * float(last['step_density_per_nm']))} per µm at the end"
    return (("step density", f"{density}, {counted(int(last['edges']), 'edge')}"),)
