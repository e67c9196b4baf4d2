"""The ledger loses no frame and hands none out twice, whatever order things happen in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from eclips4d.pipeline.ledger import MAX_DEATHS, Ledger


def record(ledger: Ledger, *sequences: int) -> None:
    for sequence in sequences:
        ledger.durable(sequence)


def passed_over(ledger: Ledger, *sequences: int) -> None:
    """Registration passes over these, and that is noted."""
    for sequence in sequences:
        assert ledger.skipped(sequence)
        ledger.written(sequence)


def test_recorded_counts_only_the_unbroken_prefix() -> None:
    ledger = Ledger()
    record(ledger, 0, 2, 3)
    assert ledger.recorded == 1
    record(ledger, 1)
    assert ledger.recorded == 4


def test_links_form_a_chain_over_gaps() -> None:
    ledger = Ledger()
    record(ledger, 0)
    ledger.gap(1)
    record(ledger, 2)
    first, second = ledger.next_link("w"), ledger.next_link("w")
    assert first is not None and (first.sequence, first.after) == (0, -1)
    assert second is not None and (second.sequence, second.after) == (2, 0)
    assert ledger.next_link("w") is None


def test_commit_waits_for_the_oldest_frame() -> None:
    ledger = Ledger()
    record(ledger, 0, 1)
    for _ in range(2):
        assert ledger.next_link("w") is not None
    assert ledger.registered(0)
    assert ledger.registered(1)
    ledger.written(1)
    assert ledger.committed == 0
    ledger.written(0)
    assert ledger.committed == 2


def test_a_result_that_comes_twice_counts_once() -> None:
    ledger = Ledger()
    record(ledger, 0)
    ledger.next_link("w")
    assert ledger.registered(0)
    assert not ledger.registered(0)


def test_a_dead_workers_frames_go_to_another_with_the_same_link() -> None:
    ledger = Ledger()
    record(ledger, 0, 1)
    first = ledger.next_link("a")
    second = ledger.next_link("b")
    assert ledger.worker_lost("a") is None
    assert ledger.next_link("b") == first
    assert second is not None and second.after == 0


def test_a_frame_that_kills_its_workers_is_quarantined_and_the_rest_goes_on() -> None:
    ledger = Ledger()
    record(ledger, 0, 1)
    for death in range(MAX_DEATHS):
        link = ledger.next_link("w")
        assert link is not None and link.sequence == 0
        poison = ledger.worker_lost("w")
        assert poison == (0 if death == MAX_DEATHS - 1 else None)
    assert ledger.quarantine(0) is not None
    link = ledger.next_link("w")
    assert link is not None and (link.sequence, link.after) == (1, 0)
    passed_over(ledger, 0)
    assert ledger.registered(1)
    ledger.written(1)
    assert ledger.committed == 2


def test_a_surface_that_may_not_have_left_its_worker_is_made_again() -> None:
    ledger = Ledger()
    record(ledger, 0)
    link = ledger.next_link("a")
    ledger.inverted(0)
    assert ledger.worker_lost("a") is None
    assert ledger.next_link("b") == link


def test_only_the_frame_a_worker_was_at_counts_its_death() -> None:
    ledger = Ledger()
    record(ledger, 0, 1)
    for death in range(MAX_DEATHS):
        assert ledger.next_link("w") is not None
        assert ledger.next_link("w") is not None
        assert ledger.worker_lost("w") == (0 if death == MAX_DEATHS - 1 else None)
    ledger.quarantine(0)
    link = ledger.next_link("w")
    assert link is not None and link.sequence == 1


def test_what_is_being_written_counts_for_the_window() -> None:
    ledger = Ledger(window=3)
    record(ledger, *range(20))
    handed_out = 0
    while (link := ledger.next_link("w")) is not None:
        handed_out += 1
        assert ledger.registered(link.sequence)
    assert handed_out == 3
    ledger.written(0)
    assert ledger.next_link("w") is not None


def kill_workers_with(ledger: Ledger, sequence: int) -> None:
    """The frame, which a worker has just been given, kills that one and all that are given it after."""
    for death in range(MAX_DEATHS):
        if death:
            link = ledger.next_link(f"killed by {sequence}")
            assert link is not None and link.sequence == sequence
        poison = ledger.worker_lost(f"killed by {sequence}")
    assert poison == sequence
    assert ledger.quarantine(sequence) is not None


def test_frames_given_up_while_registration_holds_the_one_before_do_not_fill_the_window() -> None:
    """The first frame waits for the next good one; those between can be passed over only after it."""
    ledger = Ledger(window=2, total=5)
    record(ledger, *range(5))
    assert ledger.next_link("good") is not None
    ledger.inverted(0)
    for sequence in (1, 2, 3):
        link = ledger.next_link(f"killed by {sequence}")
        assert link is not None and (link.sequence, link.after) == (sequence, sequence - 1)
        assert ledger.next_link("another") is None, "what is being inverted still counts"
        kill_workers_with(ledger, sequence)
    link = ledger.next_link("good")
    assert link is not None and (link.sequence, link.after) == (4, 3)
    assert ledger.under_way == 5
    assert ledger.registered(0)
    assert not ledger.skipped(2), "passed over in order only"
    passed_over(ledger, 1, 2, 3)
    assert ledger.registered(4)
    ledger.written(0)
    ledger.written(4)
    assert ledger.finished


def test_once_passed_over_a_frame_given_up_leaves_the_window_as_it_was() -> None:
    ledger = Ledger(window=2)
    record(ledger, *range(9))
    assert ledger.next_link("killed by 0") is not None
    kill_workers_with(ledger, 0)
    passed_over(ledger, 0)
    assert [ledger.next_link("w") is not None for _ in range(4)] == [True, True, False, False]


@pytest.mark.parametrize("window", [2, 3, 4])
@given(deadly=st.lists(st.booleans(), min_size=1, max_size=12))
def test_a_registration_that_holds_each_frame_until_the_next_good_one_always_finishes(
    window: int, deadly: list[bool]
) -> None:
    ledger = Ledger(window=window, total=len(deadly))
    record(ledger, *range(len(deadly)))
    held: list[int] = []
    given_up: list[int] = []

    def hand_on() -> None:
        for sequence in held:
            assert ledger.registered(sequence)
            ledger.written(sequence)
        passed_over(ledger, *given_up)
        held.clear()
        given_up.clear()

    while not ledger.nothing_to_hand_out:
        sequence = ledger.committed + len(held) + len(given_up)
        link = ledger.next_link(f"killed by {sequence}")
        assert link is not None and link.sequence == sequence
        if deadly[sequence]:
            kill_workers_with(ledger, sequence)
            given_up.append(sequence)
            continue
        ledger.inverted(sequence)
        hand_on()
        held.append(sequence)
    hand_on()
    assert ledger.finished


def test_catching_up_keeps_to_the_window() -> None:
    ledger = Ledger(committed=50, recorded=50, deferred=set(range(50)), total=50, window=4)
    ledger.begin_catch_up(range(50))
    assert [ledger.next_link("w") is not None for _ in range(6)] == [True] * 4 + [False] * 2


def test_only_recording_hands_nothing_out_and_is_finished() -> None:
    ledger = Ledger(infer=False, total=3)
    record(ledger, 0, 1, 2)
    assert ledger.next_link("w") is None
    for sequence in ledger.backlog:
        ledger.defer(sequence)
    assert ledger.deferred == {0, 1, 2}
    assert ledger.committed == 3
    assert ledger.finished


def test_frames_that_have_results_are_only_followed_again() -> None:
    ledger = Ledger(committed=4, recorded=4, deferred={2}, total=4)
    ledger.begin_catch_up([0, 1, 2])
    assert [ledger.is_followed_again(s) for s in range(4)] == [True, True, False, False]
    for sequence in range(3):
        assert ledger.next_link("w") is not None
        assert ledger.registered(sequence)
        ledger.written(sequence)
    assert not ledger.is_followed_again(0)
    assert ledger.finished


def test_a_frame_followed_too_keeps_what_it_has() -> None:
    ledger = Ledger(committed=3, recorded=3, deferred={0, 2}, total=3)
    ledger.begin_catch_up([0])
    assert ledger.next_link("w") is not None
    assert ledger.nothing_follows_the_first and ledger.nothing_to_hand_out
    for sequence, deferred in ((1, {0, 2}), (2, {0, 2})):
        ledger.follow_too(sequence)
        assert not ledger.nothing_to_hand_out
        link = ledger.next_link("w")
        assert link is not None and (link.sequence, link.after) == (sequence, sequence - 1)
        assert not ledger.nothing_follows_the_first
        assert ledger.quarantine(sequence) is not None
        assert ledger.nothing_follows_the_first, "what was given up is none"
        assert ledger.deferred == deferred
    assert ledger.registered(0)
    ledger.written(0)
    passed_over(ledger, 1, 2)
    assert ledger.deferred == {2}
    assert ledger.may_catch_up


def test_catching_up_takes_one_run_of_deferred_frames_at_a_time() -> None:
    ledger = Ledger(committed=6, recorded=6, deferred={0, 1, 4}, total=6)
    assert not ledger.finished
    ledger.begin_catch_up([0, 1])
    links = [ledger.next_link("w") for _ in range(2)]
    assert [(link.sequence, link.after) for link in links if link] == [(0, ledger.last), (1, 0)]
    assert not ledger.may_catch_up
    for sequence in (0, 1):
        assert ledger.registered(sequence)
    assert not ledger.may_catch_up, "what is being written is not begun again"
    for sequence in (0, 1):
        ledger.written(sequence)
    assert ledger.may_catch_up
    ledger.begin_catch_up([4])
    assert ledger.next_link("w") is not None
    assert ledger.registered(4)
    ledger.written(4)
    assert ledger.finished
    assert ledger.committed == 6


class Chain(RuleBasedStateMachine):
    """Two workers and registration take frames, finish them, and die at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(window=4)
        self.offered = 0
        self.writing: list[int] = []
        self.at_worker: dict[str, list[int]] = {"a": [], "b": []}
        self.at_registration: set[int] = set()
        self.handed_on: list[int] = []
        self.after: dict[int, int] = {}
        self.given_up: set[int] = set()

    @rule()
    def offer(self) -> None:
        self.writing.append(self.offered)
        self.offered += 1

    @rule(pick=st.integers(0, 9))
    def raw_is_durable(self, pick: int) -> None:
        if self.writing:
            self.ledger.durable(self.writing.pop(pick % len(self.writing)))

    @rule(worker=st.sampled_from("ab"))
    def take(self, worker: str) -> None:
        link = self.ledger.next_link(worker)
        if link is not None:
            self.at_worker[worker].append(link.sequence)
            assert self.after.setdefault(link.sequence, link.after) == link.after

    @rule(worker=st.sampled_from("ab"))
    def invert(self, worker: str) -> None:
        if self.at_worker[worker]:
            sequence = self.at_worker[worker].pop(0)
            self.at_registration.add(sequence)
            self.ledger.inverted(sequence)

    @rule()
    def register(self) -> None:
        ready = [s for s in self.at_registration if self.after[s] == self.ledger.last]
        for sequence in ready:
            self.at_registration.discard(sequence)
            if sequence in self.given_up:
                passed_over(self.ledger, sequence)
                self.given_up.discard(sequence)
            elif self.ledger.registered(sequence):
                self.handed_on.append(sequence)
                self.ledger.written(sequence)

    @rule(worker=st.sampled_from("ab"))
    def worker_dies(self, worker: str) -> None:
        self.at_worker[worker].clear()
        sequence = self.ledger.worker_lost(worker)
        if sequence is not None:
            self.ledger.quarantine(sequence)
            self.given_up.add(sequence)
            # Registration learns of it and passes over it when its turn comes; here: once the chain is there.
            self.at_registration.add(sequence)

    @rule()
    def registration_dies(self) -> None:
        self.at_registration.clear()
        for held in self.at_worker.values():
            held.clear()
        self.at_registration.update(link.sequence for link in self.ledger.registration_lost())

    @invariant()
    def order_is_kept_and_nothing_comes_twice(self) -> None:
        assert self.handed_on == sorted(set(self.handed_on))
        assert self.ledger.committed <= self.ledger.recorded <= self.offered
        assert self.ledger.under_way - len(self.given_up) <= 4

    def teardown(self) -> None:
        """Left alone, everything that was offered is committed."""
        self.registration_dies()
        while self.writing:
            self.raw_is_durable(0)
        for _ in range(3 * self.offered + 3):
            self.take("a")
            self.invert("a")
            self.register()
        assert self.ledger.committed == self.offered


TestChain = Chain.TestCase
TestChain.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
