"""Who talks to the hub: the stages that have said Hello, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eclips4d.core.log import get_logger
from eclips4d.core.messages import Beat, Hello, Message
from eclips4d.core.wire import AnyArray
from eclips4d.pipeline.ports import HubPort


@dataclass(slots=True)
class Peer:
    """A stage that has said Hello; `credits` are frames it may be sent."""

    hello: Hello
    credits: int = 0
    welcomed: bool = False


class Peers:
    """The table of peers; a send that fails removes the peer.

    Parameters
    ----------
    port : HubPort
    """

    def __init__(self, port: HubPort) -> None:
        self._port = port
        self._peers: dict[bytes, Peer] = {}

    def __contains__(self, name: bytes) -> bool:
        return name in self._peers

    def __getitem__(self, name: bytes) -> Peer:
        return self._peers[name]

    def get(self, name: bytes) -> Peer | None:
        """The peer, if it is known."""
        return self._peers.get(name)

    def names(self) -> list[bytes]:
        """All of them."""
        return list(self._peers)

    def of_role(self, role: str) -> list[bytes]:
        """Those of one role that have been welcomed."""
        return [name for name, peer in self._peers.items() if peer.hello.role == role and peer.welcomed]

    def add(self, name: bytes, hello: Hello) -> None:
        """Note a peer; one of the same name takes its place."""
        self._peers[name] = Peer(hello)

    def remove(self, name: bytes) -> Peer | None:
        """Forget a peer; returns what was known of it."""
        peer = self._peers.pop(name, None)
        if peer is not None:
            get_logger().warning("stage lost", name=peer.hello.name, pid=peer.hello.pid)
        return peer

    def send(self, name: bytes, body: Message, arrays: Mapping[str, AnyArray] | None = None) -> bool:
        """Send to one peer; False when it is gone."""
        return self._port.send(name, body, arrays)

    def send_role(self, role: str, body: Message) -> None:
        """Send to all of one role."""
        for name in self.of_role(role):
            self._port.send(name, body)

    def silent(self) -> list[bytes]:
        """Peers whose connection is gone; the others are told that the hub is there."""
        return [name for name in self.names() if not self._port.send(name, Beat(name="storage"))]
