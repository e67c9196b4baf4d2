"""Side streams from end to end: servers of three kinds speak and leave; frames have what is known, and never wait."""

from __future__ import annotations

import math
import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any, Protocol

import msgspec
import pytest

from eclips4d.acquisition.fakes import FakeSource
from eclips4d.acquisition.side import SideStreams, open_sides, parse_side, telling
from eclips4d.acquisition.side.epics_ca import _value
from eclips4d.acquisition.side.epics_pva import _event
from eclips4d.acquisition.side.fake import FakeSide, experiment, main
from eclips4d.acquisition.side.joining import came_s
from eclips4d.acquisition.side.series import Series
from eclips4d.core.errors import InputError

PATIENCE_S = 30.0


class Server(Protocol):
    """What all fakes can do."""

    def say(self, value: float) -> None: ...

    def close(self) -> None: ...


class Publisher:
    """A script that says one name."""

    def __init__(self) -> None:
        self.fake = FakeSide()

    def say(self, value: float) -> None:
        self.fake.say("LAB:T", value, "degC")

    def close(self) -> None:
        self.fake.close()


def until(condition: Callable[[], bool], meanwhile: Callable[[], object] = lambda: None) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s
        meanwhile()
        time.sleep(0.005)


def free_port(kind: socket.SocketKind) -> str:
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


@pytest.fixture(params=["zmq", "ca", "pva"])
def server_and_address(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, str]]:
    server: Any
    if request.param == "zmq":
        server = Publisher()
        address = f"zmq://{server.fake.at}/LAB:T?unit=degC&kind=last"
    else:
        pytest.importorskip({"ca": "caproto", "pva": "p4p"}[request.param])
        from eclips4d.acquisition.side.fake_epics import FakeCa, FakePva

        address = f"{request.param}://LAB:T?unit=degC"
        if request.param == "ca":
            for name, said in {"ADDR_LIST": "127.0.0.1", "AUTO_ADDR_LIST": "NO"}.items():
                monkeypatch.setenv(f"EPICS_CA_{name}", said)
            for name in ("SERVER_PORT", "REPEATER_PORT"):
                monkeypatch.setenv(f"EPICS_CA_{name}", free_port(socket.SOCK_DGRAM))
            server = FakeCa("LAB:T", 1.0)
        else:
            server = FakePva("LAB:T", 1.0, "degC")
            for name, said in server.server.conf().items():
                monkeypatch.setitem(os.environ, name, said)
    with ExitStack() as left:
        left.callback(server.close)
        server.close = left.close  # once
        yield server, address


def value_of(streams: SideStreams, at_s: float | None = None) -> float | None:
    """Of a frame that has just come."""
    return streams.joined(FakeSource(1).frame(0), at_s or time.time()).header.side.get("t")


def told_by(streams: SideStreams) -> list[str]:
    return [remark.what for remark in streams.news(all_of_it=True)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_kind_of_server_is_heard_until_it_leaves(
    server_and_address: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "EVERY_S", 0.0)
    server, address = server_and_address
    streams = open_sides({"t": f"{address}&stale_s=0.4"})
    try:
        until(lambda: value_of(streams) == 7.0, lambda: server.say(7.0))
        told_by(streams)
        server.close()
        until(lambda: value_of(streams) is None)
        assert value_of(streams) is None
        assert told_by(streams) == ["the side stream t is silent, frames go without it"]
    finally:
        streams.close()
        streams.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_value_in_alarm_is_none(server_and_address: tuple[Server, str]) -> None:
    server, address = server_and_address
    if isinstance(server, Publisher):
        return  # a script just does not say it
    streams = open_sides({"t": f"{address}&stale_s=0.2"})
    try:
        until(lambda: value_of(streams) == 7.0, lambda: server.say(7.0))
        server.say(8.0, 3)  # type: ignore[call-arg]
        until(lambda: value_of(streams) is None)
        server.say(9.0)
        until(lambda: value_of(streams) == 9.0)
        assert told_by(streams)[-1] == "the side stream t is back"
    finally:
        streams.close()


def test_frames_of_a_stream_that_nobody_sends_go_without_and_that_is_told_once() -> None:
    streams = open_sides({"t": "zmq://127.0.0.1:9/t?unit=K"})
    try:
        frames = [streams.joined(frame, time.time()) for frame in FakeSource(5).frames()]
        assert all(frame.header.side.keys() == {"temperature"} for frame in frames)
        assert told_by(streams) == ["the side stream t is silent, frames go without it"]
    finally:
        streams.close()


def test_pixels_and_other_side_values_stay_as_they_are() -> None:
    frame = FakeSource(1).frame(0)
    series = Series(parse_side("t", "zmq://127.0.0.1:9/t?unit=K"))
    for second in (0.0, 1.0):
        series.add(10.0 * second, "K", 1e9 + second, 1e9 + second)
    joined = SideStreams([series]).joined(frame, 1e9 + 0.5 + 0.5 * (frame.header.end_s - frame.header.start_s))
    assert joined.data is frame.data and joined.header.side["temperature"] == 800.0
    assert joined.header.side["t"] == pytest.approx(5.0, abs=1e-5)  # in the middle of the frame
    assert msgspec.structs.replace(joined.header, side=frame.header.side) == frame.header


def test_what_a_publisher_says_wrongly_is_refused_and_told() -> None:
    with FakeSide() as fake:
        streams = open_sides({"t": f"zmq://{fake.at}/t?unit=K"})
        try:
            until(lambda: value_of(streams) == 1.0, lambda: fake.say("t", 1.0, "K"))
            before = streams.series[0].refused
            for message in (b"\x00\xff" * 100, b"{}", b"x" * 4000, b'{"name": "t", "value": 2, "unit": "degC"}'):
                fake.say_bytes(message)
            fake.say("else", 3.0)
            until(lambda: streams.series[0].refused == before + 4)
            assert value_of(streams) == 1.0
            assert "values of the side stream t were refused" in told_by(streams)
        finally:
            streams.close()


def test_structures_of_epics_that_hold_no_number_are_refused() -> None:
    chance, series = random.Random(3), Series(parse_side("p", "ca://PV?unit=Pa"))
    odd: list[Any] = [None, "x", b"\xff", [], {}, -1, math.nan, math.inf, 1e300, [1.0], {"value": 1.0}, (2, "y")]
    for _ in range(10_000):
        told = SimpleNamespace(severity=chance.choice([0, 1, 2, 3]), timestamp=chance.choice([0.0, 1e9]))
        _value(series, None, SimpleNamespace(data=chance.choice(odd), metadata=told))
        keys = ("value", "alarm", "timeStamp", "display")
        fields = {key: chance.choice(odd) for key in chance.sample(keys, chance.randint(0, 4))}
        _event(series, SimpleNamespace(todict=lambda fields=fields: fields))
    assert series.refused > 5_000 and len(series._times) <= 32768


def test_a_source_that_tells_the_same_itself_is_refused() -> None:
    streams = SideStreams([Series(parse_side("temperature", "zmq://127.0.0.1:9/t?unit=K"))])
    with pytest.raises(InputError, match="temperature itself"):
        streams.described(FakeSource(1).info)


def test_times_of_what_an_instrument_pushes_are_its_own() -> None:
    source = FakeSource(3)
    pushed = msgspec.structs.replace(source.info, pushed=True, can_wait=False)
    assert came_s(source.frame(2), pushed) == pytest.approx(1767225600.03)  # 2026-01-01 UTC
    assert abs(came_s(source.frame(2), source.info) - time.time()) < 60.0


def test_the_fake_publishes_an_experiment() -> None:
    assert experiment(0.0) == {"temperature": (800.0, "degC"), "pressure": (101.0, "Pa")}
    assert main(["--at", "127.0.0.1:*", "--seconds", "0.05", "--hz", "100"]) == 0
