"""Files that settle in any order become frames in order; with a clock that the test moves."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.acquisition.naming import Pattern
from eclips4d.acquisition.watch.gathering import Gathered, Gathering, GivenUp
from eclips4d.acquisition.watch.settling import Settling, Stamp

PATTERN = Pattern("{segment}_{frame}.tif")
SEGMENTS = ("A", "B", "C")
SETTLE_S, GAP_S = 1.0, 10.0


def gathering(whole=lambda name: True, next_number: int = 0) -> Gathering:
    return Gathering(PATTERN, SEGMENTS, next_number, Settling(SETTLE_S), GAP_S, whole)


def run(made: Gathering, arrivals: dict[str, float], until_s: float) -> list[Gathered | GivenUp]:
    """A look every half second at the files that have arrived by then."""
    seen: list[Gathered | GivenUp] = []
    for k in range(int(until_s * 2) + 1):
        now_s = k / 2
        files = {name: Stamp(100, 1) for name, at in arrivals.items() if at <= now_s and name not in made.done}
        seen += made.look(files, now_s)
    return seen


def files_of(frames: int) -> Iterator[str]:
    return (f"{s}_{f}.tif" for f, s in itertools.product(range(frames), SEGMENTS))


@settings(max_examples=60)
@given(delays=st.lists(st.floats(0.0, GAP_S - 1.0), min_size=12, max_size=12))
def test_any_order_within_the_patience_loses_nothing(delays: list[float]) -> None:
    arrivals = dict(zip(files_of(4), delays, strict=True))
    seen = run(gathering(), arrivals, 30.0)
    assert [item.number for item in seen] == [0, 1, 2, 3]
    assert all(isinstance(item, Gathered) and set(item.files) == set(SEGMENTS) for item in seen)


@settings(max_examples=60)
@given(lacking=st.sets(st.sampled_from(sorted(files_of(5))), max_size=6))
def test_what_never_comes_is_given_up_and_nothing_else(lacking: set[str]) -> None:
    arrivals = {name: 0.0 for name in [*files_of(5), "A_5.tif", "B_5.tif", "C_5.tif"] if name not in lacking}
    seen = run(gathering(), arrivals, 100.0)
    assert [item.number for item in seen] == [0, 1, 2, 3, 4, 5]
    for item in seen:
        missing = {name[0] for name in lacking if name[2] == str(item.number)}
        assert isinstance(item, GivenUp) == bool(missing)
        if isinstance(item, GivenUp):
            assert set(item.missing) == missing and item.broken == ()


def test_a_file_that_grows_is_waited_for() -> None:
    made, stamps = gathering(), itertools.count(1)
    growing = {"A_0.tif": Stamp(1, 1), "B_0.tif": Stamp(1, 1)}
    for now_s in (0.0, 0.9, 1.8, 2.7, 3.6):
        assert not list(made.look(growing | {"C_0.tif": Stamp(next(stamps), 1)}, now_s))
    assert not list(made.look(growing | {"C_0.tif": Stamp(5, 1)}, 4.5))
    assert [item.number for item in made.look(growing | {"C_0.tif": Stamp(5, 1)}, 4.7)] == [0]


def test_an_empty_file_is_not_there() -> None:
    made = gathering()
    files = {"A_0.tif": Stamp(0, 1), "B_0.tif": Stamp(9, 1), "C_0.tif": Stamp(9, 1)}
    assert not list(made.look(files, 0.0)) and not list(made.look(files, 100.0))


def test_a_broken_file_is_asked_again_when_it_changes() -> None:
    asked: list[str] = []
    good: set[str] = {"A_0.tif", "C_0.tif"}

    def whole(name: str) -> bool:
        asked.append(name)
        return name in good

    made = gathering(whole)
    files = {name: Stamp(9, 1) for name in ("A_0.tif", "B_0.tif", "C_0.tif")}
    for now_s in (0.0, 2.0, 4.0):
        assert not list(made.look(files, now_s))
    assert sorted(asked) == ["A_0.tif", "B_0.tif", "C_0.tif"]
    good.add("B_0.tif")
    files["B_0.tif"] = Stamp(10, 2)
    assert not list(made.look(files, 5.0))
    assert [item.number for item in made.look(files, 6.0)] == [0]


def test_a_file_that_stays_broken_is_told() -> None:
    arrivals = dict.fromkeys(files_of(2), 0.0)
    seen = run(gathering(lambda name: name != "B_0.tif"), arrivals, 20.0)
    assert seen[0] == GivenUp(0, (), ("B_0.tif",)) and seen[1].number == 1


def test_earlier_frames_and_other_files_are_passed_over() -> None:
    arrivals = dict.fromkeys([*files_of(3), "D_0.tif", "overview.tif"], 0.0)
    made = gathering(next_number=2)
    assert [item.number for item in run(made, arrivals, 3.0)] == [2]
    assert "overview.tif" in made.done and "A_0.tif" in made.done


def test_at_the_end_nothing_is_waited_for() -> None:
    made = gathering()
    files = {name: Stamp(9, 1) for name in files_of(3) if name not in ("A_1.tif", "B_2.tif")}
    list(made.look(files, 0.0))
    seen = [*made.look(files, 0.5), *made.look(files, 1.5, last=True)]
    assert [(type(item), item.number) for item in seen] == [(Gathered, 0), (GivenUp, 1), (GivenUp, 2)]
