from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import msgspec
import pytest

from eclips4d.acquisition.conformance import CHECKS, ConformanceError
from eclips4d.acquisition.device_source import DeviceSource, Loss, RunClock
from eclips4d.acquisition.fakes import FakeSource
from eclips4d.acquisition.numbering import Numbering
from eclips4d.acquisition.reconnecting import reconnecting
from eclips4d.core.errors import InputError, SourceError, WireError
from eclips4d.core.frame import Frame

FAKE = FakeSource(10_000)
INFO = msgspec.structs.replace(FAKE.info, frames=None, can_wait=False, pushed=True)


def device(receive, **options) -> DeviceSource:
    return DeviceSource(INFO, receive, **options)


def endless(first_number: int = 0):
    """A device whose counter goes on whether or not somebody listens."""
    clock, number = RunClock(INFO.start_utc), iter(range(first_number, 10**9))

    def receive(start: int, ended: Event) -> Iterator[Frame | Loss]:
        numbering = Numbering(start)
        while not ended.wait(0.001):
            one = next(number)
            now_s = clock.now_s()
            told = {"sequence": numbering.sequence(one), "frame_id": one, "start_s": now_s, "end_s": now_s + 1e-4}
            made = FAKE.frame(one % 5)
            yield Frame(msgspec.structs.replace(made.header, **told), made.data)

    return receive


@pytest.mark.parametrize("check", CHECKS)
def test_a_device_keeps_the_contract(check: str) -> None:
    receive = endless(4711)
    CHECKS[check](lambda: device(receive))


def test_a_device_whose_clock_begins_anew_is_noticed() -> None:
    def receive(start: int, ended: Event) -> Iterator[Frame | Loss]:
        yield from endless()(start, ended)

    with pytest.raises(ConformanceError, match="starts at"):
        CHECKS["start_skips"](lambda: device(receive))


def test_a_device_that_does_not_number_from_where_it_is_asked_is_noticed() -> None:
    receive = endless()
    with pytest.raises(ConformanceError, match="begins with"):
        CHECKS["start_skips"](lambda: device(lambda start, ended: receive(0, ended)))


def test_losses_go_to_health() -> None:
    def receive(start: int, ended: Event) -> Iterator[Frame | Loss]:
        yield Loss(lost=2, damaged=1)
        yield FAKE.frame(start)
        yield Loss(reconnections=1)

    with device(receive) as source:
        assert [frame.header.sequence for frame in source.frames(3)] == [3]
        health = source.health()
    assert (health.state, health.delivered, health.lost, health.damaged, health.reconnections) == ("ended", 1, 2, 1, 1)


def test_a_device_that_breaks_off_has_failed() -> None:
    def receive(start: int, ended: Event) -> Iterator[Frame | Loss]:
        yield FAKE.frame(start)
        raise SourceError("the beam is off")

    with device(receive) as source:
        frames = source.frames()
        assert next(frames).header.sequence == 0
        with pytest.raises(SourceError, match="the beam is off"):
            next(frames)
        assert (source.health().state, source.health().reason) == ("failed", "the beam is off")


def test_what_can_wait_is_no_device() -> None:
    with pytest.raises(InputError, match="cannot wait"):
        DeviceSource(FAKE.info, endless())


@pytest.mark.parametrize(
    ("numbers", "sequences"),
    [
        ([7, 8, 9], [5, 6, 7]),
        ([7, 8, 11, 12], [5, 6, 9, 10]),  # two lost
        ([7, 8, 0, 1, 3], [5, 6, 7, 8, 10]),  # began anew
        ([7, 900_000, 900_001], [5, 6, 7]),  # no counter leaps like that
    ],
)
def test_numbers_become_sequences(numbers: list[int], sequences: list[int]) -> None:
    numbering = Numbering(5)
    assert [numbering.sequence(number) for number in numbers] == sequences


def sessions(*outcomes: object):
    """Each a list of items, or of items and the error that ends the session."""
    left = list(outcomes)

    def session() -> Iterator[Frame | Loss]:
        for item in left.pop(0):
            if isinstance(item, Exception):
                raise item
            yield item

    return session


def reconnected(*outcomes: object) -> list[object]:
    return list(reconnecting(sessions(*outcomes), Event(), where="x", first_pause_s=0.0))


def test_a_broken_connection_is_made_again_and_counted_once() -> None:
    one, two = FAKE.frame(0), FAKE.frame(1)
    items = reconnected([one, ConnectionResetError()], [OSError("no route")], [WireError("?")], [two])
    assert items == [one, Loss(reconnections=1), two]


def test_what_was_lost_with_a_connection_does_not_show_that_it_is_back() -> None:
    lost, one = Loss(lost=1, damaged=1), FAKE.frame(0)
    items = reconnected([one, ConnectionResetError()], [lost, OSError("no route")], [one])
    assert items == [one, lost, Loss(reconnections=1), one]


def test_a_first_try_that_fails_is_tried_again() -> None:
    one = FAKE.frame(0)
    assert reconnected([ConnectionRefusedError()], [one]) == [Loss(reconnections=1), one]


@pytest.mark.parametrize("error", [SourceError("no such channel"), InputError("a bad value")])
def test_what_no_new_connection_mends_ends_it(error: Exception) -> None:
    with pytest.raises(type(error)):
        reconnected([error])


def test_nobody_reconnects_after_the_end() -> None:
    ended = Event()

    def session() -> Iterator[Frame | Loss]:
        ended.set()
        yield Loss(lost=1)
        raise ConnectionResetError

    assert list(reconnecting(session, ended, where="x")) == [Loss(lost=1)]
