"""What happens to steps: born, merged, split, annihilated, or come and gone over the line's ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eclips4d.metrology.steps.edge import Edge
from eclips4d.metrology.steps.track import Joining, Linked, Track

LASTING = 6
"""Frames from which on steps that cannot be told apart count as merged, or those that part as split."""
CLOSE = 4.0
"""Standard deviations of the risers within which two steps can annihilate each other or be born together."""
TOGETHER = 8
"""Frames between the ends of two steps that annihilate each other."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to steps.

    Attributes
    ----------
    kind : str
        `entered` and `left` over an end of the line; `born`: two steps, one rising and one falling, where there was
        none; `annihilated`: the same backwards; `merged`: steps of one sense that are seen as one from then on;
        `split`: one that is seen as several from then on; `appeared`, `lost`: without visible cause.
    seen : int
        Frame, counted from the first that was looked at.
    time_s, position_nm : float
        When, and where along the line.
    steps : tuple of int
        Numbers of the steps before (`merged`, `split`, `annihilated`, `left`, `lost`) and after.
    """

    kind: str
    seen: int
    time_s: float
    position_nm: float
    steps: tuple[int, ...]


def events_of(linked: Linked, frames: int, length_nm: float) -> tuple[Event, ...]:
    """All events of a line, in the order of time.

    Parameters
    ----------
    linked : Linked
    frames : int
        How many were looked at.
    length_nm : float
        Of the line.
    """
    tracks = {track.step_id: track for track in linked.tracks}
    joined = list(_lasting(linked.joinings, tracks, frames))
    begun = {step for joining in linked.joinings for step in joining.into}
    gone = {step for joining in linked.joinings for step in joining.of}
    within = {leaf for joining in linked.joinings for leaf in joining.of if _ends_in(tracks, leaf, joining)}
    starts = [t for t in linked.tracks if t.step_id not in begun or _before(t, linked.joinings)]
    ends = [t for t in linked.tracks if t.step_id not in gone or _after(t, linked.joinings)]
    found = [*joined, *_beginnings(starts, length_nm)]
    found += _endings([t for t in ends if t.step_id not in within], frames, length_nm)
    return tuple(sorted(found, key=lambda event: (event.seen, event.position_nm)))


def _lasting(joinings: Sequence[Joining], tracks: dict[int, Track], frames: int) -> list[Event]:
    events = []
    for k, joining in enumerate(joinings):
        known = tuple(step for step in (*joining.of, *joining.into) if step in tracks)
        several = joining.of if len(joining.of) > 1 else joining.into
        if sum(step in tracks for step in several) < 2 or not _stays(joining, joinings[k + 1 :], joinings[:k], frames):
            continue
        kind = "merged" if len(joining.of) > 1 else "split"
        edge = _nearest(tracks[known[-1]] if kind == "merged" else tracks[known[0]], joining.seen)
        events.append(Event(kind, joining.seen, edge.time_s, edge.position_nm, (*joining.of, *joining.into)))
    return events


def _stays(joining: Joining, later: Sequence[Joining], earlier: Sequence[Joining], frames: int) -> bool:
    # A merger that is undone soon, or undoes a recent parting, is a pair that is hard to tell apart.
    undone = [other.seen for other in later if set(joining.into) & set(other.of)]
    made = [other.seen for other in earlier if set(joining.of) & set(other.into)]
    until = min(undone, default=frames + LASTING)
    since = max(made, default=-LASTING)
    merging = len(joining.of) > 1
    return until - joining.seen >= LASTING if merging else joining.seen - since >= LASTING and until >= joining.seen


def _ends_in(tracks: dict[int, Track], step: int, joining: Joining) -> bool:
    return step in tracks and int(tracks[step].seen[-1]) <= joining.seen


def _before(track: Track, joinings: Sequence[Joining]) -> bool:
    first = min(j.seen for j in joinings if track.step_id in j.into)
    return int(track.seen[0]) < first


def _after(track: Track, joinings: Sequence[Joining]) -> bool:
    last = max(j.seen for j in joinings if track.step_id in j.of)
    return int(track.seen[-1]) > last


def _nearest(track: Track, seen: int) -> Edge:
    return track.edges[int(np.abs(track.seen - seen).argmin())]


def _beginnings(tracks: Sequence[Track], length_nm: float) -> list[Event]:
    new = [track for track in tracks if track.seen[0] > 0]
    inner = [track for track in new if not _at_end(track, 0, length_nm)]
    pairs = _pairs(inner, 0)
    paired = {track.step_id for pair in pairs for track in pair}
    events = [_pair_event("born", pair, 0) for pair in pairs]
    events += [_event("appeared", track, 0) for track in inner if track.step_id not in paired]
    return events + [_event("entered", track, 0) for track in new if _at_end(track, 0, length_nm)]


def _endings(tracks: Sequence[Track], frames: int, length_nm: float) -> list[Event]:
    over = [track for track in tracks if track.seen[-1] < frames - 1]
    inner = [track for track in over if not _at_end(track, -1, length_nm)]
    pairs = _pairs(inner, -1)
    paired = {track.step_id for pair in pairs for track in pair}
    events = [_pair_event("annihilated", pair, -1) for pair in pairs]
    events += [_event("lost", track, -1) for track in inner if track.step_id not in paired]
    return events + [_event("left", track, -1) for track in over if _at_end(track, -1, length_nm)]


def _speed(track: Track) -> float:
    """Nm per frame, either way."""
    span = max(int(track.seen[-1] - track.seen[0]), 1)
    return abs(track.edges[-1].position_nm - track.edges[0].position_nm) / span


def _at_end(track: Track, which: int, length_nm: float) -> bool:
    edge = track.edges[which]
    reach = 3.0 * edge.sd_nm + 3.0 * _speed(track)
    return edge.position_nm < reach or edge.position_nm > length_nm - reach


def _pairs(tracks: Sequence[Track], which: int) -> list[tuple[Track, Track]]:
    """Neighbours of opposite sense that begin, or end, close to each other; the closest first."""
    possible = []
    for a in tracks:
        for b in tracks:
            frames = abs(int(a.seen[which]) - int(b.seen[which]))
            if not (a.rises and not b.rises and frames <= TOGETHER):
                continue
            apart = abs(a.edges[which].position_nm - b.edges[which].position_nm)
            reach = CLOSE * (a.edges[which].sd_nm + b.edges[which].sd_nm)
            if apart <= reach + (_speed(a) + _speed(b)) * (frames + 1):
                possible.append((frames + apart / reach, a, b))
    taken: set[int] = set()
    pairs = []
    for _, a, b in sorted(possible, key=lambda entry: entry[0]):
        if not taken & {a.step_id, b.step_id}:
            taken |= {a.step_id, b.step_id}
            pairs.append((a, b))
    return pairs


def _event(kind: str, track: Track, which: int) -> Event:
    edge = track.edges[which]
    return Event(kind, int(track.seen[which]), edge.time_s, edge.position_nm, (track.step_id,))


def _pair_event(kind: str, pair: tuple[Track, Track], which: int) -> Event:
    # The later sight of the earlier end, the earlier one of the later beginning, are nearest to the event.
    edges = [track.edges[which] for track in pair]
    seen = [int(track.seen[which]) for track in pair]
    when = int(np.argmin(seen)) if which == 0 else int(np.argmax(seen))
    ids = (pair[0].step_id, pair[1].step_id)
    return Event(kind, seen[when], edges[when].time_s, float(np.mean([e.position_nm for e in edges])), ids)
