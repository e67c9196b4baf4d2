"""A stage's life, told to a state machine: nothing runs, no clock ticks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eclips4d.core.pulse import Beat
from eclips4d.pipeline.lifecycle import LET_GO_S, MOST_DEATHS, WITHIN_S, Lifecycle, Order, Seen, State


def well(**changed: object) -> Seen:
    said = {"exit_code": None, "heard_s": 0.2, "beat": Beat(age_s=0.1, ready=True)} | changed
    return Seen(**said)  # type: ignore[arg-type]


def test_it_starts_works_and_ends_with_its_run() -> None:
    life = Lifecycle("inference-0")
    assert life.step(0.0, Seen(None, 0.0)) is Order.NOTHING
    assert life.state is State.STARTING
    life.step(1.0, well(beat=Beat(age_s=9.0)))
    assert life.state is State.STARTING, "compiling is not being stuck"
    life.step(2.0, well())
    assert life.state is State.WORKING
    life.step(3.0, well(exit_code=0), over=True)
    assert life.state is State.ENDED
    assert not life.may_come_back


def test_what_dies_is_started_again_after_a_pause_that_grows() -> None:
    life = Lifecycle("registration")
    pauses, now = [], 0.0
    for _ in range(MOST_DEATHS - 1):
        assert life.step(now, well(exit_code=-9)) is Order.NOTHING
        assert (life.state, life.why) == (State.RESTARTING, "killed by signal 9")
        died = now
        while life.step(now, well(exit_code=-9)) is not Order.START:
            now += 0.05
        pauses.append(now - died)
        assert life.state is State.STARTING
    assert pauses == sorted(pauses) and pauses[-1] > pauses[0]
    life.step(now, well(exit_code=-9))
    assert life.state is State.GIVEN_UP
    assert life.step(now + 1e6, well(exit_code=-9)) is Order.NOTHING


def test_deaths_of_long_ago_are_forgiven() -> None:
    life, now = Lifecycle("registration"), 0.0
    for _ in range(4 * MOST_DEATHS):
        life.step(now, well(exit_code=1))
        assert life.state is State.RESTARTING
        now += WITHIN_S
        assert life.step(now, well()) is Order.START


def test_a_process_that_says_nothing_is_shown_first_and_killed_when_patience_is_over() -> None:
    life = Lifecycle("inference-0", patience_s=60.0)
    life.step(0.0, well())
    assert life.step(20.0, well(heard_s=20.0)) is Order.NOTHING
    assert life.state is State.SILENT
    life.step(21.0, well())
    assert life.state is State.WORKING, "it was only slow"
    assert life.step(90.0, well(heard_s=61.0)) is Order.KILL
    life.step(90.1, well(exit_code=-9))
    assert life.state is State.RESTARTING
    assert "stuck" in life.why


def test_a_loop_that_does_not_turn_is_stuck_though_its_heart_beats() -> None:
    life = Lifecycle("inference-0", patience_s=60.0)
    assert life.step(70.0, well(beat=Beat(age_s=70.0, ready=True, sequence=7))) is Order.KILL
    life.step(70.1, well(exit_code=-9))
    assert "on frame 7" in str(life)


def test_more_patience_with_who_holds_frames_in_memory() -> None:
    assert Lifecycle("acquisition", 60.0).step(0.0, well(heard_s=200.0)) is Order.NOTHING
    assert Lifecycle("storage", 60.0).step(0.0, well(heard_s=100.0)) is Order.NOTHING
    assert Lifecycle("registration", 60.0).step(0.0, well(heard_s=100.0)) is Order.KILL


def test_who_leaves_in_peace_before_the_end_is_missed() -> None:
    life = Lifecycle("inference-0")
    life.step(0.0, well())
    life.step(0.1, well(exit_code=0))
    assert life.state is State.WORKING, "it may have been let go: nothing is said yet"
    life.step(0.2 + LET_GO_S, well(exit_code=0))
    assert (life.state, life.why) == (State.RESTARTING, "ended before the run did")
    life.step(0.3 + LET_GO_S, well(exit_code=0), over=True)
    assert life.state is State.ENDED, "the run was over, as is known now"


def test_who_is_let_go_at_the_end_never_seems_to_restart() -> None:
    life = Lifecycle("acquisition")
    life.step(0.0, well())
    life.step(0.1, well(exit_code=0))
    life.step(0.2, well(exit_code=0), over=True)
    assert (life.state, life.deaths) == (State.ENDED, [])


@given(
    st.lists(
        st.tuples(
            st.floats(0, 100), st.sampled_from([None, None, None, 0, 1, -9]), st.floats(0, 500), st.floats(0, 500)
        ),
        max_size=40,
    )
)
def test_it_is_never_killed_twice_nor_started_while_it_runs(
    steps: list[tuple[float, int | None, float, float]],
) -> None:
    life, now, runs = Lifecycle("inference-0"), 0.0, True
    for pause, code, heard, age in steps:
        now += pause
        seen = Seen(code if runs else -9, heard, Beat(age_s=age, ready=True))
        order = life.step(now, seen)
        runs = runs and seen.exit_code is None
        if order is Order.START:
            assert not runs
            runs = True
        if order is Order.KILL:
            assert runs
            runs = False
        if life.state is State.GIVEN_UP:
            assert len(life.deaths) >= MOST_DEATHS
