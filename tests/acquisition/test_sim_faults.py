"""Faults of the simulated microscope: what the words mean, and what whoever takes the frames makes of them."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.acquisition import open_source
from eclips4d.acquisition.accountant import FrameAccountant, Gap
from eclips4d.acquisition.conformance import CHECKS
from eclips4d.acquisition.fakes import FakeSource
from eclips4d.acquisition.fault_plan import FaultPlan, Planned, parse_faults
from eclips4d.acquisition.faults import FINE, faults_of, through_cable
from eclips4d.core.errors import InputError, WireError

SMALL = "sim://copper-redox?size=16&fps=200&seed=5&render=live"
PERIOD_S, BUFFERED = 0.5, 16
FRAMES = [FakeSource(60, shape=(4, 1, 2)).frame(k) for k in range(60)]


def faults(text: str, seed: int = 1, period_s: float = PERIOD_S):
    return faults_of(parse_faults(text), seed, period_s, BUFFERED)


def order(text: str, frames: int = 12, start: int = 0) -> list[int]:
    arrivals = faults(text).arrivals(frames)(start)
    return [arrival.sequence for arrival in arrivals for _ in range(arrival.copies)]


def test_words() -> None:
    assert parse_faults("") == FaultPlan()
    assert parse_faults("corrupt:.25, lost:0.5,stall:1.5@30,late:3@4") == FaultPlan(
        (0.5, 0.0, 0.0, 0.25), (Planned("late", 3.0, 4), Planned("stall", 1.5, 30))
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("lost", "neither"),
        ("lost:", "neither"),
        ("lost:-1", "neither"),
        ("lost:1e-3", "neither"),
        ("gone:0.1", "unknown fault"),
        ("lost:1.5", "at most 1"),
        ("lost:1.5@3", "whole number"),
        ("lost:0@3", "whole number"),
        ("stall:2", "say when"),
        ("clock:2", "say when"),
        ("clock:1e999@2", "finite"),
        ("stall:-2@2", "neither"),
        ("stall:0@2", "above 0"),
        ("lost:0.6,late:0.6", "more than 1"),
        ("lost:0.1,lost:0.2", "two probabilities"),
        ("lost:1@3,late:1@3", "frame 3"),
    ],
)
def test_other_words_are_refused_in_one_line(text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as refused:
        open_source(f"{SMALL}&faults={text}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("text", "complaint"), [("lost:1@9", "the last is 8"), ("stall:100@1", "longer than")])
def test_faults_that_do_not_fit_the_run_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        open_source(f"{SMALL}&frames=9&faults={text}")


@pytest.mark.parametrize(
    ("text", "arrives"),
    [
        ("", [0, 1, 2, 3, 4, 5]),
        ("lost:2@1", [0, 3, 4, 5]),
        ("duplicate:2@1", [0, 1, 1, 1, 2, 3, 4, 5]),
        ("late:1@1", [0, 2, 1, 3, 4, 5]),
        ("late:3@1", [0, 2, 3, 4, 1, 5]),
        ("late:9@4", [0, 1, 2, 3, 5, 4]),
        ("late:1@1,late:1@2", [0, 3, 1, 2, 4, 5]),
        ("late:1@1,lost:1@2", [0, 3, 1, 4, 5]),
        ("late:1@1,corrupt:1@2", [0, 2, 3, 1, 4, 5]),
        ("late:2@1,late:1@2", [0, 3, 2, 4, 1, 5]),
        ("corrupt:1@1", [0, 1, 2, 3, 4, 5]),
        ("stall:1.6@1", [0, 1, 2, 3, 4, 5]),
        ("reconnect:1.2@1", [0, 4, 5]),
        ("reconnect:0.1@5", [0, 1, 2, 3, 4]),
    ],
)
def test_order_of_arrival(text: str, arrives: list[int]) -> None:
    assert order(text, 6) == arrives


@pytest.mark.parametrize("late_by_s", [1e300, -1e300, 3600.0])
def test_a_wrong_clock_changes_one_frames_time_and_nothing_else(late_by_s: float) -> None:
    address = f"{SMALL}&frames=6"
    amount = f"{late_by_s:g}".replace("+", "")
    with open_source(address) as right, open_source(f"{address}&faults=clock:{amount}@3") as wrong:
        for good, bad in zip(right.frames(), wrong.frames(), strict=True):
            late = bad.header.start_s - good.header.start_s
            assert late == pytest.approx(late_by_s if good.header.sequence == 3 else 0.0)
            assert bad.header.end_s >= bad.header.start_s
            np.testing.assert_array_equal(bad.data, good.data)


def test_a_stall_holds_frames_back_and_overflows_the_instruments_buffer() -> None:
    arrivals = list(faults(f"stall:{(BUFFERED + 3) * PERIOD_S}@2").arrivals(40)(0))
    until_s = 2 * PERIOD_S + (BUFFERED + 3) * PERIOD_S
    assert [a.not_before_s for a in arrivals[:3]] == [0.0, 0.0, until_s]
    lost = set(range(40)) - {a.sequence for a in arrivals}
    assert lost == {2 + BUFFERED, 3 + BUFFERED, 4 + BUFFERED}
    # The first frame that is not lost leaves the scan after the silence has ended.
    assert until_s < (5 + BUFFERED + 1) * PERIOD_S


def test_the_return_is_told_once_with_the_first_frame_after_it() -> None:
    text = "reconnect:1@2,lost:1@4,reconnect:1@7"
    back = {a.sequence: a.reconnections for a in faults(text).arrivals(12)(0) if a.reconnections}
    assert back == {5: 1, 9: 1}
    assert not [a for a in faults(text).arrivals(12)(9) if a.reconnections]


@given(start=st.integers(0, 30), seed=st.integers(0, 99), frames=st.integers(31, 60))
@settings(max_examples=40, deadline=None)
def test_starting_later_leaves_out_what_was_before(start: int, seed: int, frames: int) -> None:
    text = "lost:0.1,duplicate:0.1,late:0.2,corrupt:0.1,late:5@12,reconnect:2@20"
    plan = faults(text, seed)
    whole = [a for a in plan.arrivals(frames)(0) if a.sequence >= start]
    later = list(plan.arrivals(frames)(start))
    assert [(a.sequence, a.copies, a.not_before_s) for a in later] == [
        (a.sequence, a.copies, a.not_before_s) for a in whole
    ]
    endless = [a.sequence for a in islice(plan.arrivals(None)(start), 20)]
    assert endless[:5] == [a.sequence for a in later[:5]] or frames - start < 12


def test_chance_follows_the_probabilities_and_the_seed() -> None:
    """Counts of 20 000 frames within five standard deviations of what is expected."""
    chances = {"lost": 0.02, "duplicate": 0.01, "late": 0.03, "corrupt": 0.015}
    text = ",".join(f"{kind}:{chance}" for kind, chance in chances.items())
    fates = [faults(text, 3).fate(k) for k in range(20_000)]
    counts = {
        "lost": sum(f.copies == 0 for f in fates),
        "duplicate": sum(f.copies == 2 for f in fates),
        "late": sum(f.overtaken_by == 1 for f in fates),
        "corrupt": sum(f.damaged for f in fates),
    }
    for kind, chance in chances.items():
        expected = 20_000 * chance
        assert abs(counts[kind] - expected) < 5 * np.sqrt(expected), kind
    assert sum(counts.values()) == sum(fate != FINE for fate in fates)
    other = [faults(text, 4).fate(k) for k in range(2000)]
    assert other != fates[:2000] and other == [faults(text, 4).fate(k) for k in range(2000)]


def test_damage_of_any_kind_is_noticed() -> None:
    fake = FakeSource(300)
    read = through_cable(fake.frame, faults("corrupt:1"))
    seen = set()
    for sequence in range(60):
        with pytest.raises(WireError) as noticed:
            read(sequence)
        seen.add("bytes" in str(noticed.value))
    assert seen == {True, False}
    assert through_cable(fake.frame, faults("lost:1"))(3).data.tobytes() == fake.frame(3).data.tobytes()


def account(address: str) -> tuple[FrameAccountant, dict[int, bytes], set[int], object]:
    with open_source(address) as source:
        accountant = FrameAccountant()
        items = [item for frame in source.frames() for item in accountant.take(frame)]
        items += accountant.finish(source.info.frames)
        health = source.health()
    frames = {i.header.sequence: i.data.tobytes() for i in items if not isinstance(i, Gap)}
    return accountant, frames, {i.sequence for i in items if isinstance(i, Gap)}, health


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_the_taker_counts_what_the_seed_drew(seed: int) -> None:
    """Whatever faults come together: each is felt as itself. The last frames come as they should."""
    plan, total = faults("lost:0.15,duplicate:0.15,late:0.2,corrupt:0.15", seed), 60
    fates = [plan.fate(k) for k in range(total)]
    last = max(k for k in range(total) if fates[k] == FINE) + 1
    accountant, damaged, gaps = FrameAccountant(), 0, 0
    for arrival in plan.arrivals(last)(0):
        if fates[arrival.sequence].damaged:
            damaged += 1
            continue
        for _ in range(arrival.copies):
            gaps += sum(isinstance(item, Gap) for item in accountant.take(FRAMES[arrival.sequence]))
    gaps += sum(isinstance(item, Gap) for item in accountant.finish(last))
    assert damaged == sum(f.damaged for f in fates[:last])
    assert gaps == damaged + sum(f.copies == 0 for f in fates[:last])
    assert accountant.duplicates == sum(f.copies == 2 for f in fates[:last])
    assert accountant.overtaken == sum(f.overtaken_by == 1 for f in fates[:last])
    assert accountant.late == accountant.restarts == 0


def test_every_fault_is_felt_and_nothing_else_changes() -> None:
    text = "lost:2@3,duplicate:1@7,late:1@9,late:4@12,corrupt:1@20,reconnect:0.01@24,stall:0.05@28"
    _, whole, none, _ = account(f"{SMALL}&frames=36")
    accountant, frames, gaps, health = account(f"{SMALL}&frames=36&faults={text}")
    assert none == set() and gaps == {3, 4, 12, 20, 24, 25}
    assert frames == {k: pixels for k, pixels in whole.items() if k not in gaps}
    assert (accountant.gaps, accountant.duplicates, accountant.overtaken, accountant.late) == (6, 1, 1, 1)
    assert (health.damaged, health.lost, health.reconnections, health.state) == (1, 1, 1, "ended")
    assert health.delivered == 36 - 5 + 1


@pytest.mark.parametrize(
    "text",
    ["lost:0.2,duplicate:0.2,late:0.2,corrupt:0.2", "stall:0.1@2", "reconnect:0.1@2", "late:2@0,duplicate:3@3"],
)
@pytest.mark.parametrize("check", CHECKS)
def test_a_faulty_source_keeps_the_contract(text: str, check: str) -> None:
    CHECKS[check](lambda: open_source(f"{SMALL}&frames=24&faults={text}"))


def test_the_accountant_of_an_unlucky_order_is_noticed() -> None:
    """Later than the accountant's patience breaks the contract."""
    with pytest.raises(AssertionError, match="too long"):
        CHECKS["order_is_kept"](lambda: open_source(f"{SMALL}&frames=24&faults=late:4@1"))
