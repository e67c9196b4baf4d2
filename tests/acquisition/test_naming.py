"""Which segment and frame a file name tells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.acquisition.naming import Pattern, Place, guess_pattern
from eclips4d.core.errors import InputError


@pytest.mark.parametrize(
    ("pattern", "name", "place"),
    [
        ("BSE_{segment}_{frame}.tif", "BSE_NE_0012.tif", Place(12, "NE")),
        ("BSE_{segment}_{frame}.tif", "BSE_NE_0012.TIF", Place(12, "NE")),
        ("BSE_{segment}_{frame}.tif", "BSE_NE_.tif", None),
        ("BSE_{segment}_{frame}.tif", "XBSE_NE_1.tif", None),
        ("*_{frame}_{segment}.tif", "2026-11-30_7_A.tif", Place(7, "A")),
        ("{segment}{frame}_*.tif", "A7_10kV.tif", Place(7, "A")),
        ("{frame}.tif", "0003.tif", Place(3, "")),
        ("{segment}.tif", "A.tif", Place(0, "A")),
        ("(x)_{frame}.tif", "(x)_4.tif", Place(4, "")),
        ("{frame}.tif", "1234567890123456789012.tif", None),
    ],
)
def test_place(pattern: str, name: str, place: Place | None) -> None:
    assert Pattern(pattern).place(name) == place


@pytest.mark.parametrize("text", ["all.tif", "{frame}_{frame}.tif", "{segment}_{number}.tif", "{}.tif", ""])
def test_patterns_that_tell_nothing_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="pattern"):
        Pattern(text)


FORMS = ["{s}_{f:04d}.tif", "BSE_{s}_{f}.tif", "{f:03d}-{s}.tif", "BSE{s}_{f:05d}.tif", "10kV {s} {f:02d} x2.tif"]


@given(
    form=st.sampled_from(FORMS),
    segments=st.sampled_from([("A", "B", "C", "D"), ("NE", "NW", "SW"), ("1", "2", "3", "4")]),
    first=st.integers(0, 90),
    frames=st.integers(2, 9).filter(lambda n: n not in (3, 4)),
)
def test_a_guess_puts_every_file_in_its_place(form: str, segments: tuple[str, ...], first: int, frames: int) -> None:
    places = {form.format(s=s, f=f): (f, s) for f in range(first, first + frames) for s in segments}
    pattern = guess_pattern(list(places), len(segments))
    assert pattern is not None
    for name, (frame, segment) in places.items():
        place = pattern.place(name)
        assert place is not None and place.frame == frame and place.segment.endswith(segment)


def test_one_frame_takes_its_last_number() -> None:
    assert guess_pattern(["s1_A_007.tif", "s1_B_007.tif", "s1_C_007.tif"], 3) == Pattern("s1_{segment}_{frame}.tif")


def test_whole_frames() -> None:
    assert guess_pattern(["shot_1.tif", "shot_2.tif"], 1) == Pattern("shot_{frame}.tif")


@pytest.mark.parametrize(
    "names", [[], ["a.tif", "b_1.tif"], ["A.tif", "B.tif"], ["1_1.tif", "2_2.tif", "3_3.tif"], ["A_1.tif", "B_1.png"]]
)
def test_what_does_not_tell_is_not_guessed(names: list[str]) -> None:
    assert guess_pattern(names, 3) is None


@given(names=st.lists(st.text(max_size=20), max_size=6), segments=st.integers(1, 5))
def test_any_names(names: list[str], segments: int) -> None:
    pattern = guess_pattern(names, segments)
    assert pattern is None or isinstance(pattern, Pattern)
