"""Addresses of side streams: what is meant, and what is refused in one line."""

from __future__ import annotations

import random

import pytest

from eclips4d.acquisition.side import address as module
from eclips4d.acquisition.side.address import parse_side
from eclips4d.core.errors import InputError


def test_values_of_scripts_are_interpolated_by_their_senders_clock() -> None:
    stream = parse_side("temperature", "zmq://127.0.0.1:5570/stage?unit=degC&stale_s=3")
    assert (stream.place, stream.key, stream.unit, stream.stale_s) == ("127.0.0.1:5570", "stage", "degC", 3.0)
    assert (stream.kind, stream.clock) == ("linear", "auto")
    assert parse_side("stage", "zmq://[::1]:5570?unit=K").key == "stage"


def test_values_of_epics_hold_until_they_change() -> None:
    stream = parse_side("p", "ca://LAB:{gauge:1}P.VAL?unit=Pa")
    assert (stream.key, stream.kind, stream.clock) == ("LAB:{gauge:1}P.VAL", "last", "arrival")
    assert parse_side("p", "pva://LAB:P?unit=Pa&kind=linear").kind == "linear"


@pytest.mark.parametrize(
    ("name", "address", "told"),
    [
        ("a b", "ca://PV?unit=K", "letters, digits"),
        ("t", "PV", "no side stream"),
        ("t", "http://h/PV?unit=K", "no side stream"),
        ("t", "ca://PV", "unit is missing"),
        ("t", "ca://PV?unit=", "unit"),
        ("t", "ca://?unit=K", "no name"),
        ("t", "ca://PV?unit=K&clok=sender", "clok"),
        ("t", "ca://PV?unit=K&stale_s=0", "stale_s"),
        ("t", "zmq://127.0.0.1/stage?unit=K", "port is missing"),
        ("t", "zmq://10.0.0.3:5570/stage?unit=K", "ssh -L"),
        ("t", "zmq://*:5570/stage?unit=K", "ssh -L"),
    ],
)
def test_what_cannot_be_meant_is_refused(name: str, address: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        parse_side(name, address)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda library: None)
    with pytest.raises(InputError, match=r"eclips4d\[epics\]"):
        parse_side("p", "ca://PV?unit=Pa")


def test_ten_thousand_damaged_addresses_are_read_or_refused() -> None:
    chance, sound = random.Random(2), "zmq://127.0.0.1:5570/stage?unit=degC&kind=last&stale_s=3"
    for _ in range(10_000):
        letters = list(sound)
        for _ in range(chance.randint(1, 6)):
            letters[chance.randrange(len(letters))] = chr(chance.choice([0, 37, 47, 58, 63, 64, 91, 93, 8364, 65]))
        try:
            stream = parse_side("t", "".join(letters))
        except InputError:
            continue
        assert stream.place.startswith("127.") and stream.unit
