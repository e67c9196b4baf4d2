"""The accountant against a brute-force account of what was lost, doubled and overtaken."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.acquisition.accountant import FrameAccountant, Gap
from eclips4d.acquisition.fakes import FakeSource, FaultPlan
from eclips4d.core.frame import Frame

FAKE = FakeSource(60, shape=(4, 1, 2), first_frame_id=100)
FRAMES = [FAKE.frame(k) for k in range(60)]


def account(frames: list[Frame], start: int = 0, total: int | None = None) -> tuple[FrameAccountant, list[Frame | Gap]]:
    accountant = FrameAccountant(start)
    out = [item for frame in frames for item in accountant.take(frame)]
    return accountant, [*out, *accountant.finish(total)]


def sequence(item: Frame | Gap) -> int:
    return item.sequence if isinstance(item, Gap) else item.header.sequence


def frame_id(item: Frame | Gap) -> int:
    return item.frame_id if isinstance(item, Gap) else item.header.frame_id


@given(
    lost=st.frozensets(st.integers(0, 39)),
    duplicated=st.frozensets(st.integers(0, 39)),
    overtaken=st.frozensets(st.integers(0, 19).map(lambda k: 2 * k)),
    start=st.integers(0, 30),
)
def test_every_frame_once_every_loss_a_gap(lost, duplicated, overtaken, start) -> None:
    plan = FaultPlan(lost=lost, duplicated=duplicated - overtaken, overtaken=overtaken)
    order = list(plan.order(start, 40))
    accountant, out = account([FRAMES[k] for k in order], start, 40)
    assert [sequence(item) for item in out] == list(range(start, 40))
    got = {item.header.sequence for item in out if isinstance(item, Frame)}
    assert got == set(order)
    assert accountant.duplicates == len(order) - len(got)
    assert accountant.gaps == 40 - start - len(got)
    assert accountant.late == accountant.restarts == 0
    if order:
        assert all(frame_id(item) == 100 + sequence(item) for item in out)


def test_frames_in_order_pass_at_once() -> None:
    accountant = FrameAccountant()
    for frame in FRAMES[:5]:
        assert list(accountant.take(frame)) == [frame]


def test_a_late_frame_is_waited_for_no_longer_than_patience() -> None:
    accountant = FrameAccountant(patience=2)
    assert [sequence(i) for i in accountant.take(FRAMES[0])] == [0]
    assert list(accountant.take(FRAMES[2])) == []
    assert list(accountant.take(FRAMES[3])) == []
    assert [type(i) for i in accountant.take(FRAMES[4])] == [Gap, Frame, Frame, Frame]
    assert list(accountant.take(FRAMES[1])) == []
    assert (accountant.late, accountant.duplicates) == (1, 0)
    assert [sequence(i) for i in accountant.take(FRAMES[5])] == [5]


def test_gaps_stand_between_their_neighbours_in_time() -> None:
    _, out = account([FRAMES[0], FRAMES[4]])
    times = [i.start_s if isinstance(i, Gap) else i.header.start_s for i in out]
    assert times == sorted(times) and len(set(times)) == 5


def renumbered(frame: Frame, number: int) -> Frame:
    return Frame(msgspec.structs.replace(frame.header, frame_id=number), frame.data)


def test_a_counter_that_starts_again_makes_no_gap() -> None:
    again = [renumbered(FRAMES[k], k - 3) for k in (3, 4, 5)]
    accountant, out = account([*FRAMES[:3], *again])
    assert [sequence(i) for i in out] == [0, 1, 2, 3, 4, 5]
    assert all(isinstance(i, Frame) for i in out)
    assert accountant.restarts == 1


def test_one_frame_with_an_absurd_time_hides_no_restart_after_it() -> None:
    late = FRAMES[1].header
    absurd = Frame(msgspec.structs.replace(late, start_s=1e300, end_s=1e300), FRAMES[1].data)
    again = [renumbered(frame, number) for number, frame in enumerate(FRAMES[3:5])]
    accountant, out = account([FRAMES[0], absurd, FRAMES[2], *again])
    assert [sequence(i) for i in out] == [0, 1, 2, 3, 4]
    assert (accountant.restarts, accountant.duplicates) == (1, 0)


def test_an_absurd_jump_makes_no_absurd_number_of_gaps() -> None:
    accountant, out = account([FRAMES[0], renumbered(FRAMES[1], 2**60), renumbered(FRAMES[2], 2**60 + 1)])
    assert [sequence(i) for i in out] == [0, 1, 2]
    assert (accountant.restarts, accountant.gaps) == (1, 0)


def test_a_source_that_never_gave_a_frame_is_all_gaps() -> None:
    _, out = account([], 2, 5)
    assert [sequence(i) for i in out] == [2, 3, 4]
