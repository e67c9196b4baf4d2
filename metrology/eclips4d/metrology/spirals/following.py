"""Spirals followed from frame to frame: found once, then fitted again from where they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame
from eclips4d.metrology.quantity import Quantity
from eclips4d.metrology.spirals.core import Core
from eclips4d.metrology.spirals.detect import binning_for, core_of, find_cores, free_of, is_spiral
from eclips4d.metrology.spirals.field import Field, field_of
from eclips4d.metrology.spirals.fit import SHAPE, Fit, agreeing, phase_of, refit_spiral
from eclips4d.metrology.spirals.model import BEND, HEIGHT, PASSAGE, PHASE, RISER, SPACING, X, Y
from eclips4d.metrology.spirals.phases import phases_of
from eclips4d.metrology.spirals.region import around, region_of
from eclips4d.metrology.spirals.rotation import Wrapping, passage_of
from eclips4d.metrology.spirals.series import SpiralSeries
from eclips4d.metrology.spirals.track import Seen, track_of

F64 = NDArray[np.float64]

LOOK_AGAIN = 100
"""Frames after which new cores are looked for."""
_EARLY = (3, 10)
"""Frames in which it is looked again where none is known: particles may hide a core in one phase of its arms."""
_LEARNING = 3
_LOST = 8
_SAME = 0.6
_REGION_FRAMES = 16
_RECENT = 8


@dataclass(slots=True, eq=False)
class _Followed:
    """A core being followed; what is kept grows by a few numbers per frame."""

    seen: list[Seen]
    binning: int
    own: NDArray[np.bool_] | None = None
    own_at: tuple[float, float, int] = (0.0, 0.0, -(10**6))
    missed: int = 0
    rate: float | None = None
    loose: list[int] = field(default_factory=list)

    @property
    def last(self) -> Fit:
        return self.seen[-1].core.fit


def follow(movie: Movie, step_height_nm: float | None = None, look_again: int = LOOK_AGAIN) -> SpiralSeries:
    """All spirals of a movie over time; holds one frame at a time.

    Parameters
    ----------
    movie : Movie
    step_height_nm : float or None
        Of an elementary step; see `find_cores`.
    look_again : int
        Frames between searches for cores that were not there before; cores known are fitted in every frame.
    """
    followed: list[_Followed] = []
    rates: list[tuple[float, float]] = []
    for k, frame in enumerate(movie):
        if not frame.crept:
            rates.append(frame.drift.rate)
        alive = [each for each in followed if each.missed < _LOST]
        fields: dict[int, Field] = {}
        for each in alive:
            if each.binning not in fields:
                fields[each.binning] = field_of(frame, movie.grid, each.binning)
            held = fields[each.binning]
            others = [_place(other.last) for other in alive if other is not each]
            _continue(each, held, frame, movie.grid, others, step_height_nm)
        again = k % look_again == 0 or (k in _EARLY and not alive)
        if again or any(each.missed == 1 for each in alive):
            _search(followed, alive, frame, movie.grid, step_height_nm)
    for each in followed:
        _settle(each, [other for other in followed if other is not each], movie, step_height_nm)
    kept = [each for each in followed if len(each.seen) > 1 or len(movie) == 1]
    down, across = np.sqrt(np.mean(np.square(rates), axis=0)) if rates else (0.0, 0.0)
    creep_nm = (float(across) * movie.grid.pixel_size_nm[0], float(down) * movie.grid.pixel_size_nm[1])
    height_nm = movie.shape[0] * movie.grid.pixel_size_nm[1]
    tracks = tuple(track_of(k, tuple(each.seen), movie.grid, creep_nm, height_nm) for k, each in enumerate(kept))
    return SpiralSeries(tracks, movie.frames)


def _place(fit: Fit) -> tuple[float, float]:
    return float(fit.parameters[X]), float(fit.parameters[Y])


def _search(
    followed: list[_Followed], alive: Sequence[_Followed], frame: SurfaceFrame, grid: Grid, step_height_nm: float | None
) -> None:
    """New cores are taken on; one that was lost in this frame is taken up again where it is the same."""
    for core in find_cores(frame, grid, step_height_nm):
        near = [each for each in alive if _is_same(each.last, core.fit)]
        found = _seen(frame, grid, core)
        if not near:
            followed.append(_Followed([found], _binning(core, grid)))
            followed[-1].loose.append(frame.frame)
        elif near[0].missed > 0:
            near[0].seen.append(found)
            near[0].loose.append(frame.frame)
            near[0].missed, near[0].own = 0, None


def _is_same(known: Fit, found: Fit) -> bool:
    apart = np.hypot(*(known.parameters[[X, Y]] - found.parameters[[X, Y]]))
    return known.wound == found.wound and bool(apart < _SAME * known.parameters[SPACING])


def _binning(core: Core, grid: Grid) -> int:
    return binning_for(2.355 * core.riser_nm.value / float(np.sqrt(np.prod(grid.pixel_size_nm))))


def _seen(frame: SurfaceFrame, grid: Grid, core: Core) -> Seen:
    row, column = frame.drift.sd
    rows = frame.row_time_s
    scanned = (core.time_s - float(rows[0])) / max(float(np.ptp(rows)), 1e-12)
    return Seen(
        frame=frame.frame,
        core=core,
        drift_u_nm=(column * grid.pixel_size_nm[0], row * grid.pixel_size_nm[1]),
        sheared=core.passage_per_s,
        crept=frame.crept,
        scanned=float(np.clip(scanned, 0.0, 1.0)),
    )


def _continue(
    each: _Followed,
    held: Field,
    frame: SurfaceFrame,
    grid: Grid,
    others: Sequence[tuple[float, float]],
    step_height_nm: float | None,
) -> None:
    last = each.last
    region = _region(each, held, last, others)
    start = _usual(each)
    time_s = held.row_time(start[Y])
    free = free_of(held)
    if each.rate is not None:
        start[PASSAGE], free = each.rate, SHAPE
    fit = refit_spiral(held, region, start, last.wound, time_s, free)
    if not is_spiral(held, fit) or not _is_same(last, fit):
        each.missed += 1
        return
    each.missed = 0
    each.seen.append(_seen(frame, grid, core_of(held, fit, grid, step_height_nm)))
    if each.rate is None:
        each.loose.append(frame.frame)
        each.rate = _rate(each, grid) if len(each.seen) > _LEARNING else None
    elif len(each.seen) % _RECENT == 0:
        each.rate = _rate(each, grid)


def _usual(each: _Followed) -> F64:
    """The last fit, with what does not change from frame to frame as the median of some."""
    start = each.last.parameters.copy()
    lasting = [SPACING, BEND, HEIGHT, RISER]
    start[lasting] = np.median([seen.core.fit.parameters[lasting] for seen in each.seen[-_RECENT:]], axis=0)
    return start


def _region(each: _Followed, held: Field, last: Fit, others: Sequence[tuple[float, float]]) -> F64:
    """What is the core's own; looked at again when the core has moved or some frames have passed."""
    x, y, since = each.own_at
    place = _place(last)
    moved = max(abs(place[0] - x), abs(place[1] - y)) > held.pixel_nm
    if each.own is None or each.own.shape != held.shape or moved or len(each.seen) - since >= _REGION_FRAMES:
        each.own = _own(held, last, others)
        each.own_at = (*place, len(each.seen))
    return np.where(each.own, held.precision, 0.0)


def _own(held: Field, last: Fit, others: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    """Pixels that agree with the last fit."""
    place, spacing = _place(last), float(last.parameters[SPACING])
    region = region_of(held, place, others, spacing, np.inf)
    fitted = _as_shown(held, region, last)
    return around(held, agreeing(held, region, fitted), region, place, spacing) > 0


def _as_shown(held: Field, region: F64, last: Fit) -> Fit:
    """The last fit, its phase as this frame shows it near the core."""
    parameters = last.parameters.copy()
    time_s = held.row_time(parameters[Y])
    x, y = parameters[[X, Y]]
    near = (held.x[None, :] - x) ** 2 + (held.y[:, None] - y) ** 2 < (2.0 * parameters[SPACING]) ** 2
    parameters[PHASE], _ = phase_of(held, np.where(near, region, 0.0), parameters, last.wound, time_s)
    return Fit(
        parameters, last.covariance, last.scatter, last.wound, time_s, last.chi2, last.explained, last.kept, 0, 0
    )


def _rate(each: _Followed, grid: Grid) -> float | None:
    """Arms per second lately, once whole arms are known not to be missed."""
    if each.rate is None:
        track = track_of(0, tuple(each.seen), grid)
        return float(track.passage.local_per_s[-1]) if track.passage.wrapping is Wrapping.RESOLVED else None
    recent = [seen.core for seen in each.seen[-_RECENT:]]
    phase, u = phases_of([core.fit for core in recent], *np.median([_shape(core.fit) for core in recent], axis=0))
    times = np.array([core.time_s for core in recent])
    return float(passage_of(times, phase, u, Quantity(each.rate, 0.0, 0.0)).local_per_s[-1])


def _shape(fit: Fit) -> tuple[float, float]:
    return float(fit.parameters[SPACING]), float(fit.parameters[BEND])


def _settle(each: _Followed, others: Sequence[_Followed], movie: Movie, step_height_nm: float | None) -> None:
    """Frames that were fitted before the rate was known, once more with it."""
    if each.rate is None or not each.loose:
        return
    track = track_of(0, tuple(each.seen), movie.grid)
    known = dict(zip((s.frame for s in each.seen), track.passage.local_per_s, strict=True))
    for k, seen in enumerate(each.seen):
        if seen.frame in each.loose:
            each.seen[k] = _with_rate(each, others, seen, movie, float(known[seen.frame]), step_height_nm)


def _with_rate(
    each: _Followed, others: Sequence[_Followed], seen: Seen, movie: Movie, rate: float, step_height_nm: float | None
) -> Seen:
    frame = movie.read(seen.frame)
    held = field_of(frame, movie.grid, each.binning)
    fit = seen.core.fit
    place, spacing = _place(fit), float(fit.parameters[SPACING])
    beside = [_place(other.core.fit) for each_other in others for other in each_other.seen if other.frame == seen.frame]
    region = region_of(held, place, beside, spacing, np.inf)
    region = around(held, agreeing(held, region, fit), region, place, spacing)
    start = fit.parameters.copy()
    start[PASSAGE] = rate
    again = refit_spiral(held, region, start, fit.wound, fit.time_s, SHAPE)
    if not is_spiral(held, again):
        return seen
    return replace(seen, core=core_of(held, again, movie.grid, step_height_nm))
