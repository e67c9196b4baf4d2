"""Does a source keep the contract? Ships with the package, so that an adapter written elsewhere can be checked too.

>>> from eclips4d.acquisition.conformance import check_source
>>> from eclips4d.acquisition.fakes import FakeSource
>>> check_source(lambda: FakeSource(5))
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from itertools import islice, pairwise
from typing import TypeAlias

from eclips4d.acquisition.accountant import FrameAccountant
from eclips4d.acquisition.source import Source
from eclips4d.acquisition.strips import Strips, StripSource
from eclips4d.core.errors import EclipsError
from eclips4d.core.frame import Frame, FrameHeader, RawArray
from eclips4d.core.instrument import parse_instrument

MakeSource: TypeAlias = Callable[[], Source]
HANG_S = 60.0
"""A thread that has not ended by then never will."""
SAMPLE_FRAMES = 6


class ConformanceError(EclipsError, AssertionError):
    """A source breaks the contract."""


def check_source(make_source: MakeSource) -> None:
    """Run every check of `CHECKS`.

    Parameters
    ----------
    make_source
        Opens the same source anew; it should give at least two frames, soon.

    Raises
    ------
    ConformanceError
        Naming the check and what was seen.
    """
    for check in CHECKS.values():
        check(make_source)


def info_is_complete(make_source: MakeSource) -> None:
    """Every field is filled, the instrument parses and has the stated fingerprint, one azimuth per segment."""
    with make_source() as source:
        info = source.info
        for name in ("kind", "address", "identity", "instrument_toml", "instrument", "start_utc"):
            _require(bool(getattr(info, name)), f"info.{name} is empty")
        instrument = parse_instrument(info.instrument_toml, info.address)
        _require(instrument.fingerprint == info.instrument, "info.instrument is not the fingerprint of its text")
        _require(instrument.segments == len(info.segments) == info.shape[0], "segments, azimuths and shape differ")
        _require(len(set(info.segments)) == len(info.segments), "two segments have one name")
        _require(info.frames is None or info.frames > 0, "info.frames is neither positive nor None")


def headers_fit_info(make_source: MakeSource) -> None:
    """Each frame's header says what `info` says, and its side values have units."""
    with make_source() as source:
        info = source.info
        for frame in _sample(source):
            header = frame.header
            _require(
                (header.segments, header.dtype, header.shape, header.instrument)
                == (info.segments, info.dtype, info.shape, info.instrument),
                f"{header.label}: header and info differ",
            )
            missing = set(header.side) - set(info.side_units)
            _require(not missing, f"{header.label}: side values without unit: {sorted(missing)}")


def order_is_kept(make_source: MakeSource) -> None:
    """Sequence, hardware number and start time tell one order, in which the frames can be put again as they come."""
    with make_source() as source:
        frames = _sample(source)
    _require(len(frames) > 0, "no frame came")
    by_number = {frame.header.frame_id: frame.header for frame in frames}
    for one, two in pairwise(by_number[number] for number in sorted(by_number)):
        _require(two.sequence > one.sequence, f"{two.label} has the hardware number after that of {one.label}")
        _require(two.start_s > one.start_s, f"{two.label} starts at {two.start_s}, {one.label} at {one.start_s}")
    accountant = FrameAccountant()
    for frame in frames:
        for _item in accountant.take(frame):
            pass
    _require(accountant.late + accountant.restarts == 0, "a frame comes too long after those that follow it")
    _require(accountant.duplicates == len(frames) - len(by_number), "a frame comes after those that follow it")


def pixels_are_safe(make_source: MakeSource) -> None:
    """Pixels are C-contiguous and cannot be written to."""
    with make_source() as source:
        for frame in _sample(source):
            _require(frame.data.flags.c_contiguous, f"{frame.header.label} is not C-contiguous")
            _require(not frame.data.flags.writeable, f"{frame.header.label} can be written to")


def start_skips(make_source: MakeSource) -> None:
    """`frames(start=k)` gives what is left after leaving out every sequence below k; of what is pushed, what comes
    from now on as k, k + 1, …, for as long as nothing is lost.
    """
    with make_source() as source:
        pushed = source.info.pushed
        if pushed:
            _numbers_from(source)
    if pushed:
        return
    whole = _opened_sample(make_source, 0)
    for k in {1, len(whole) - 1}:
        wanted = [frame for frame in whole if frame.header.sequence >= k]
        _same(wanted, _opened_sample(make_source, k, len(wanted)), f"frames(start={k})")


def opens_alike(make_source: MakeSource) -> None:
    """Opened twice, it gives the same bytes under the same identity; what is pushed, frames of the same layout."""
    with make_source() as one:
        first = one.info
    with make_source() as two:
        second = two.info
    for name in ("kind", "identity", "segments", "dtype", "shape", "instrument", "side_units", "pushed"):
        _require(getattr(first, name) == getattr(second, name), f"two openings have different {name}")
    if first.pushed:
        return
    _same(_opened_sample(make_source, 0), _opened_sample(make_source, 0), "a second opening")


def stops_promptly(make_source: MakeSource) -> None:
    """`stop` from another thread ends an iteration, and later ones give nothing."""
    with make_source() as source:
        begun = threading.Event()

        def iterate() -> None:
            begun.set()
            for _frame in source.frames():
                pass

        thread = threading.Thread(target=iterate, name="conformance")
        thread.start()
        begun.wait()
        source.stop()
        thread.join(HANG_S)
        _require(not thread.is_alive(), "the iteration went on after stop()")
        _require(not list(source.frames()), "a stopped source gave a frame")


def closes_twice(make_source: MakeSource) -> None:
    """`close` may be called again, in the middle of an iteration too, and leaves no thread."""
    before = set(threading.enumerate())
    source = make_source()
    with closing(closable(source.frames())) as frames:
        next(frames, None)
        source.close()
        source.close()
    left = {thread.name for thread in set(threading.enumerate()) - before if thread.is_alive()}
    _require(not left, f"threads are left after close(): {sorted(left)}")


def health_counts(make_source: MakeSource) -> None:
    """`health` counts the frames that were handed out and knows how it ended."""
    with make_source() as source:
        _require(source.health().delivered == 0, "frames were delivered before the first was asked for")
        taken = len(_sample(source))
        _require(source.health().delivered == taken, f"{taken} frames came, health says {source.health().delivered}")
        source.stop()
        list(source.frames())
        _require(source.health().state == "stopped", f"a stopped source says it is {source.health().state}")


def strips_are_parts_of_frames(make_source: MakeSource) -> None:
    """Strips, where a source has them, are the first rows of the frame that comes next, ever more of them."""
    with make_source() as source:
        if not isinstance(source, StripSource):
            return
        strips: list[tuple[FrameHeader, RawArray]] = []
        source.give_strips(Strips(4, lambda header, raw: strips.append((header, raw))))
        frames = {frame.header.sequence: frame for frame in _sample(source)}
        rows = source.info.shape[1]
    for (one, before), (two, after) in pairwise(strips):
        _require(one != two or before.shape[1] < after.shape[1], f"{two.label}: a strip brings no new rows")
    for header, raw in strips:
        _require(0 < raw.shape[1] < rows, f"{header.label}: a strip is no part of a frame")
        whole = frames.get(header.sequence)
        same = whole is None or bool((whole.data[:, : raw.shape[1]] == raw).all())
        _require(same, f"{header.label}: its first rows are not those of its strips")


CHECKS: Mapping[str, Callable[[MakeSource], None]] = {
    check.__name__: check
    for check in (
        info_is_complete,
        headers_fit_info,
        order_is_kept,
        pixels_are_safe,
        start_skips,
        opens_alike,
        stops_promptly,
        closes_twice,
        health_counts,
        strips_are_parts_of_frames,
    )
}
"""All checks by name; a test may run them one by one."""


def _require(kept: bool, broken: str) -> None:
    if not kept:
        raise ConformanceError(broken)


def _numbers_from(source: Source) -> None:
    newest_s = -math.inf
    for start in (0, 1, 7):
        headers = [frame.header for frame in _sample(source, start, 3)]
        _require(len(headers) > 0, f"frames(start={start}) gives nothing")
        _require(headers[0].sequence == start, f"frames(start={start}) begins with {headers[0].label}")
        _require(headers[0].start_s > newest_s, f"{headers[0].label} starts at {headers[0].start_s}, before {newest_s}")
        newest_s = headers[-1].start_s


def _sample(source: Source, start: int = 0, count: int = SAMPLE_FRAMES) -> list[Frame]:
    with closing(closable(source.frames(start))) as frames:
        return list(islice(frames, count))


def _opened_sample(make_source: MakeSource, start: int, count: int = SAMPLE_FRAMES) -> list[Frame]:
    with make_source() as source:
        return _sample(source, start, count)


def closable(frames: Iterator[Frame]) -> Generator[Frame, None, None]:
    """Frames of whatever iterator a source returns, with a `close` that reaches it."""
    try:
        yield from frames
    finally:
        close = getattr(frames, "close", None)
        if close is not None:
            close()


def _same(wanted: list[Frame], got: list[Frame], what: str) -> None:
    _require(len(wanted) == len(got), f"{what}: {len(got)} frames instead of {len(wanted)}")
    for one, two in zip(wanted, got, strict=True):
        _require(one.header == two.header, f"{what}: header of {one.header.label} differs")
        _require(one.data.tobytes() == two.data.tobytes(), f"{what}: pixels of {one.header.label} differ")
