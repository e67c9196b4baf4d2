"""A network between two stages that can be cut: everything passes through here, or nothing does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from select import select
from threading import Thread

from eclips4d.pipeline.bench.reliability.chain import pause

CHUNK = 1 << 20
TICK_S = 0.05


class Net(Enum):
    """What the network does."""

    UP = auto()
    HANGS = auto()
    """Nothing passes, and nobody is told."""
    DOWN = auto()
    """Connections are cut and refused."""
    OVER = auto()


class Proxy:
    """Forwards connections to a port of this host.

    Attributes
    ----------
    port
        To connect to.
    net
        Set it from anywhere.
    passed
        Bytes so far.
    """

    def __init__(self, to_port: int) -> None:
        self.net = Net.UP
        self.passed = 0
        self._to = to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(TICK_S)
        self.port: int = self._listener.getsockname()[1]
        self._pairs: list[Thread] = []
        self._accepting = Thread(target=self._accept, name="proxy")
        self._accepting.start()

    def close(self) -> None:
        """Cut everything and wait for the threads."""
        self.net = Net.OVER
        self._accepting.join()
        for pair in self._pairs:
            pair.join()
        self._listener.close()

    def _accept(self) -> None:
        while self.net is not Net.OVER:
            with suppress(TimeoutError):
                near, _ = self._listener.accept()
                if self.net is Net.DOWN:
                    near.close()
                    continue
                pair = Thread(target=self._pass, args=(near,), name="proxy connection")
                self._pairs.append(pair)
                pair.start()

    def _pass(self, near: socket.socket) -> None:
        with near, suppress(OSError), socket.create_connection(("127.0.0.1", self._to)) as far:
            other = {near: far, far: near}
            while self.net in (Net.UP, Net.HANGS):
                if self.net is Net.HANGS:
                    pause(TICK_S)
                    continue
                for ready in select([near, far], [], [], TICK_S)[0]:
                    data = ready.recv(CHUNK)
                    if not data:
                        return
                    other[ready].sendall(data)
                    self.passed += len(data)


@contextmanager
def proxy(to_port: int) -> Iterator[Proxy]:
    """A network for the block."""
    network = Proxy(to_port)
    try:
        yield network
    finally:
        network.close()


def free_port() -> int:
    """A port of this host that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
