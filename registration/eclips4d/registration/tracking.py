"""One frame more: it is seen against remembered frames, its pose is believed anew, and what happened is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from eclips4d.core.frame import FrameHeader
from eclips4d.core.results import Drift
from eclips4d.registration.fit import RowShift
from eclips4d.registration.look import Eye, Look
from eclips4d.registration.memory import CHECK_EVERY, Memory, compared, is_due, remembering
from eclips4d.registration.poses import (
    Poses,
    expected_ends,
    keep,
    loosened,
    lost_at,
    pose_of,
    predict,
    scan_time,
    update,
)
from eclips4d.registration.relation import (
    STILL_SHARE,
    carried,
    contradicts,
    doubted,
    is_still,
    shift_between_steps,
    still_shift,
    still_shift_of,
    trusted,
    votes_on,
)
from eclips4d.registration.robust import BLOCK_PX
from eclips4d.registration.staying import Staying, disagreed, passed, say, strayed
from eclips4d.registration.straightening import rows_of, straightened

Vector = NDArray[np.float64]
JUMP_SD = 5.0
"""A shift further from its expectation than so many standard deviations is a jump."""
LEAST_OVERLAP = 0.5
"""A frame that shows less of the grid's frame than this begins a new grid."""
STRAYS_ALIKE = 2
"""So many frames in a row that fit nothing remembered, but each the one before, begin a new grid too."""
STRAIGHTENINGS = 2
"""The shift and the displacement of rows are each found the better the better the other is known …"""
LIKELY_GAIN = 2.0
"""… but where the first has brought so few blocks to agree that not even so many times as many more would be enough, no
second will."""
SECOND = 2
"""Of a run's frames the first that can be asked if its rows are displaced: they are put straight from it on."""
FASTEST = 0.25
"""Rows that content may drift per row of the scan: more is no drift, whatever the times of the frames say."""
CARRIED_PX = 0.5
"""How far moving steps may carry a shift before their blocks oppose it openly."""
STRAY_SPREAD_PX = 4.0
"""How far a stray may have drifted until the next frame."""
NOTHING_STAYS = "not aligned: nothing that is known to stay is seen, drift is foretold until it is seen again"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A frame's shift against an older one, and the share of its weight that counts."""

    against: int
    shift: RowShift
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a frame: the state after it, its drift, what it was seen by, and what is worth telling."""

    memory: Memory
    drift: Drift
    sightings: tuple[Sighting, ...]
    events: tuple[str, ...] = ()
    jump_px: float = 0.0


def follow_frame(eye: Eye, memory: Memory, looks: Mapping[int, Look], header: FrameHeader, look: Look) -> Outcome:
    """Where the next frame lies.

    Parameters
    ----------
    eye : Eye
    memory : Memory
    looks : mapping of int to Look
        Of the frames in `memory.needed`.
    header : FrameHeader
    look : Look
        Of the new frame.
    """
    memory = replace(memory, poses=predict(memory.poses, header), count=memory.count + 1)
    compare = _Comparison(eye, looks, look, scan_time(header) > 0, memory.grid, memory.staying)
    seen = _sighted(compare, memory)
    found = drift_of(replace(memory, poses=seen.poses), header.sequence, aligned=True)
    if not seen.sightings or not can_be_undone(found, eye.shape[1]):
        return _astray(compare, memory)
    events = () if seen.jump is None else (f"jump by {seen.jump[0]:.1f} rows, {seen.jump[1]:.1f} columns",)
    if seen.evolving and not memory.evolving:
        memory = replace(memory, recent=(), keys=())
    staying = compare.learned(seen, memory.remembered[-1]) if seen.evolving else Staying()
    memory = replace(memory, poses=seen.poses, evolving=seen.evolving, staying=staying, carry=seen.carry)
    memory = remembering(memory, header.sequence)
    if _overlap(memory, eye.shape) < LEAST_OVERLAP:
        memory = replace(memory, grid=memory.poses.newest, staying=Staying())
        events = (*events, "new grid: the frame shows less than half of the old one's")
    memory = replace(memory, poses=keep(memory.poses, memory.remembered))
    jump_px = 0.0 if seen.jump is None else float(np.hypot(*seen.jump))
    return Outcome(memory, drift_of(memory, memory.poses.newest, aligned=True), seen.sightings, events, jump_px)


def asked(eye: Eye, memory: Memory, looks: Mapping[int, Look]) -> Memory:
    """What later frames go by once the newest has been asked if the scene evolves and if rows are displaced.

    Only where that is due. It is said of the frames to come, not of this one: nobody but the next waits for the answer.

    Parameters
    ----------
    eye : Eye
    memory : Memory
        After the newest frame.
    looks : mapping of int to Look
        Of the frames in `memory.needed`.
    """
    newest, grid = memory.poses.newest, memory.grid
    if not is_due(memory) or newest == grid or newest not in memory.remembered or memory.recent == (newest,):
        return memory  # the last: it has just been found to evolve
    compare = _Comparison(eye, looks, looks[newest], memory.poses.scan_s > 0, grid, memory.staying)
    whole = compare.still(memory.poses, grid)
    if not is_still(whole):
        return memory
    carry = memory.carry if _is_asked_at_once(memory) else _carry(compare, memory, whole)
    if carry is None:
        return memory if memory.evolving else replace(memory, evolving=True, recent=(), keys=())
    rows = memory.rows
    if not rows.displaced and memory.count > SECOND:
        rows = rows_of(eye, rows, grid, looks[grid], looks[newest], whole).memory
    return replace(memory, evolving=False, staying=Staying(), carry=carry, rows=rows)


def drift_of(memory: Memory, sequence: int, *, aligned: bool) -> Drift:
    """A remembered frame's drift in the store's terms."""
    pose, sd = pose_of(memory.poses, sequence)
    start, rate, spread = ((float(a), float(b)) for a, b in (pose[:2], pose[2:], sd[:2]))
    return Drift(start, rate, spread, aligned, memory.grid)


def can_be_undone(drift: Drift, rows: int) -> bool:
    """Whether the scan went faster than the content, by far."""
    return bool(np.isfinite([*drift.start, *drift.rate]).all()) and abs(drift.rate[0]) < FASTEST * max(rows - 1, 1)


def on_grid(memory: Memory, drift: Drift) -> Drift:
    """The newest frame's drift against the start of the frame whose grid is used."""
    origin = pose_of(memory.poses, memory.grid)[0]
    start = (drift.start[0] - float(origin[0]), drift.start[1] - float(origin[1]))
    return Drift(start, drift.rate, drift.sd, drift.aligned, drift.reference)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Compares the new frame with remembered ones."""

    eye: Eye
    looks: Mapping[int, Look]
    look: Look
    rates: bool
    grid: int
    staying: Staying

    def still(self, poses: Poses, against: int) -> RowShift:
        """By everything; should its blocks not agree, with displaced rows put straight first."""
        reference, expected = self.looks[against], expected_ends(poses, against, self.eye.shape[1])
        whole = still_shift(self.eye, reference, self.look, *expected, self.rates)
        if not whole.aligned or is_still(whole):
            return whole
        found = whole
        for _ in range(STRAIGHTENINGS):
            straight = straightened(self.eye, reference, self.look, found)
            if straight is None:
                return whole
            found = still_shift_of(self.eye, reference, straight, found, self.rates)
            likely = found.agreeing + LIKELY_GAIN * (found.agreeing - whole.agreeing)
            if not found.aligned or is_still(found) or likely < STILL_SHARE:
                break
        return found if is_still(found) else whole

    def beside(self, whole: RowShift, against: int) -> RowShift | None:
        """What lies between the steps near the shift of everything; None unless it can be believed."""
        spread = np.eye(4) * CARRIED_PX**2
        between = shift_between_steps(self.eye, self.looks[against], self.look, whole.ends, spread, self.rates)
        return between if trusted(between, whole.ends, spread) else None

    def between_steps(self, poses: Poses, against: int, *, seen: bool) -> RowShift | None:
        """None unless it can be believed; `seen` against another one already."""
        reference, expected = self.looks[against], expected_ends(poses, against, self.eye.shape[1])
        counts = say(self.staying, _mid_drift(poses, against, self.grid), BLOCK_PX * self.eye.detail)
        found = shift_between_steps(self.eye, reference, self.look, *expected, self.rates, counts, seen=seen)
        return found if trusted(found, *expected, seen=seen) else None

    def learned(self, seen: _Seen, before: int) -> Staying:
        """What has proved to stay, by the frame before."""
        known, drift = self.staying, _mid_drift(seen.poses, before, self.grid)
        block, pixel = BLOCK_PX * self.eye.detail, self.eye.detail
        tiles = len(self.eye.few), self.eye.tiles[0].blocks[0]
        for sighting in seen.sightings:
            if sighting.shift.sums is None:
                continue
            if sighting.against == before:
                known = strayed(known, sighting.shift.sums, drift, block, pixel, tiles)
            there = _mid_drift(seen.poses, sighting.against, self.grid)
            known = disagreed(known, sighting.shift.sums, there, block, tiles)
        ends = expected_ends(seen.poses, before, self.eye.shape[1])[0]
        agrees = votes_on(self.eye, self.looks[before], self.look, ends)
        return passed(known, agrees, drift, BLOCK_PX * self.eye.binning)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a frame was seen by so far, where that puts it, and how far from all expectation that is."""

    poses: Poses
    sightings: tuple[Sighting, ...] = ()
    jump: tuple[float, float] | None = None
    evolving: bool = True
    carry: tuple[float, float] = (0.0, 0.0)

    def and_by(self, sighting: Sighting, rows: int) -> _Seen:
        """One sighting more; one that nobody could expect is a jump, and is followed."""
        expected, spread = expected_ends(self.poses, sighting.against, rows)
        ahead = (sighting.shift.ends - expected).reshape(2, 2).mean(axis=0)
        distance, sd = float(np.hypot(*ahead)), float(np.sqrt(np.trace(spread + sighting.shift.covariance) / 4.0))
        poses, jump = self.poses, self.jump
        if distance > JUMP_SD * sd:
            poses, jump = loosened(poses, distance), (float(ahead[0]), float(ahead[1]))
        poses = update(poses, sighting.against, sighting.shift, rows, sighting.share)
        return _Seen(poses, (*self.sightings, sighting), jump, self.evolving, self.carry)


def _sighted(compare: _Comparison, memory: Memory) -> _Seen:
    """Seen as a whole, if the scene is still; else by what lies between the steps, against several frames."""
    rows, whole = compare.eye.shape[1], None
    if not memory.evolving:
        whole = compare.still(memory.poses, memory.grid)
        if is_still(whole):
            carry = _carry(compare, memory, whole) if _is_asked_at_once(memory) else memory.carry
            if carry is not None:
                return _still(memory, whole, carry, rows)
    seen = _between_steps(compare, memory, compared(memory) if memory.evolving else (memory.grid,))
    if not seen.sightings and not memory.evolving:
        seen = _between_steps(compare, memory, compared(memory))
    if not seen.sightings:
        whole = whole or compare.still(memory.poses, memory.grid)
        if is_still(whole):
            seen = _still(memory, whole, memory.carry, rows)
    return seen


def _still(memory: Memory, whole: RowShift, carry: tuple[float, float], rows: int) -> _Seen:
    """Seen as a whole, with the doubt that steps too slow to contradict have carried it along ever since the grid's."""
    frames = max(memory.poses.newest - memory.grid, 1)
    doubt = carry[0] * frames**2, carry[1] * frames**2
    seen = _Seen(memory.poses, evolving=False, carry=carry)
    return seen.and_by(Sighting(memory.grid, doubted(whole, doubt)), rows)


def _is_asked_at_once(memory: Memory) -> bool:
    """Of the first frames of a scene that is still, one that is asked if it evolves before it is believed."""
    return not memory.evolving and is_due(memory) and memory.count < CHECK_EVERY


def _carry(compare: _Comparison, memory: Memory, whole: RowShift) -> tuple[float, float] | None:
    """By how much steps may have carried a shift of everything along in each frame; None where it is contradicted.

    How fast they may do so is told whenever something between the steps can be believed.
    """
    between = compare.beside(whole, memory.grid)
    if between is None:
        return memory.carry
    if contradicts(between, whole):
        return None
    row, column = carried(between, whole)
    frames = max(memory.poses.newest - memory.grid, 1)
    return row / frames**2, column / frames**2


def _between_steps(compare: _Comparison, memory: Memory, against: tuple[int, ...]) -> _Seen:
    """When a scene has just been found to evolve, only the grid's own frame is known not to have been misled before."""
    seen = _Seen(memory.poses)
    for sequence in against:
        shift = compare.between_steps(seen.poses, sequence, seen=bool(seen.sightings))
        if shift is not None:
            sighting = Sighting(sequence, shift, 2.0 / (len(against) + 1.0))
            seen = seen.and_by(sighting, compare.eye.shape[1])
    return seen


def _astray(compare: _Comparison, memory: Memory) -> Outcome:
    """Nothing remembered is seen. Two such frames after one that look alike are a new place; others are left alone."""
    newest = memory.poses.newest
    alike = memory.stray >= 0 and is_still(_against_stray(compare, memory.stray))
    strays = memory.strays + 1 if alike else 0
    if strays < STRAYS_ALIKE:
        events = (NOTHING_STAYS,) if memory.poses.sequences[-2] in memory.remembered else ()
        memory = replace(memory, poses=keep(memory.poses, memory.remembered), stray=newest, strays=strays)
        return Outcome(memory, drift_of(memory, memory.poses.newest, aligned=False), (), events)
    lost = lost_at(memory.poses, float(max(compare.eye.shape[1:])))
    memory = replace(memory, poses=lost, grid=newest, recent=(newest,), keys=(), stray=-1, strays=0, evolving=False)
    memory = replace(memory, staying=Staying(), poses=keep(memory.poses, memory.remembered))
    told = "new grid: nothing that was known is seen any more, drift goes on from what was foretold"
    return Outcome(
        memory, drift_of(memory, memory.poses.newest, aligned=False), (), (told,), float(max(compare.eye.shape[1:]))
    )


def _against_stray(compare: _Comparison, stray: int) -> RowShift:
    spread = np.eye(4) * STRAY_SPREAD_PX**2
    return still_shift(compare.eye, compare.looks[stray], compare.look, np.zeros(4), spread, compare.rates)


def _mid_drift(poses: Poses, sequence: int, grid: int) -> Vector:
    """A frame's drift at mid-scan against the grid's frame, rows and columns."""
    pose = pose_of(poses, sequence)[0] - pose_of(poses, grid)[0]
    return np.asarray(pose[:2] + pose[2:] / 2.0)


def _overlap(memory: Memory, shape: tuple[int, ...]) -> float:
    away = np.abs(_mid_drift(memory.poses, memory.poses.newest, memory.grid))
    return float(np.prod(np.clip(1.0 - away / np.asarray(shape[1:]), 0.0, 1.0)))
