"""A line over time, frame after frame as they come: what was read of a frame is not read again.

Of a long run every second, fourth, … frame is read, so that neither memory nor time grows without end; the table of
steps that is exported reads them all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.movie import Movie, SurfaceFrame
from eclips4d.metrology.profiles.line import Profile, Sampler, line_sampler
from eclips4d.metrology.quantity import Quantity
from eclips4d.metrology.steps.common import common_jumps
from eclips4d.metrology.steps.edge import Edge
from eclips4d.metrology.steps.follow import Finding
from eclips4d.metrology.steps.link import Rules, link
from eclips4d.metrology.steps.measure import check_line
from eclips4d.metrology.steps.read import find_steps, fit_steps
from eclips4d.metrology.steps.track import Track
from eclips4d.metrology.steps.velocity import drift_u_over, mean_velocity, velocities
from eclips4d.metrology.steps.wander import Wander, sights_of, wander_of
from eclips4d.viewer.colours import to_index
from eclips4d.viewer.measuring.answers import LineSeries, TrackRead
from eclips4d.viewer.measuring.kymograph import even_rows
from eclips4d.viewer.measuring.shapes import LineShape

F64 = NDArray[np.float64]

MOST_FRAMES = 512
"""Frames that are kept of one line; of more only every second is, and so on."""
FALSE_STEPS = Finding().false_steps


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """What is kept of one frame."""

    frame: int
    start_s: float
    jump_nm: float
    profile: Profile
    found: tuple[Edge, ...]


class SeriesSoFar:
    """The steps of one line through a growing run.

    Parameters
    ----------
    line : LineShape
    movie : Movie
        As it is now.

    Raises
    ------
    InputError
        The line leaves the field or is too short.
    """

    def __init__(self, line: LineShape, movie: Movie) -> None:
        check_line(line.ends, line.width_nm, movie)
        self.line = line
        self._grid = movie.grid
        self._sampler: Sampler = line_sampler(line.ends, movie.grid, movie.shape, line.width_nm)
        self._reads: list[_Read] = []
        self._refits: dict[tuple[int, tuple[float, ...]], tuple[Edge, ...]] = {}
        self._tracks: tuple[TrackRead, ...] = ()
        self._linked = 0
        self._reach = 0.0
        self.every = 1

    def next_frame(self, movie: Movie) -> int | None:
        """The frame that is to be read next; None when all are."""
        self._thin(len(movie))
        last = self._reads[-1].frame if self._reads else -1
        return next((f for k, f in enumerate(movie.frames) if k % self.every == 0 and f > last), None)

    def read(self, frame: SurfaceFrame) -> None:
        """Read the next frame."""
        profile = self._sampler(frame)
        (ux, uy), (dx, dy) = profile.direction, self._grid.pixel_size_nm
        jump = math.hypot(frame.drift.sd[1] * dx * ux, frame.drift.sd[0] * dy * uy)
        self._reads.append(_Read(frame.frame, frame.time_s, jump, profile, find_steps(profile, FALSE_STEPS)))

    @property
    def unlinked(self) -> int:
        """Frames that were read since the steps were followed last."""
        return len(self._reads) - self._linked

    def link(self) -> None:
        """Follow the steps through all that was read, in the two rounds of `metrology.steps.follow`."""
        reads = self._reads
        if not reads:
            return
        profiles = [read.profile for read in reads]
        times = [_seen_at(profile) for profile in profiles]
        spacing, jump = profiles[0].spacing_nm, float(np.median([read.jump_nm for read in reads]))
        rules, length = Rules(spacing, max(0.1 * spacing, jump)), float(profiles[0].distance_nm[-1])
        first = link([read.found for read in reads], times, length, replace(rules, joins=False))
        real: list[list[Edge]] = [[] for _ in reads]
        for track in first.tracks:
            for k, edge in zip(track.seen, track.edges, strict=True):
                real[k].append(edge)
        again = [self._refitted(read, kept) for read, kept in zip(reads, real, strict=True)]
        linked = link(again, times, length, rules)
        self._tracks = self._read_out(linked.tracks, jump)
        self._linked = len(reads)

    def answer(self, movie: Movie) -> LineSeries:
        """What is known so far."""
        reads = self._reads
        wanted = len(range(0, len(movie), self.every))
        if not reads:
            return LineSeries(self.line, wanted=wanted, every=self.every)
        image, span_s, frame_s = even_rows(
            np.stack([read.profile.slope_along for read in reads]).astype(np.float32),
            np.stack([read.profile.row_time_s for read in reads]),
        )
        if not self._reach:
            self._reach = _reach_of(image)
        distance = reads[0].profile.distance_nm
        return LineSeries(
            line=self.line,
            frames=tuple(read.frame for read in reads),
            image=to_index(image, (-self._reach or -1.0, self._reach or 1.0)),
            reach=self._reach,
            span_s=span_s,
            length_nm=float(distance[-1]),
            spacing_nm=reads[0].profile.spacing_nm,
            frame_s=frame_s,
            tracks=self._tracks,
            linked=self._linked,
            wanted=wanted,
            every=self.every,
        )

    def _thin(self, frames: int) -> None:
        while frames > MOST_FRAMES * self.every:
            self.every *= 2
            self._reads = self._reads[::2]
            self._refits.clear()
            self._linked = 0

    def _refitted(self, read: _Read, kept: Sequence[Edge]) -> tuple[Edge, ...]:
        if len(kept) == len(read.found):
            return read.found
        ordered = sorted(kept, key=lambda edge: edge.position_nm)
        key = read.frame, tuple(edge.position_nm for edge in ordered)
        if key not in self._refits:
            self._refits = {k: v for k, v in self._refits.items() if k[0] != read.frame}
            self._refits[key] = fit_steps(read.profile, ordered)
        return self._refits[key]

    def _read_out(self, tracks: Sequence[Track], jump_nm: float) -> tuple[TrackRead, ...]:
        starts = np.array([read.start_s for read in self._reads])
        frame_s = float(np.median(np.diff(starts))) if starts.size > 1 else 1.0
        duration = float(starts[-1] - starts[0])
        common = common_jumps(tracks, len(self._reads))
        wander = wander_of([sights_of(track, common) for track in tracks], frame_s)
        drift_u = jump_nm / duration if duration else 0.0
        return tuple(_read_track(track, common, wander, duration, drift_u) for track in tracks)


def _read_track(track: Track, common_nm: F64, wander: Wander, run_s: float, drift_u_nm_s: float) -> TrackRead:
    sights = sights_of(track, common_nm)
    local = velocities(sights, wander)
    mean, u = mean_velocity(sights, wander)
    return TrackRead(
        step_id=track.step_id,
        time_s=track.column("time_s"),
        position_nm=track.column("position_nm"),
        height_nm=np.abs(track.column("height_nm")),
        height_u_nm=track.column("height_u_nm"),
        velocity_nm_s=local.nm_s,
        velocity_u_nm_s=local.u_nm_s,
        mean_nm_s=Quantity(mean, u, drift_u_over(float(np.ptp(sights.time_s)), run_s, drift_u_nm_s)),
        rises=bool(np.median(track.column("height_nm")) > 0.0),
    )


def _reach_of(slope: NDArray[np.float32]) -> float:
    known = np.abs(slope[np.isfinite(slope)])
    return float(np.quantile(known, 0.99)) if known.size and known.any() else 0.0


def _seen_at(profile: Profile) -> tuple[F64, F64]:
    seen = np.isfinite(profile.row_time_s)
    if not seen.any():
        return profile.distance_nm, np.zeros(profile.distance_nm.size)
    return profile.distance_nm[seen], profile.row_time_s[seen]
