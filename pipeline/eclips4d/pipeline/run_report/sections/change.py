"""By how much the surface has risen since its reference frame, where something static tells."""

from __future__ import annotations

import numpy as np

from eclips4d.metrology.change import ZERO_IS, HeightChange, centred, height_change
from eclips4d.metrology.datum import DatumSeries
from eclips4d.metrology.movie import Movie, SurfaceFrame
from eclips4d.pipeline.run_report.charts import draw_map, drawing, grid_height_in, in_page
from eclips4d.pipeline.run_report.content import Content
from eclips4d.pipeline.run_report.markup import Html, facts, joined, paragraph
from eclips4d.pipeline.run_report.numbers import counted, fixed, with_u
from eclips4d.pipeline.run_report.section import Section, nothing
from eclips4d.viewer.datum_words import NO_DATUM, NOTHING_STATIC, datum_rows
from eclips4d.viewer.levels import even_levels

TITLE = "Change of height"
BEYOND = 3.0
"""Standard deviations from which on a place counts as changed."""


def section(content: Content) -> Section:
    """The newest change that can be told, its uncertainty, and where it is beyond chance."""
    if content.measured is None:
        return nothing(TITLE, content.why_not)
    movie, datum = content.measured.singles, content.datum
    if datum is None:
        return nothing(TITLE, NO_DATUM)
    newest = next((k for k in reversed(movie.frames) if _can_tell(movie, datum, k)), None)
    if newest is None:
        return nothing(TITLE, NOTHING_STATIC)
    change = _change(movie, newest)
    alone = int((datum.known & ~datum.observable).sum())
    missing = (f"{TITLE}: not observable in {counted(alone, 'frame')}, nothing static was found.",) if alone else ()
    return Section(TITLE, joined([facts(datum_rows(datum)), *_figure(change, content)]), missing)


def _can_tell(movie: Movie, datum: DatumSeries, frame: int) -> bool:
    reference = int(datum.reference[frame])
    return bool(datum.observable[frame]) and reference != frame and reference in movie.frames


def _change(movie: Movie, frame: int) -> HeightChange:
    later = movie.read(frame)
    reference = movie.read(later.drift.reference)
    return HeightChange(
        frame=frame,
        reference=reference.frame,
        nm=height_change(later.height, reference.height, later.datum.plane, movie.grid.pixel_size_nm),
        random_sd_nm=_random_sd(later, reference),
        datum_sd=later.datum.sd,
        pixel_size_nm=movie.grid.pixel_size_nm,
    )


def _random_sd(
    later: SurfaceFrame, reference: SurfaceFrame
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]] | None:
    if later.height_sd is None or reference.height_sd is None:
        return None
    return np.hypot(later.height_sd.astype(np.float32), reference.height_sd.astype(np.float32))


def _figure(change: HeightChange, content: Content) -> list[Html]:
    sd = change.sd_nm()
    maps = [("change of height, nm", change.nm, "RdBu_r", even_levels(change.nm) or (-1.0, 1.0))]
    if sd is not None:
        share = change.nm / sd
        maps.append(("change over its standard uncertainty", share, "PuOr_r", (-2 * BEYOND, 2 * BEYOND)))
    height = grid_height_in((change.nm.shape[0], change.nm.shape[1]), change.pixel_size_nm, 1, len(maps), len(maps))
    with drawing(height_in=height) as figure:
        places = figure.subplots(1, len(maps), squeeze=False)[0]
        for axes, (label, values, colours, levels) in zip(places, maps, strict=True):
            shown = draw_map(axes, values, change.pixel_size_nm, levels, colours, label)
            figure.colorbar(shown, ax=axes, shrink=0.8, extend="both")
    between = f"frame {change.frame} and frame {change.reference}"
    caption = (
        f"Change of height between {between}. Red has risen, blue has sunk; grey was not seen in both. Right: the same "
        f"over its standard uncertainty, the datum's included; beyond ±{BEYOND:g} it is hardly chance."
    )
    words = _mean_words(change, content.held.scale_u)
    maps_of = in_page(figure, f"Maps of the change of height between {between}. {words}", caption)
    return [maps_of, paragraph(words), paragraph(ZERO_IS)]


def _mean_words(change: HeightChange, scale_u: float) -> str:
    """The mean over what was seen: its uncertainty is the datum's, for noise averages out, and the scale's."""
    there = np.isfinite(change.nm)
    mean = float(np.mean(change.nm, where=there, dtype=np.float64))
    y, x = centred(change.nm.shape, change.pixel_size_nm)
    lever = (1.0, np.broadcast_to(x, there.shape)[there].mean(), np.broadcast_to(y, there.shape)[there].mean())
    u = float(np.linalg.norm([*np.multiply(change.datum_sd, lever), scale_u * mean]))
    sd = change.sd_nm()
    if sd is None:
        return f"Mean over what was seen: {with_u(mean, u, 'nm')}."
    beyond = float(np.mean(np.abs(change.nm[there]) > BEYOND * sd[there]))
    share = f"{fixed(100 * beyond, 1)} % of the places have changed by more than {BEYOND:g} standard uncertainties"
    return f"Mean over what was seen: {with_u(mean, u, 'nm')} (datum and slope scale); {share}."
