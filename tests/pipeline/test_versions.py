"""A stage of another version is told so, and ends with one line; one that says nothing of its version is not asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from eclips4d.core.errors import InputError, WireError
from eclips4d.core.messages import Bye, Hello
from eclips4d.pipeline.own_version import VERSION
from eclips4d.pipeline.peers import Peers
from eclips4d.pipeline.ports import HubPort, PeerPort


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[tuple[HubPort, PeerPort]]:
    with zmq.Context() as context:
        hub = HubPort(context, f"ipc://{tmp_path}/hub")
        peer = PeerPort(context, f"ipc://{tmp_path}/hub", "inference-0")
        yield hub, peer
        peer.close()
        hub.close()


def introduced(ends: tuple[HubPort, PeerPort], version: str) -> bytes:
    hub, peer = ends
    hello = Hello(role="inference", name="inference-0", pid=1, version=version)
    peer.send(hello)
    assert hub.socket.poll(10_000)
    mail = hub.receive()
    assert mail is not None
    Peers(hub).check(mail.sender, hello)
    return mail.sender


def test_another_version_is_refused_on_both_sides(ends: tuple[HubPort, PeerPort]) -> None:
    with pytest.raises(WireError, match=r"inference-0 is version 0.0.0, storage"):
        introduced(ends, "0.0.0")
    with pytest.raises(InputError, match="install one version on all hosts"):
        ends[1].receive(10_000)


@pytest.mark.parametrize("version", ["", VERSION])
def test_the_same_version_and_none_are_let_in(ends: tuple[HubPort, PeerPort], version: str) -> None:
    hub, peer = ends
    hub.send(introduced(ends, version), Bye(reason="over"))
    heard = peer.receive(10_000)
    assert heard is not None and heard.body == Bye(reason="over"), "no refusal came before it"
