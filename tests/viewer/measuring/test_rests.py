"""Rests in proportion to work."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.viewer.measuring.rests import ENDED, LIVE, Rests, Work


@given(st.lists(st.tuples(st.sampled_from(list(Work)), st.floats(0.001, 5.0), st.booleans()), max_size=20))
def test_no_kind_takes_more_than_its_share_of_time(pieces):
    now = [0.0]
    rests = Rests(lambda: now[0])
    for kind, took, live in pieces:
        now[0] += rests.left(kind)
        assert rests.left(kind) == pytest.approx(0.0, abs=1e-9)
        rests.begin()
        now[0] += took
        rests.end(kind, live=live)
        assert rests.left(kind) == pytest.approx((LIVE if live else ENDED) * took)


def test_one_kind_does_not_wait_for_the_rest_of_another():
    now = [0.0]
    rests = Rests(lambda: now[0])
    rests.begin()
    now[0] = 1.0
    rests.end(Work.READING, live=True)
    assert rests.left(Work.LINES) == 0.0 and rests.left(Work.READING) == pytest.approx(LIVE)


def test_a_hold_never_shortens_a_rest():
    now = [0.0]
    rests = Rests(lambda: now[0])
    rests.hold(Work.LINES, 2.0)
    rests.hold(Work.LINES, 1.0)
    rests.begin()
    rests.end(Work.LINES, live=True)
    assert rests.left(Work.LINES) == 2.0
