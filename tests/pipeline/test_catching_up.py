"""Which frames are made up for next, held against what a live run over the same frames would have taken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.core.results import Status
from eclips4d.pipeline.catching_up import Pass, next_pass

DONE, GAP, BAD, LATE = (int(s) for s in (Status.DONE, Status.GAP, Status.QUARANTINED, Status.DEFERRED))
MADE = LATE | DONE


def passed(statuses: list[int], known: dict[int, bytes]) -> Pass:
    deferred = {s for s, bits in enumerate(statuses) if bits == LATE}
    return next_pass(np.array(statuses, np.uint8), deferred, known)


def test_a_run_of_deferred_frames_ends_at_a_frame_with_results() -> None:
    assert passed([DONE, LATE, LATE, DONE, LATE], {1: b"a", 4: b"b"}) == Pass((1, 2), b"a")


@pytest.mark.parametrize("useless", [GAP, BAD, BAD | LATE])
def test_frames_that_were_lost_or_given_up_do_not_end_a_run(useless: int) -> None:
    assert passed([LATE, useless, LATE, useless, useless, LATE], {0: b""}) == Pass((0, 2, 5), goes_on=True)


def test_a_run_that_nothing_comes_before_begins_as_registration_does() -> None:
    assert passed([GAP, BAD, LATE, LATE], {}) == Pass((2, 3), goes_on=True)


def test_where_the_state_is_not_known_registration_follows_from_the_first_frame_on() -> None:
    assert passed([DONE, BAD, MADE, LATE, DONE, LATE], {5: b"a"}) == Pass((0, 2, 3), anew=True)


def test_results_written_out_of_order_leave_what_is_left_with_its_states() -> None:
    left = [MADE, LATE, MADE, MADE, LATE, LATE]
    assert passed(left, {1: b"a", 2: b"b", 4: b"d"}) == Pass((1,), b"a")
    left[1] = MADE
    assert passed(left, {4: b"d"}) == Pass((4, 5), b"d", goes_on=True)


def test_a_frame_is_followed_by_the_next_of_its_pass() -> None:
    once = Pass((2, 3, 7))
    assert [once.after(s) for s in (2, 3, 5, 7, 8)] == [3, 7, 7, None, None]
    assert Pass().after(0) is None


@given(
    statuses=st.lists(st.sampled_from([LATE, GAP, BAD]), min_size=1, max_size=12).filter(lambda bits: LATE in bits),
    cuts=st.lists(st.integers(0, 12)),
)
def test_passes_that_are_cut_off_take_what_one_pass_takes_from_where_it_was(
    statuses: list[int], cuts: list[int]
) -> None:
    """A state is here the tuple of frames that registration has taken, as bytes."""
    whole = bytes(s for s, bits in enumerate(statuses) if bits == LATE)
    taken: dict[int, bytes] = {}
    known: dict[int, bytes] = {}
    for cut in [*cuts, 99]:
        if LATE not in statuses:
            break
        once = passed(statuses, known)
        assert not once.anew
        state = once.state
        for sequence in once.frames[:cut]:
            known.pop(sequence, None)
            taken[sequence] = state
            state += bytes([sequence])
            if (following := once.after(sequence)) is not None:
                known[following] = state
            statuses[sequence] = MADE
    assert taken == {s: whole[:place] for place, s in enumerate(whole)}
