"""Identities over frames: every step of a line is the same one from its birth to its end.

Frame by frame, each step is expected where its motion takes it; the cheapest assignment that keeps the order along
the line (`align`) says which of the found steps it is. All steps of a frame may be displaced together, as by what is
left of drift: the displacement that makes the assignment cheapest is looked for. Steps that come so close that only
one is seen are followed together and get their own identities back, in their old order, when they part.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.steps.align import Pairing, align
from eclips4d.metrology.steps.edge import Edge
from eclips4d.metrology.steps.live import Live, begin, expected, found, see
from eclips4d.metrology.steps.motion import Unrest, predicted
from eclips4d.metrology.steps.parting import parted
from eclips4d.metrology.steps.track import Joining, Linked, Track

F64 = NDArray[np.float64]

MEMORY = 8
"""Frames for which a step may stay unseen."""
LEAST_SIGHTS, LEAST_SHARE = 3, 0.4
"""A step must be found in so many frames, and in this share of those from its first to its last sight."""
JUMP_SHARE = 0.25
"""Of the spacing: how far all steps may go together before a velocity is known."""
WORTH = 4.0
"""Cost per step from which on a common displacement is looked for."""
FEW = 3
"""Steps that must move before their velocities tell what a new one's can be: two that are alike are chance."""
FARTHEST = 8.0
"""Standard deviations up to which a common displacement is looked for."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How steps are linked.

    Attributes
    ----------
    pixel_nm : float
        Sample distance of the profiles.
    jump_nm : float
        Standard deviation of what displaces all steps of a frame together: drift that was not found.
    memory : int
        Frames for which a step may stay unseen.
    joins : bool
        Whether two steps may be found as one, and one as two.
    """

    pixel_nm: float
    jump_nm: float
    memory: int = MEMORY
    joins: bool = True


@dataclass(slots=True)
class _State:
    live: list[Live] = field(default_factory=list)
    ended: list[Live] = field(default_factory=list)
    joinings: list[Joining] = field(default_factory=list)
    next_id: int = 1

    def new_id(self) -> int:
        self.next_id += 1
        return self.next_id - 1


def link(
    frames: Many[Many[Edge]], row_time_s: Many[tuple[F64, F64]], length_nm: float, rules: Rules, first_id: int = 1
) -> Linked:
    """Follow the steps of a line.

    Parameters
    ----------
    frames : sequence of sequences of Edge
        The steps found in each frame.
    row_time_s : sequence of (float64 [n], float64 [n])
        Of each frame: places along the line, nm, and when they were seen.
    length_nm : float
        Of the line.
    rules : Rules
    first_id : int
        Number of the first step.
    """
    state, common = _State(next_id=first_id), np.zeros(len(frames))
    frame_s = _frame_s(row_time_s)
    for k, edges in enumerate(frames):
        common[k] = _follow(state, k, list(edges), row_time_s[k], length_nm, rules, frame_s)
    tracks = [*state.ended, *state.live, *(leaf for step in state.live for leaf in step.leaves)]
    return _believed(tracks, state.joinings, common, len(frames))


def _frame_s(row_time_s: Many[tuple[F64, F64]]) -> float:
    starts = np.array([float(np.nanmin(times)) for _, times in row_time_s])
    return float(np.median(np.diff(starts))) if starts.size > 1 else 1.0


def _follow(
    state: _State, k: int, edges: list[Edge], seen_at: tuple[F64, F64], length_nm: float, rules: Rules, frame_s: float
) -> float:
    unrest = Unrest(0.3 * rules.pixel_nm, 0.1 * rules.pixel_nm / frame_s, 0.05, frame_s)
    signs = [
        (sorted((s for s in state.live if s.last.rises is rises), key=lambda s: s.motion.place),
         [edge for edge in edges if edge.rises is rises])
        for rises in (False, True)
    ]  # fmt: skip
    speed = _velocity(state.live)
    far = JUMP_SHARE * _spacing(edges, length_nm) if k and not any(len(s.seen) > 1 for s in state.live) else 0.0
    reach = float(np.hypot(max(far, rules.jump_nm), rules.pixel_nm))
    pairings, common = _aligned(signs, seen_at, unrest, length_nm, reach, abs(speed[0]) * frame_s, rules.joins)
    unexplained = 0.0 if far else common
    least = 0.25 * _spacing(edges, length_nm) / frame_s if speed[2] < FEW else 0.0
    prior = (speed[0], max(speed[1], 0.5 * abs(speed[0]), least))
    for (steps, here), pairing in zip(signs, pairings, strict=True):
        for of, into in pairing.groups:
            _apply(state, k, [steps[i] for i in of], [here[j] for j in into], unrest, unexplained, prior)
    _forget(state, seen_at, length_nm, unrest, rules)
    return common


def _velocity(steps: list[Live]) -> tuple[float, float, int]:
    """Median velocity, its spread, and of how many steps."""
    known = np.array([step.motion.velocity for step in steps if len(step.seen) > 2])
    if not known.size:
        return 0.0, 0.0, 0
    middle = float(np.median(known))
    return middle, 1.4826 * float(np.median(np.abs(known - middle))), known.size


def _spacing(edges: list[Edge], length_nm: float) -> float:
    places = np.sort([edge.position_nm for edge in edges])
    return float(np.median(np.diff(places))) if places.size > 1 else length_nm


def _aligned(
    signs: list[tuple[list[Live], list[Edge]]],
    seen_at: tuple[F64, F64],
    unrest: Unrest,
    length_nm: float,
    reach: float,
    speed: float,
    joins: bool,
) -> tuple[list[Pairing], float]:
    sequences = []
    for steps, here in signs:
        times = [_time_at(step, seen_at, unrest) for step in steps]
        ahead = expected(steps, times, unrest, length_nm)
        sequences.append((ahead, found(here, unrest, length_nm, max(speed, reach))))

    def tried(shift: float) -> tuple[float, list[Pairing]]:
        pairings = [align(ahead, here, shift, joins=joins) for ahead, here in sequences]
        return sum(p.cost for p in pairings) + (shift / reach) ** 2, pairings

    cost, best, common = *tried(0.0), 0.0
    if cost > WORTH * max(1, sum(len(here) for _, here in signs)):
        apart = np.concatenate([(here.place - ahead.place[:, None]).ravel() for ahead, here in sequences])
        for shift in apart[np.abs(apart) < FARTHEST * reach]:
            trial, pairings = tried(float(shift))
            if trial < cost:
                cost, best, common = trial, pairings, float(shift)
    return best, common


def _time_at(step: Live, seen_at: tuple[F64, F64], unrest: Unrest) -> float:
    # When the scan passes where the step will be: two rounds are plenty for steps slower than the scan.
    places, times = seen_at
    t = float(np.interp(step.motion.place, places, times))
    return float(np.interp(predicted(step.motion, t, unrest).place, places, times))


def _apply(
    state: _State,
    k: int,
    of: list[Live],
    into: list[Edge],
    unrest: Unrest,
    common_nm: float,
    prior: tuple[float, float],
) -> None:
    if not into:
        for step in of:
            step.missed += 1
    elif not of:
        state.live += [begin(state.new_id(), edge, k, *prior) for edge in into]
    elif len(of) == len(into) == 1:
        see(of[0], into[0], k, unrest, common_nm)
    elif len(of) > 1:
        _join(state, k, of, into[0], prior)
    else:
        _part(state, k, of[0], into, unrest, prior)


def _join(state: _State, k: int, of: list[Live], edge: Edge, prior: tuple[float, float]) -> None:
    leaves = tuple(leaf for step in of for leaf in (step.leaves or (step,)))
    velocity = float(np.average([s.motion.velocity for s in of], weights=[abs(s.height()) for s in of]))
    joined = begin(state.new_id(), edge, k, velocity, max(prior[1], 0.5 * abs(velocity)))
    joined.leaves = leaves
    state.live = [step for step in state.live if step not in of] + [joined]
    state.ended += [step for step in of if step.leaves]
    state.joinings.append(Joining(k, tuple(step.step_id for step in of), (joined.step_id,)))


def _part(state: _State, k: int, of: Live, into: list[Edge], unrest: Unrest, prior: tuple[float, float]) -> None:
    state.live.remove(of)
    state.ended.append(of)
    made = []
    for leaves, edge in zip(parted(of.leaves, into), into, strict=True):
        if len(leaves) == 1:
            step = leaves[0]
            step.motion = begin(0, edge, k, step.motion.velocity, max(prior[1], 0.5 * abs(step.motion.velocity))).motion
            step.seen.append(k)
            step.edges.append(edge)
            step.missed = 0
        else:
            step = begin(state.new_id(), edge, k, of.motion.velocity, max(prior[1], 0.5 * abs(of.motion.velocity)))
            step.leaves = leaves
        made.append(step)
    state.live += made
    state.joinings.append(Joining(k, (of.step_id,), tuple(step.step_id for step in made)))


def _forget(state: _State, seen_at: tuple[F64, F64], length_nm: float, unrest: Unrest, rules: Rules) -> None:
    kept = []
    for step in state.live:
        place = (
            predicted(step.motion, _time_at(step, seen_at, unrest), unrest).place if step.missed else 0.5 * length_nm
        )
        gone = step.missed > rules.memory or not -0.5 * step.last.sd_nm < place < length_nm + 0.5 * step.last.sd_nm
        if gone:
            state.ended += [step, *step.leaves]
        else:
            kept.append(step)
    state.live = kept


def _believed(steps: list[Live], joinings: list[Joining], common: F64, frames: int) -> Linked:
    least = min(LEAST_SIGHTS, frames)
    unique = {step.step_id: step for step in steps if step.edges}
    kept = {}
    for step in unique.values():
        span = step.seen[-1] - step.seen[0] + 1
        together = sum(len(other.seen) for other in unique.values() if step in other.leaves)
        if len(step.seen) >= least and len(step.seen) + together >= LEAST_SHARE * span:
            kept[step.step_id] = step
    # Steps that are together for a moment belong to their story, however short.
    kept |= {s.step_id: s for s in unique.values() if sum(leaf.step_id in kept for leaf in s.leaves) > 1}
    tracks = [
        Track(
            s.step_id,
            np.array(s.seen),
            tuple(s.edges),
            tuple(leaf.step_id for leaf in s.leaves if leaf.step_id in kept),
        )
        for s in kept.values()
    ]
    order = sorted(tracks, key=lambda track: (int(track.seen[0]), track.edges[0].position_nm))
    return Linked(tuple(order), tuple(joinings), common)
