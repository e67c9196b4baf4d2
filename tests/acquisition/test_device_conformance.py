"""The checks of devices pass one that keeps its promises, and name each that is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event

import msgspec
import pytest

from eclips4d.acquisition.conformance import ConformanceError
from eclips4d.acquisition.device_conformance import DEVICE_CHECKS, NEEDS, PROVOCATIONS, check_device
from eclips4d.acquisition.device_source import DeviceSource, Loss, RunClock
from eclips4d.acquisition.fakes import FakeSource
from eclips4d.acquisition.numbering import Numbering
from eclips4d.core.frame import Frame

FAKE = FakeSource(10)
DAMAGED, BROKEN = Loss(lost=1, damaged=1), Loss(reconnections=1)


class Device:
    """An instrument whose next frame can be spoilt, and a receiver of it that has one fault of its own, or none."""

    def __init__(self, fault: str = "", buffered: int = 4) -> None:
        self.fault, self.buffered = fault, buffered
        self.provoked: list[str] = []

    def open(self) -> DeviceSource:
        clock = RunClock()
        told = {"frames": None, "can_wait": False, "pushed": True, "start_utc": clock.start_utc}
        info = msgspec.structs.replace(FAKE.info, **told)
        return DeviceSource(info, lambda start, ended: self.receive(start, ended, clock), buffered=self.buffered)

    def receive(self, start: int, ended: Event, clock: RunClock) -> Iterator[Frame | Loss]:
        numbering, number = Numbering(start), 100
        while not ended.wait(0.001):
            happens = self.provoked.pop() if self.provoked else ""
            yield from self.losses(happens)
            if happens == "anew":
                number = 0
            if happens == "break" and self.fault == "turns time back":
                clock = RunClock()
            if happens not in ("gap", "damage"):
                yield from [self.frame(number, numbering, clock)] * (2 if self.fault == "sends twice" else 1)
            if happens != "gap" or self.fault != "hides gaps":
                number += 1

    def losses(self, happens: str) -> list[Loss]:
        """What the receiver notes."""
        right = {"damage": [DAMAGED], "break": [BROKEN]}.get(happens, [])
        wrong = {
            "counts gaps as damage": ("gap", [DAMAGED]),
            "keeps damage to itself": ("damage", []),
            "says nothing of breaks": ("break", []),
            "breaks twice": ("break", [BROKEN, BROKEN]),
            "loses what is numbered anew": ("anew", [Loss(lost=1)]),
        }
        when, instead = wrong.get(self.fault, ("", []))
        return instead if happens and happens == when else right

    def frame(self, number: int, numbering: Numbering, clock: RunClock) -> Frame:
        now_s = clock.now_s() + (60.0 if self.fault == "is ahead of time" else 0.0)
        header = msgspec.structs.replace(
            FAKE.frame(0).header,
            sequence=numbering.sequence(number),
            frame_id=number,
            start_s=now_s,
            end_s=now_s + 1e-4,
        )
        return Frame(header, FAKE.frame(0).data)


def provocations(device: Device) -> dict[str, Callable[[], None]]:
    return {word: lambda word=word: device.provoked.append(word) for word in PROVOCATIONS}


def test_a_device_that_keeps_its_promises_passes() -> None:
    device = Device()
    check_device(device.open, provocations(device))


def test_every_provocation_is_needed_by_a_check() -> None:
    assert set(NEEDS.values()) == set(PROVOCATIONS)
    assert set(NEEDS) < set(DEVICE_CHECKS)


def test_what_cannot_be_provoked_is_not_checked() -> None:
    check_device(Device("keeps damage to itself").open, {})


@pytest.mark.parametrize(
    ("fault", "check", "said"),
    [
        ("is ahead of time", "times_are_the_clocks", "ended at 60"),
        ("hides gaps", "a_gap_is_seen", "is no gap"),
        ("counts gaps as damage", "a_gap_is_seen", "counted as damaged"),
        ("keeps damage to itself", "damage_is_counted", "damage is not counted"),
        ("says nothing of breaks", "a_break_is_mended", "no reconnection"),
        ("breaks twice", "a_break_is_mended", "2 reconnections"),
        ("turns time back", "a_break_is_mended", "time goes back"),
        ("loses what is numbered anew", "numbers_may_begin_anew", "frames were lost"),
        ("sends twice", "garbage_is_survived", "came twice"),
    ],
)
def test_each_broken_promise_is_named(fault: str, check: str, said: str) -> None:
    device = Device(fault)
    provoke = provocations(device).get(NEEDS.get(check, ""), lambda: None)
    with pytest.raises(ConformanceError, match=said):
        DEVICE_CHECKS[check](device.open, provoke)


def test_a_device_that_keeps_frames_without_end_is_named(monkeypatch) -> None:
    monkeypatch.setattr("eclips4d.acquisition.device_conformance.HANG_S", 0.3)
    with pytest.raises(ConformanceError, match="nobody reads lost nothing"):
        DEVICE_CHECKS["a_busy_reader_loses_only_what_is_counted"](Device(buffered=10**6).open, lambda: None)
