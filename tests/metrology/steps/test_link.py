"""Identities: steps stay the same ones, whatever shakes all of them, and what happens to them is told."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.metrology.steps.align import Sequence, align
from eclips4d.metrology.steps.follow import Finding
from eclips4d.metrology.steps.measure import follow_line


def sequence(places, heights, alone=9.0, sd=5.0):
    n = len(places)
    return Sequence(
        np.array(places, float), np.full(n, 4.0), np.array(heights, float), np.full(n, 0.1), np.full(n, sd),
        np.full(n, alone),
    )  # fmt: skip


def brute_force(a, b):
    """Least cost over all pairings that keep the order."""
    best = np.inf
    m, n = a.place.size, b.place.size
    for k in range(min(m, n) + 1):
        for left in combinations(range(m), k):
            for right in combinations(range(n), k):
                cost = a.alone.sum() + b.alone.sum()
                for i, j in zip(left, right, strict=True):
                    unlike = (b.height[j] - a.height[i]) ** 2
                    lower = min(abs(b.height[j]), abs(a.height[i]))
                    pair = (b.place[j] - a.place[i]) ** 2 / 8.0 + min(unlike / (0.2 + (0.2 * lower) ** 2), 9.0)
                    cost += (pair if pair < 30.0 else np.inf) - a.alone[i] - b.alone[j]
                best = min(best, cost)
    return best


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 60), st.floats(4, 9)), max_size=5),
    st.lists(st.tuples(st.floats(0, 60), st.floats(4, 9)), max_size=5),
)
def test_the_alignment_is_the_cheapest_of_all_that_keep_the_order(first, second):
    first, second = sorted(first), sorted(second)
    a, b = (sequence([p for p, _ in s], [h for _, h in s]) for s in (first, second))
    assert align(a, b, joins=False).cost == pytest.approx(brute_force(a, b), abs=1e-9)


def test_two_that_close_up_are_found_as_one():
    pairing = align(sequence([50.0, 58.0], [6.0, 5.0]), sequence([53.5], [11.0]))
    assert pairing.groups == (((0, 1), (0,)),)
    far = align(sequence([50.0, 110.0], [6.0, 5.0]), sequence([53.5], [11.0]))
    assert ((0, 1), (0,)) not in far.groups


def test_steps_of_unlike_speed_keep_their_numbers(steps, line):
    speeds = [1.5, 2.5, 3.5, 2.0]
    made = steps([steps.going(60 + 120 * k, v, -8.0) for k, v in enumerate(speeds)])
    found = follow_line(made.movie(14), line, 30.0)
    tracks = found.linked.tracks
    assert [len(t.seen) for t in tracks] == [14] * 4
    for track, speed in zip(tracks, speeds, strict=True):
        slope = np.polyfit(track.column("time_s"), track.column("position_nm"), 1)[0]
        assert slope == pytest.approx(speed, rel=0.02)


def test_a_fast_step_beside_a_slow_one_is_followed(steps, line):
    """It comes onto the line late, when one velocity alone is known, and a seventh of its own."""
    made = steps([steps.going(-40.0, 7.0, 6.0), steps.going(300.0, 1.0, -6.0)])
    found = follow_line(made.movie(22), line, 30.0).linked.tracks
    assert [len(track.seen) for track in found] == [22, 14]
    assert np.polyfit(found[1].column("time_s"), found[1].column("position_nm"), 1)[0] == pytest.approx(7.0, rel=0.02)


def test_what_shakes_all_steps_costs_no_number(steps, line):
    shake = np.random.default_rng(5).normal(0.0, 8.0, 12)
    shake[:2] = 0.0
    made = steps([steps.going(80 + 70 * k, 2.0, -8.0) for k in range(6)], shift_nm=lambda k: float(shake[k]))
    found = follow_line(made.movie(12), line, 30.0)
    assert [len(t.seen) for t in found.linked.tracks] == [12] * 6


def test_a_pair_is_born_and_a_pair_annihilates(steps, line):
    def born(side):
        return lambda t: None if t < 6 else (150 + side * 4.0 * (t - 6), -side * 8.0)

    def gone(side):
        return lambda t: None if t > 14 else (450 + side * 4.0 * (14 - t), side * 8.0)

    made = steps([born(-1), born(1), gone(-1), gone(1)])
    found = follow_line(made.movie(22), line, 30.0)
    told = {event.kind: event for event in found.events if event.kind not in ("lost", "appeared")}
    assert set(told) == {"born", "annihilated"}
    assert told["born"].position_nm == pytest.approx(140, abs=12) and 6 <= told["born"].seen <= 12
    assert told["annihilated"].position_nm == pytest.approx(440, abs=12) and 8 <= told["annihilated"].seen <= 14


def test_a_step_that_catches_up_merges(steps, line):
    def slow(t):
        return 300 + 1.0 * t, -8.0

    def fast(t):
        return (300 + 1.0 * t - 5.0 * max(15 - t, 0.0)), -6.0

    found = follow_line(steps([slow, fast]).movie(26), line, 30.0)
    merged = [event for event in found.events if event.kind == "merged"]
    assert len(merged) == 1 and 9 <= merged[0].seen <= 16
    last = found.linked.tracks[-1]
    assert len(last.members) == 2
    assert np.median(last.column("height_nm")) == pytest.approx(-14.0, rel=0.05)


def test_two_that_meet_and_part_again_keep_their_numbers(steps, line):
    # They repel: the one behind comes close and stays behind.
    def behind(t):
        return 280 + 2.0 * t - 1.0 * abs(t - 12) * 2.0, -8.0

    def before(t):
        return 292 + 2.0 * t + 1.0 * abs(t - 12) * 2.0, -8.0

    found = follow_line(steps([behind, before]).movie(25), line, 30.0, Finding(least_height_nm=3.0))
    alone = [t for t in found.linked.tracks if not t.members]
    assert len(alone) == 2
    for track, way in zip(sorted(alone, key=lambda t: t.edges[0].position_nm), (behind, before), strict=True):
        assert track.seen[0] == 0 and track.seen[-1] == 24
        for edge in (track.edges[0], track.edges[-1]):
            assert edge.position_nm + 10.0 == pytest.approx(way(edge.time_s)[0], abs=4.0)


def test_a_step_leaves_and_another_enters(steps, line):
    made = steps([steps.going(560, 6.0, -8.0), steps.going(-60, 6.0, -8.0), steps.going(300, 6.0, -8.0)])
    kinds = [event.kind for event in follow_line(made.movie(20), line, 30.0).events]
    assert sorted(kinds) == ["entered", "left"]
