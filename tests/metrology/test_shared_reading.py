"""Several go through one movie: each frame is read once, few are kept, and nobody waits for who has left."""

from __future__ import annotations

import threading
from collections import Counter

import numpy as np
import pytest

from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame
from eclips4d.metrology.shared_reading import AHEAD, go_through


class Reader:
    """Counts readings and how many frames are alive at once."""

    def __init__(self, frames: int) -> None:
        self.readings: Counter[int] = Counter()
        self.lock = threading.Lock()
        plane = np.zeros((4, 4), np.float32)
        self.blank = {"row_time_s": np.zeros(4), "height": plane, "slope": np.stack([plane] * 2), "slope_sd": plane}
        self.movie = Movie(Grid((1.0, 1.0)), (4, 4), tuple(range(10, 10 + frames)), self.read, {})

    def read(self, frame: int) -> SurfaceFrame:
        with self.lock:
            self.readings[frame] += 1
        return SurfaceFrame(frame, float(frame), **self.blank)


def numbers(movie: Movie) -> list[int]:
    return [frame.frame for frame in movie]


def test_everyone_sees_every_frame_in_order_and_each_is_read_once() -> None:
    reader = Reader(50)
    found = go_through(reader.movie, dict.fromkeys("abcd", numbers))
    assert all(found[name] == list(range(10, 60)) for name in "abcd")
    assert set(reader.readings.values()) == {1}


def test_the_first_is_never_far_ahead_of_the_last() -> None:
    reader, progress, furthest = Reader(40), {"slow": 0, "fast": 0}, [0]
    gate = threading.Event()

    def fast(movie: Movie) -> None:
        for _ in movie:
            progress["fast"] += 1
            furthest[0] = max(furthest[0], progress["fast"] - progress["slow"])

    def slow(movie: Movie) -> None:
        for _ in movie:
            gate.wait(0.002)
            progress["slow"] += 1

    go_through(reader.movie, {"fast": fast, "slow": slow})
    assert progress == {"slow": 40, "fast": 40}
    # One frame in the hands of the slow one, one that was just counted.
    assert furthest[0] <= AHEAD + 1


def test_who_fails_or_stops_early_holds_nobody_up() -> None:
    reader = Reader(30)

    def failing(movie: Movie) -> None:
        for k, _ in enumerate(movie):
            if k == 3:
                raise ArithmeticError("enough")

    def first_only(movie: Movie) -> int:
        return next(iter(movie)).frame

    found = go_through(reader.movie, {"failing": failing, "first": first_only, "all": numbers})
    assert isinstance(found["failing"], ArithmeticError)
    assert found["first"] == 10
    assert found["all"] == list(range(10, 40))


def test_looks_back_are_readings_of_their_own_and_do_not_disturb() -> None:
    reader = Reader(20)

    def looking_back(movie: Movie) -> list[tuple[int, int]]:
        return [(frame.frame, movie.read(movie.frames[0]).frame) for frame in movie]

    found = go_through(reader.movie, {"back": looking_back, "all": numbers})
    assert found["back"] == [(frame, 10) for frame in range(10, 30)]
    assert found["all"] == list(range(10, 30))
    assert max(count for frame, count in reader.readings.items() if frame != 10) == 1


def test_a_frame_that_cannot_be_read_is_everyones_error() -> None:
    def read(frame: int) -> SurfaceFrame:
        raise OSError(f"frame {frame}")

    movie = Movie(Grid((1.0, 1.0)), (4, 4), (0, 1), read, {})
    found = go_through(movie, {"a": numbers, "b": numbers})
    assert all(isinstance(each, OSError) for each in found.values())


@pytest.mark.parametrize("frames", [0, 1])
def test_short_movies(frames: int) -> None:
    assert go_through(Reader(frames).movie, {"a": numbers}) == {"a": list(range(10, 10 + frames))}
    assert go_through(Reader(frames).movie, {}) == {}
