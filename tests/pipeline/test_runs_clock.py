from __future__ import annotations

import msgspec
import pytest

from eclips4d.acquisition.fakes import FakeSource
from eclips4d.acquisition.ring import SenderRing
from eclips4d.pipeline.runs_clock import later, seconds_after
from eclips4d.pipeline.taker import Taker

FAKE = FakeSource(3)
BEGUN = msgspec.structs.replace(FAKE.info, frames=None, can_wait=False, pushed=True)
"""At midnight."""


def opened(start_utc: str):
    return msgspec.structs.replace(BEGUN, start_utc=start_utc)


@pytest.mark.parametrize(
    ("start_utc", "seconds"),
    [
        ("2026-01-01T00:01:30+00:00", 90.0),
        ("2026-01-01T01:01:30.5+01:00", 90.5),
        ("2025-12-31T23:00:00+00:00", 0.0),  # a clock that was set back
        ("2026-01-01T00:01:30", 0.0),
        ("yesterday", 0.0),
    ],
)
def test_times_of_a_source_opened_again_count_from_the_runs_beginning(start_utc: str, seconds: float) -> None:
    assert seconds_after(opened(start_utc), BEGUN) == seconds


def test_frames_that_are_read_again_have_their_times() -> None:
    again = msgspec.structs.replace(opened("2026-01-01T00:01:30+00:00"), pushed=False)
    assert seconds_after(again, BEGUN) == seconds_after(opened("2026-01-01T00:01:30+00:00"), None) == 0.0


def test_both_times_are_put_off() -> None:
    frame = FAKE.frame(1)
    header = later(frame, 90.0).header
    assert (header.start_s - frame.header.start_s, header.end_s - frame.header.end_s) == (90.0, 90.0)
    assert later(frame, 0.0) is frame


def test_what_goes_to_the_store_is_on_the_runs_clock(tmp_path) -> None:
    ring = SenderRing(1 << 20, 1 << 20, tmp_path / "frames")
    taker = Taker(FakeSource(3), ring, 1, lambda: None, later_s=90.0)
    taker.wait()
    held = [ring.next_unsent().header for _ in range(2)]
    taker.join()
    assert [(header.sequence, round(header.start_s, 9)) for header in held] == [(1, 90.01), (2, 90.02)]
