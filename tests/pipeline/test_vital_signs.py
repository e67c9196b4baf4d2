"""Alive and ready, as told over HTTP and to systemd: it is the loop's turns that count."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from eclips4d.core.errors import InputError
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.pulse import Pulse
from eclips4d.pipeline.systemd import Teller, notifying
from eclips4d.pipeline.vital_signs import WARM_UP_S, alive, answering, ready, show_pulse

PATIENCE_S = 60.0


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pulse(clock: Clock) -> Pulse:
    return Pulse(clock)


def test_a_stage_that_compiles_is_alive_but_not_ready(pulse: Pulse, clock: Clock) -> None:
    clock.now += 90
    assert alive(pulse.feel(), PATIENCE_S).ok
    assert not ready(pulse.feel(), PATIENCE_S).ok
    assert ready(pulse.feel(), PATIENCE_S).why == "starting for 90 s"
    clock.now += WARM_UP_S
    assert not alive(pulse.feel(), PATIENCE_S).ok


def test_it_is_ready_once_it_is_let_in_and_while_it_lacks_nothing(pulse: Pulse) -> None:
    pulse.tick()
    assert ready(pulse.feel(), PATIENCE_S).why == "not let into a run yet"
    pulse.ready()
    assert ready(pulse.feel(), PATIENCE_S).ok
    pulse.lack("nothing heard from tcp://x for 6 s")
    verdict = ready(pulse.feel(), PATIENCE_S)
    assert not verdict.ok and verdict.why == "nothing heard from tcp://x for 6 s"
    assert alive(pulse.feel(), PATIENCE_S).ok


def test_a_loop_that_hangs_is_neither(pulse: Pulse, clock: Clock) -> None:
    pulse.ready()
    with pulse.busy_with(12):
        clock.now += PATIENCE_S + 1
        for verdict in (alive(pulse.feel(), PATIENCE_S), ready(pulse.feel(), PATIENCE_S)):
            assert not verdict.ok
            assert verdict.why == "the loop has not turned for 61 s, on frame 12"
    assert alive(pulse.feel(), PATIENCE_S).ok


def test_the_pulse_stands_among_the_metrics(pulse: Pulse, clock: Clock) -> None:
    metrics = StageMetrics("inference-0")
    show_pulse(metrics, pulse)

    def value(name: str) -> float | None:
        return metrics.registry.get_sample_value(f"eclips4d_{name}", {"stage": "inference-0"})

    pulse.tick()
    clock.now += 7
    assert (value("loop_age_seconds"), value("ready")) == (7.0, 0.0)
    pulse.ready()
    assert value("ready") == 1.0


def test_a_port_that_is_taken_is_one_line(pulse: Pulse) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with (
            pytest.raises(InputError, match=r"port \d+ is taken"),
            answering(StageMetrics("storage"), pulse, taken.getsockname()[1], PATIENCE_S),
        ):
            pass


def test_systemd_hears_of_start_state_and_life(pulse: Pulse, clock: Clock) -> None:
    said: list[str] = []
    teller = Teller(pulse, PATIENCE_S, said.append)
    teller.tell()
    assert said == ["STATUS=starting for 0 s\nWATCHDOG=1"]
    pulse.tick()
    teller.tell()
    assert said[1] == "READY=1\nSTATUS=not let into a run yet\nWATCHDOG=1"
    pulse.ready()
    teller.tell()
    assert said[2] == "STATUS=at work\nWATCHDOG=1"
    teller.tell()
    assert said[3] == "WATCHDOG=1"
    clock.now += PATIENCE_S + 1
    teller.tell()
    assert said[4] == "STATUS=the loop has not turned for 61 s"
    teller.tell()
    pulse.tick()
    teller.tell()
    assert said[5:] == ["STATUS=at work\nWATCHDOG=1"]


@pytest.fixture(params=["file", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A socket that listens as systemd does, and its name in `NOTIFY_SOCKET`."""
    abstract = f"@eclips4d-{tmp_path.parent.name}-{tmp_path.name}"
    name = str(tmp_path / "notify") if request.param == "file" else abstract
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        end.settimeout(30)
        yield end, name


def test_the_messages_reach_its_socket(pulse: Pulse, systemd: tuple[socket.socket, str]) -> None:
    end, name = systemd
    pulse.tick()
    pulse.ready()
    with notifying(pulse, PATIENCE_S, {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "40000"}):
        assert end.recv(4096).decode().split("\n") == ["READY=1", "STATUS=at work", "WATCHDOG=1"]
        assert end.recv(4096) == b"WATCHDOG=1"
    heard = b""
    while heard != b"STOPPING=1":
        heard = end.recv(4096)


def test_without_systemd_nothing_is_started(pulse: Pulse) -> None:
    before = threading.enumerate()
    with notifying(pulse, PATIENCE_S, {}):
        assert threading.enumerate() == before


def test_a_systemd_that_is_gone_does_no_harm(pulse: Pulse, tmp_path: Path) -> None:
    with notifying(pulse, PATIENCE_S, {"NOTIFY_SOCKET": str(tmp_path / "nobody"), "WATCHDOG_USEC": "none"}):
        pulse.tick()
        teller = next(thread for thread in threading.enumerate() if thread.name == "systemd")
        teller.join(0.1)
        assert teller.is_alive(), "it goes on: systemd may come back"
    assert not teller.is_alive()
    assert list(tmp_path.iterdir()) == []
