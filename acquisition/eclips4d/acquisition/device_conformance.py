"""Does the source of an instrument keep its promises when things go wrong? For adapters whose other end can be faked.

>>> check_device(lambda: open_source(address), {"break": fake.break_connection})  # doctest: +SKIP
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from threading import Event
from typing import TypeAlias

from eclips4d.acquisition.accountant import FrameAccountant, Gap
from eclips4d.acquisition.conformance import HANG_S, ConformanceError, MakeSource, closable
from eclips4d.acquisition.deliveries import BUFFERED_FRAMES
from eclips4d.acquisition.source import Health, Source
from eclips4d.core.frame import Frame

Provoke: TypeAlias = Callable[[], None]
"""Makes something happen to a frame that is still to come."""

PROVOCATIONS: Mapping[str, str] = {
    "gap": "a frame is never sent, and the instrument's numbers tell",
    "damage": "a frame is sent, but not whole",
    "garbage": "bytes come that are nothing of the protocol",
    "break": "the connection is closed; the instrument goes on and can be reached again",
    "anew": "the instrument's numbers begin anew",
}
"""What a fake may be able to do; what is no part of a protocol is left out."""
BEFORE, AFTER = 2, 40
"""Frames before something happens, and at most until it has shown."""
CLOCK_S = 1.0
"""By which the clocks of an instrument and of this computer may differ within a check."""


def check_device(make_source: MakeSource, provocations: Mapping[str, Provoke]) -> None:
    """Run every check of `DEVICE_CHECKS` that these provocations allow, beside those of `conformance.check_source`.

    Parameters
    ----------
    make_source
        Opens the same instrument anew; it should give some frames a second.
    provocations
        By the words of `PROVOCATIONS`.

    Raises
    ------
    ConformanceError
        Naming what was seen.
    """
    for name, check in DEVICE_CHECKS.items():
        provoke = provocations.get(NEEDS.get(name, ""), _nothing)
        if name not in NEEDS or NEEDS[name] in provocations:
            check(make_source, provoke)


def times_are_the_clocks(make_source: MakeSource, _provoke: Provoke) -> None:
    """`start_s` counts from `start_utc`: no frame comes before it was taken, none long after."""
    with make_source() as source, closing(closable(source.frames())) as frames:
        begun = datetime.fromisoformat(source.info.start_utc)
        for frame in islice(frames, BEFORE):
            now_s = (datetime.now(UTC) - begun).total_seconds()
            end_s = frame.header.end_s
            _require(end_s <= now_s + CLOCK_S, f"{frame.header.label} ended at {end_s} s, it is {now_s} s now")


def a_busy_reader_loses_only_what_is_counted(make_source: MakeSource, _provoke: Provoke) -> None:
    """While nobody takes frames the source goes on; what it had to let go is in `health`, and the rest in order."""
    with make_source() as source, closing(_accounted(source)) as items:
        taken = [next(items)]
        pause = Event()
        for _ in range(round(HANG_S / 0.01)):
            if source.health().lost:
                break
            pause.wait(0.01)
        _require(source.health().lost > 0, "a source that nobody reads lost nothing; it waits, or keeps without end")
        taken += islice(items, 2 * AFTER)
        gaps = sum(isinstance(item, Gap) for item in taken)
        _require(gaps > 0, "frames were let go, but the numbers of those that came have no hole")


def a_gap_is_seen(make_source: MakeSource, provoke: Provoke) -> None:
    """A frame that was never sent is a gap under its own number, and nothing else."""
    health = _until(make_source, provoke, lambda item, _: isinstance(item, Gap), "the missing frame is no gap")
    _require(health.damaged == 0, "a frame that never came is counted as damaged")


def damage_is_counted(make_source: MakeSource, provoke: Provoke) -> None:
    """A frame that is not whole is counted and never handed out."""
    health = _until(make_source, provoke, lambda _, health: health.damaged > 0, "damage is not counted")
    _require(health.lost >= health.damaged, "damaged frames are not among the lost ones")


def garbage_is_survived(make_source: MakeSource, provoke: Provoke) -> None:
    """After bytes that mean nothing, frames come as before."""
    _until(make_source, provoke, _never, "")


def a_break_is_mended(make_source: MakeSource, provoke: Provoke) -> None:
    """A broken connection is made again, which is counted, and frames go on under higher sequences."""
    health = _until(make_source, provoke, lambda _, health: health.reconnections > 0, "no reconnection is counted")
    _require(health.reconnections == 1, f"{health.reconnections} reconnections are counted instead of one")


def numbers_may_begin_anew(make_source: MakeSource, provoke: Provoke) -> None:
    """A counter that begins anew costs no frame."""
    health = _until(make_source, provoke, _never, "")
    _require(health.lost == 0, "frames were lost when the numbers began anew")


DEVICE_CHECKS: Mapping[str, Callable[[MakeSource, Provoke], None]] = {
    check.__name__: check
    for check in (
        times_are_the_clocks,
        a_busy_reader_loses_only_what_is_counted,
        a_gap_is_seen,
        damage_is_counted,
        garbage_is_survived,
        a_break_is_mended,
        numbers_may_begin_anew,
    )
}
"""All checks by name; a test may run them one by one."""
NEEDS: Mapping[str, str] = {
    "a_gap_is_seen": "gap",
    "damage_is_counted": "damage",
    "garbage_is_survived": "garbage",
    "a_break_is_mended": "break",
    "numbers_may_begin_anew": "anew",
}
"""Which provocation a check needs; those that are not listed need none."""


def _until(
    make_source: MakeSource, provoke: Provoke, shown: Callable[[Frame | Gap, Health], bool], missing: str
) -> Health:
    """Provoke, and look at frames and gaps until it has shown; all of them must be in order, and none come twice.

    Without `missing` nothing need show, and all `AFTER` frames must come.
    """
    with make_source() as source, closing(_accounted(source)) as items:
        last_s = max(map(_start_s, islice(items, BEFORE)), default=-math.inf)
        provoke()
        left = AFTER
        while left and (item := next(items, None)) is not None:
            start_s = _start_s(item)
            _require(start_s > last_s, f"time goes back from {last_s} s to {start_s} s")
            last_s = start_s
            left -= isinstance(item, Frame)
            if missing and shown(item, source.health()):
                missing, left = "", BUFFERED_FRAMES  # what comes after it must be in order too
        _require(not missing, missing)
        _require(left == 0, "the frames ended")
        return source.health()


def _accounted(source: Source) -> Generator[Frame | Gap, None, None]:
    """What reaches the store: refuses duplicates and frames that come too late."""
    accountant = FrameAccountant()
    with closing(closable(source.frames())) as frames:
        for frame in frames:
            yield from accountant.take(frame)
            _require(accountant.duplicates + accountant.late == 0, f"{frame.header.label} came twice, or too late")


def _start_s(item: Frame | Gap) -> float:
    return item.start_s if isinstance(item, Gap) else item.header.start_s


def _never(_item: Frame | Gap, _health: Health) -> bool:
    return False


def _nothing() -> None:
    return None


def _require(kept: bool, broken: str) -> None:
    if not kept:
        raise ConformanceError(broken)
