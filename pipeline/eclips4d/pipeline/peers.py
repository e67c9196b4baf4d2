"""Who talks to the hub: the stages that have said Hello, by name."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from eclips4d.core.errors import WireError
from eclips4d.core.log import get_logger
from eclips4d.core.messages import Beat, Bye, Hello, Message, Who
from eclips4d.core.wire import AnyArray
from eclips4d.pipeline.arrivals import check_source
from eclips4d.pipeline.own_version import VERSION
from eclips4d.pipeline.ports import HubPort
from eclips4d.pipeline.security.allowance import Allowances

MOST_PEERS = 1024
HELLOS_PER_S, HELLOS_AT_ONCE = 1.0, 10
"""Of one stage; it says so again each time it is restarted."""
ASKED_PER_S, ASKED_AT_ONCE = 2.0, 4
"""Times that a stranger is asked who it is; strangers together, so many times more."""
STRANGERS = 64
_NAME = re.compile(r"(acquisition|inference|registration|supervisor)(-[A-Za-z0-9_]{1,32})?")


@dataclass(slots=True)
class Peer:
    """A stage that has said Hello; `credits` are frames it may be sent."""

    hello: Hello
    credits: int = 0
    welcomed: bool = False
    heard: float = field(default_factory=time.monotonic)
    """When it last said something."""


class Peers:
    """The table of peers; a send that fails removes the peer.

    Parameters
    ----------
    port : HubPort
    """

    def __init__(self, port: HubPort) -> None:
        self._port = port
        self._peers: dict[bytes, Peer] = {}
        self._hellos = Allowances(HELLOS_PER_S, HELLOS_AT_ONCE)
        self._asked = Allowances(ASKED_PER_S, ASKED_AT_ONCE)
        self._all_asked = Allowances(STRANGERS * ASKED_PER_S, STRANGERS * ASKED_AT_ONCE)

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

    def check(self, sender: bytes, hello: Hello) -> None:
        """Refuse a Hello in another's name, of a source that is none, said all the time, or when the table is full.

        A stage of another version is told so.

        Raises
        ------
        WireError
        """
        name = _NAME.fullmatch(hello.name)
        if name is None or name[1] != hello.role or sender != hello.name.encode():
            raise WireError("a stage under another's name")
        if not self._hellos.take(sender):
            raise WireError("a stage that introduces itself again and again")
        if hello.version not in ("", VERSION):
            self._refuse(sender, f"{hello.name} is version {hello.version}, storage {VERSION}")
        if (hello.source is not None) != (hello.role == "acquisition"):
            raise WireError(f"{hello.role} with{'' if hello.source else 'out'} a source")
        if hello.source is not None:
            check_source(hello.source)
        if sender not in self._peers and len(self._peers) >= MOST_PEERS:
            raise WireError(f"a stage more than {MOST_PEERS}")

    def _refuse(self, sender: bytes, why: str) -> None:
        self._port.send(sender, Bye(refused=why))
        raise WireError(why)

    def ask(self, stranger: bytes) -> None:
        """Ask who it is, now and then: it is no stage of this run, or does not know that the hub was restarted."""
        if self._asked.take(stranger) and self._all_asked.take(b""):
            self._port.send(stranger, Who())

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

    def heard(self, name: bytes) -> None:
        """It has said something."""
        self._peers[name].heard = time.monotonic()

    def unheard(self, seconds: float, roles: Collection[str]) -> list[bytes]:
        """Peers of these roles that have said nothing for so long, though their connection may be there."""
        now = time.monotonic()
        return [name for name, p in self._peers.items() if p.hello.role in roles and now - p.heard > seconds]

    def silent(self) -> list[bytes]:
        """Peers whose connection is gone; the others are told that the hub is there."""
        return [name for name in self.names() if not self._port.send(name, Beat(name="storage"))]
