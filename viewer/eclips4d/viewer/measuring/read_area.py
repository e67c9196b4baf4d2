"""An area in one frame: the facets in it, its mean height, its roughness."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.facets import Facet, Systematic, find_facets, systematic_of
from eclips4d.metrology.facets.angles import dihedral_angle
from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame
from eclips4d.metrology.noise import height_sd_of
from eclips4d.metrology.quantity import Quantity
from eclips4d.metrology.roughness.parameters import parameters
from eclips4d.metrology.roughness.roughness import prepared, roughness
from eclips4d.viewer.measuring.answers import AreaReading, FacetRead, Question
from eclips4d.viewer.measuring.shapes import AreaShape

Mask = NDArray[np.bool_]
LEAST_PX = 36
"""Pixels without which an area is none."""
WEIGHTY = 0.15
"""Share of the area from which a second facet is told."""
COARSE_PX = 128
"""Rows and columns to which weights are thinned for the noise of a mean height."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The smallest rectangle of pixels around an area; outside the area nothing is seen.

    Attributes
    ----------
    frame : SurfaceFrame
        Its rows and columns.
    grid : Grid
    inside : bool [y, x]
    whole : bool
        The area is that rectangle.
    """

    frame: SurfaceFrame
    grid: Grid
    inside: Mask
    whole: bool


def read_area(movie: Movie, question: Question) -> AreaReading:
    """Facets, mean height and roughness of an area in the frame that is asked for.

    Raises
    ------
    InputError
        The area holds too few pixels, or the frame has no surface.
    """
    assert isinstance(question.shape, AreaShape)
    if question.frame not in movie.frames:
        raise InputError("no surface", where=f"frame {question.frame}")
    frame = movie.read(question.frame)
    chosen = covered(question.shape, movie.grid, movie.shape)
    if np.count_nonzero(chosen & np.isfinite(frame.height)) < LEAST_PX:
        raise InputError(f"the area shows fewer than {LEAST_PX} pixels", cure="draw a larger one")
    piece = cut_out(frame, movie.grid, chosen)
    facets, between = _facets(piece)
    sq = _roughness(piece)
    return AreaReading(
        question,
        time_s=float(np.mean(piece.frame.row_time_s)),
        facets=facets,
        between_deg=between,
        height_nm=mean_height(frame, movie.grid, chosen),
        sq_nm=sq,
        sq_with_noise=not piece.whole,
        calibrated=movie.grid.calibrated,
        note="" if facets else "no flat part",
    )


def covered(area: AreaShape, grid: Grid, shape: tuple[int, int]) -> Mask:
    """Pixels whose centres lie within a polygon (even-odd rule), [y, x]."""
    (dx, dy), (x0, y0) = grid.pixel_size_nm, grid.origin_nm
    x, y = x0 + dx * np.arange(shape[1]), (y0 + dy * np.arange(shape[0]))[:, None]
    found = np.zeros(shape, np.bool_)
    corners = area.vertices
    for (ax, ay), (bx, by) in zip(corners, (*corners[1:], corners[0]), strict=True):
        left_of = (x - ax) * (by - ay) < (y - ay) * (bx - ax)
        found ^= ((ay > y) != (by > y)) & (left_of if by > ay else ~left_of)
    return found


def cut_out(frame: SurfaceFrame, grid: Grid, chosen: Mask) -> Piece:
    """The part of a frame that holds all chosen pixels."""
    rows, columns = np.flatnonzero(chosen.any(axis=1)), np.flatnonzero(chosen.any(axis=0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    inside = np.ascontiguousarray(chosen[box])
    hidden = np.where(inside, np.float32(0), np.float32(np.nan))
    (dx, dy), (x0, y0) = grid.pixel_size_nm, grid.origin_nm
    part = replace(
        frame,
        row_time_s=frame.row_time_s[box[0]],
        height=frame.height[box] + hidden,
        slope=frame.slope[:, box[0], box[1]] + hidden,
        slope_sd=np.ascontiguousarray(frame.slope_sd[box]),
        height_sd=None,
        trust=None if frame.trust is None else np.ascontiguousarray(frame.trust[box]),
    )
    moved = replace(grid, origin_nm=(x0 + float(columns[0]) * dx, y0 + float(rows[0]) * dy))
    return Piece(part, moved, inside, bool(inside.all()))


def _facets(piece: Piece) -> tuple[tuple[FacetRead, ...], Quantity | None]:
    found = find_facets(piece.frame, piece.grid)
    size, shared = np.count_nonzero(piece.inside), systematic_of(piece.grid)
    pixels = np.bincount(found.labels[piece.inside].ravel())
    share = {facet.number: float(pixels[facet.number]) / size for facet in found.found if facet.number < pixels.size}
    told = [f for k, f in enumerate(found.found) if k == 0 or share.get(f.number, 0.0) >= WEIGHTY]
    reads = tuple(_read(facet, share.get(facet.number, 0.0), shared) for facet in told)
    return reads, dihedral_angle(told[0], told[1], shared) if len(told) > 1 else None


def _read(facet: Facet, share: float, shared: Systematic) -> FacetRead:
    return FacetRead(facet.tilt_deg(shared), facet.azimuth_deg(shared), share, facet.spread_deg)


def _roughness(piece: Piece) -> Quantity:
    """Sq about the area's plane; the noise can be taken out where the area is a rectangle."""
    if piece.whole:
        return roughness(piece.frame, piece.grid).sq_nm
    seen = np.isfinite(piece.frame.height)
    sq = parameters(prepared(piece.frame.height, piece.grid.pixel_size_nm, seen), piece.grid.pixel_size_nm).sq
    return Quantity(sq, float("nan"), piece.grid.height_scale_u * sq)


def mean_height(frame: SurfaceFrame, grid: Grid, chosen: Mask) -> Quantity | None:
    """Mean height of the chosen pixels over that of all others, nm; None where all are chosen.

    Heights are relative, so only such a difference has an uncertainty: that of white slope noise, integrated.
    """
    seen = np.isfinite(frame.height)
    here, there = chosen & seen, ~chosen & seen
    if not (here.any() and there.any()):
        return None
    value = float(frame.height[here].mean(dtype=np.float64) - frame.height[there].mean(dtype=np.float64))
    step = max(1, -(-max(seen.shape) // COARSE_PX))
    weights = _thinned(here / here.sum() - there / there.sum(), step)
    sd = frame.slope_sd[np.isfinite(frame.slope_sd)]
    pixel = (step * grid.pixel_size_nm[0], step * grid.pixel_size_nm[1])
    # A mean over step² pixels has the noise of one over `step`.
    rms = float(np.sqrt(np.mean(np.square(sd, dtype=np.float64)))) / step
    noise = height_sd_of(weights, rms, pixel, grid.noise_correlation_px)
    return Quantity(value, noise, grid.height_scale_u * abs(value))


def _thinned(weights: NDArray[np.float64], step: int) -> NDArray[np.float64]:
    rows, columns = (-(-n // step) * step for n in weights.shape)
    padded = np.zeros((rows, columns))
    padded[: weights.shape[0], : weights.shape[1]] = weights
    return np.asarray(padded.reshape(rows // step, step, columns // step, step).sum(axis=(1, 3)))
