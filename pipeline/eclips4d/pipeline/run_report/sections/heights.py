"""The surface at the beginning, in the middle and at the end: heights and slope angles."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eclips4d.core.results import FloatArray
from eclips4d.metrology.change import centred
from eclips4d.metrology.movie import SurfaceFrame
from eclips4d.pipeline.run_report.charts import draw_map, drawing, grid_height_in, in_page
from eclips4d.pipeline.run_report.content import Content
from eclips4d.pipeline.run_report.markup import joined, note, paragraph
from eclips4d.pipeline.run_report.numbers import number
from eclips4d.pipeline.run_report.picked import picked_frames
from eclips4d.pipeline.run_report.section import Section, nothing
from eclips4d.pipeline.store_report.numbers import frames as frames_words
from eclips4d.viewer.levels import robust_levels

TITLE = "Height maps"
PERCENTILES = (0.5, 99.5)


def section(content: Content) -> Section:
    """Three heights with one colour scale, and their slope angles."""
    if content.measured is None:
        return nothing(TITLE, content.why_not)
    movie = content.measured.movie
    frames = [movie.read(k) for k in picked_frames(movie)]
    heights = [compared(frame, movie.grid.pixel_size_nm) for frame in frames]
    angles = [slope_angle_deg(frame.slope) for frame in frames]
    pixel, alone = movie.grid.pixel_size_nm, len(frames) == 1
    rows, columns, bars = (1, 2, 2) if alone else (2, len(frames), 1)
    with drawing(grid_height_in(movie.shape, pixel, rows, columns, bars)) as figure:
        axes = figure.subplots(rows, columns, squeeze=False).reshape(2, len(frames))
        _row(figure, axes[0], heights, pixel, "viridis", "height, nm", _titles(frames))
        _row(figure, axes[1], angles, pixel, "cividis", "slope angle, °", ["" for _ in frames])
    the_frames = frames_words([frame.frame for frame in frames])
    observable = all(frame.datum.observable for frame in frames)
    level = "less the datum, so that they compare" if observable else "relative to the median of each"
    caption = (
        f"Height of {the_frames}, {level}; and the angle between the surface and the horizontal. "
        "Maps of one kind have one colour scale, from the 0.5th to the 99.5th percentile; grey was not seen."
    )
    alt = f"Maps of height and slope angle of {the_frames}. " + " ".join(map(_range_words, frames, heights))
    remarks = [] if movie.grid.calibrated else [note(NOT_CALIBRATED)]
    return Section(TITLE, joined([*remarks, in_page(figure, alt, caption), paragraph(_noise(frames))]))


NOT_CALIBRATED = (
    "The scale of slopes and heights is nominal: neither an artefact nor the detector's radii have fixed it. "
    "Shapes hold, numbers of nm and degrees do not."
)


def compared(frame: SurfaceFrame, pixel_size_nm: tuple[float, float]) -> FloatArray:
    """Height without its datum where that is known, and without its median."""
    height = frame.height
    if frame.datum.observable:
        y, x = centred(height.shape, pixel_size_nm)
        offset, tilt_x, tilt_y = frame.datum.plane
        return np.asarray(height - (offset + tilt_x * x + tilt_y * y), np.float32)
    return np.asarray(height - np.nanmedian(height), np.float32)


def slope_angle_deg(slope: FloatArray) -> FloatArray:
    """Angle between the surface and the horizontal."""
    return np.asarray(np.degrees(np.arctan(np.hypot(slope[0], slope[1]))), np.float32)


def _row(
    figure: Figure,
    axes: np.ndarray[tuple[int], np.dtype[np.object_]],
    maps: list[FloatArray],
    pixel_size_nm: tuple[float, float],
    colours: str,
    label: str,
    titles: list[str],
) -> None:
    levels = robust_levels(np.concatenate(maps), PERCENTILES) or (0.0, 1.0)
    places: list[Axes] = list(axes)
    shown = [
        draw_map(place, values, pixel_size_nm, levels, colours, title)
        for place, values, title in zip(places, maps, titles, strict=True)
    ]
    figure.colorbar(shown[-1], ax=places, label=label, shrink=0.85, extend="both")


def _titles(frames: list[SurfaceFrame]) -> list[str]:
    return [f"frame {frame.frame}, {number(frame.time_s, 4)} s" for frame in frames]


def _range_words(frame: SurfaceFrame, height: FloatArray) -> str:
    low, high = robust_levels(height) or (np.nan, np.nan)
    return f"Frame {frame.frame}: most heights lie between {number(low)} and {number(high)} nm."


def _noise(frames: list[SurfaceFrame]) -> str:
    slope_sd = np.nanmedian([np.nanmedian(frame.slope_sd) for frame in frames])
    told = f"Random noise of a pixel: {number(float(np.degrees(slope_sd)), 2)}° in slope"
    sds = [np.nanmedian(frame.height_sd) for frame in frames if frame.height_sd is not None]
    return f"{told}, {number(float(np.median(sds)), 2)} nm in height (medians)." if sds else f"{told} (median)."
