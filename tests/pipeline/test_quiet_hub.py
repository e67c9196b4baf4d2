"""A hub that says nothing for long: its peers go on, and what they have for it does not pile up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from eclips4d.core.messages import Beat
from eclips4d.pipeline import ports
from eclips4d.pipeline.ports import UNHEARD_BEATS, HubPort, PeerPort


@pytest.fixture
def context() -> Iterator[zmq.Context[zmq.Socket[bytes]]]:
    with zmq.Context() as made:
        yield made


def test_signs_of_life_stop_before_they_fill_the_socket_and_go_on_when_it_answers(
    context: zmq.Context[zmq.Socket[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "BEAT_EVERY_S", -1.0)
    address = f"ipc://{tmp_path}/hub"
    peer = PeerPort(context, address, "acquisition")
    for _ in range(3 * ports.HIGH_WATER):
        peer.keep_in_touch()  # more than the socket holds would raise, after half a minute
    hub = HubPort(context, address)
    heard = 0
    while hub.socket.poll(5000 if heard < UNHEARD_BEATS else 200):
        heard += sum(1 for _ in hub.arrived())
    assert heard == UNHEARD_BEATS
    assert hub.send(b"acquisition", Beat(name="storage"))
    assert peer.receive(5000) is not None
    peer.keep_in_touch()
    assert hub.socket.poll(5000)
    peer.close()
    hub.close()


def test_rare_signs_of_life_reach_a_hub_that_comes_late_and_never_wait_for_one(
    context: zmq.Context[zmq.Socket[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "BEAT_EVERY_S", -1.0)
    address = f"ipc://{tmp_path}/hub"
    peer = PeerPort(context, address, "acquisition")
    for _ in range(UNHEARD_BEATS):
        peer.keep_in_touch()
    fallen = HubPort(context, address)  # takes all of them, and falls before it has answered
    taken = 0
    while taken < UNHEARD_BEATS and fallen.socket.poll(5000):
        taken += sum(1 for _ in fallen.arrived())
    fallen.close()
    monkeypatch.setattr(ports, "RARE_S", -1.0)
    for _ in range(2 * ports.HIGH_WATER):
        peer.keep_in_touch()
    hub = HubPort(context, address)
    assert hub.socket.poll(5000), "else neither would ever hear of the other again"
    peer.close()
    hub.close()


def test_dead_lines_are_given_up_on_both_ends(context: zmq.Context[zmq.Socket[bytes]]) -> None:
    """What the kernel is told; that it heeds it, the namespaces tell."""
    hub = HubPort(context, "tcp://127.0.0.1:*")
    peer = PeerPort(context, hub.socket.getsockopt_string(zmq.LAST_ENDPOINT), "acquisition")
    for socket in (hub.socket, peer.socket):
        assert socket.getsockopt(zmq.TCP_MAXRT) == 10_000
        assert socket.getsockopt(zmq.TCP_KEEPALIVE) == 1
    peer.close()
    hub.close()
