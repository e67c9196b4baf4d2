"""The gate of a stage's bound sockets: lets in whose key is allowed, and counts and names whom it turns away.

One thread per context answers libzmq's questions (ZAP, RFC 27) and reads what its monitors say of connections. It
stands open before a socket is bound; a socket whose keys are asked for and that finds no gate lets nobody in.
"""

from __future__ import annotations

import os
import socket as sockets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Thread

import zmq
from zmq.utils import z85
from zmq.utils.monitor import parse_monitor_message

from eclips4d.core.errors import InputError
from eclips4d.core.log import get_logger
from eclips4d.core.metrics import StageMetrics
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.security.keyring import keyring_of
from eclips4d.pipeline.security.keys import KeyPair
from eclips4d.pipeline.security.tally import Tally
from eclips4d.pipeline.wake import Wake

ZAP_ADDRESS = "inproc://zeromq.zap.01"
ZAP_VERSION = b"1.0"
DOMAIN = b"eclips4d"
HANDSHAKE_S = 10.0
"""A connection that has not said by then who it is, is closed."""
WATCHED = (
    zmq.EVENT_ACCEPTED
    | zmq.EVENT_DISCONNECTED
    | zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_MONITOR_STOPPED
)
UNGREETED = (zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL)
TICK_MS = 1000

Context = zmq.Context[zmq.Socket[bytes]]
Monitor = zmq.Socket[bytes]


class Connections:
    """Who came to a bound socket, by what a monitor says of it.

    libzmq does not say which connection a finished handshake belongs to. So those turned away are what came, less what
    was greeted, less what may still be greeted: never too many, and exact once all handshakes are over.
    """

    def __init__(self, handshake_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.accepted = self.greeted = self.refused = 0
        self._handshake_s, self._clock = handshake_s, clock
        self._young: dict[int, float] = {}

    def heard(self, event: int, value: int) -> None:
        """One event of a monitor, with its value."""
        if event == zmq.EVENT_ACCEPTED:
            self.accepted += 1
            self._young[value] = self._clock()
        elif event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self.greeted += 1
        elif event == zmq.EVENT_DISCONNECTED:
            self._young.pop(value, None)
        self.look()

    def look(self) -> None:
        """Bring `refused` up to date."""
        since = self._clock() - self._handshake_s - 1.0
        for number in [n for n, accepted in self._young.items() if accepted < since]:
            del self._young[number]
        self.refused = max(self.refused, self.accepted - self.greeted - len(self._young))

    def close(self) -> None:
        """Nobody is greeted any more."""
        self._young.clear()
        self.look()


class Gate:
    """The gate of all sockets that are bound in one context.

    Parameters
    ----------
    context : zmq.Context
    own : KeyPair, optional
        This host's; without one everybody who can reach the sockets may come in, and comings are only counted.
    allowed : callable
        Gives the public keys that are let in, with their names; asked for every newcomer.
    metrics : StageMetrics, optional
    handshake_s : float
        For how long a newcomer may hesitate.
    """

    def __init__(
        self,
        context: Context,
        own: KeyPair | None = None,
        allowed: Callable[[], Mapping[bytes, str]] = dict,
        metrics: StageMetrics | None = None,
        handshake_s: float = HANDSHAKE_S,
    ) -> None:
        self._context, self._own, self._allowed = context, own, allowed
        self._handshake_s = handshake_s
        self.connections = Connections(handshake_s)
        self.wrong_keys = Tally("refused: its key is not allowed")
        self._ungreeted = Tally("refused: no handshake of ours")
        self._counter = (metrics or StageMetrics("gate")).counter(
            "refused_connections", "connections turned away: a key that is not allowed, none, or no ZeroMQ at all"
        )
        self._counted = 0
        self._from: str = ""
        self._wake = Wake()
        self._poller = zmq.Poller()
        self._monitors: list[Monitor] = []
        self._zap = context.socket(zmq.REP)
        self._zap.setsockopt(zmq.LINGER, 0)
        self._zap.bind(ZAP_ADDRESS)
        self._closing = False
        self._thread = Thread(target=self._run, name="gate", daemon=True)
        self._thread.start()

    @property
    def has_keys(self) -> bool:
        """Whether a key is asked for."""
        return self._own is not None

    @property
    def refused(self) -> int:
        """Connections turned away so far."""
        return self.connections.refused

    def guard(self, socket: zmq.Socket[bytes]) -> None:
        """Stand before a socket that is not bound yet; `leave` it before it is closed."""
        socket.setsockopt(zmq.HANDSHAKE_IVL, round(1000 * self._handshake_s))
        if self._own is not None:
            ask_for_keys(socket, self._own)
        address = f"inproc://gate-{socket.underlying:x}"
        socket.monitor(address, WATCHED)
        # Connected here: a monitor that nobody listens to would stop libzmq's own thread.
        monitor = self._context.socket(zmq.PAIR)
        monitor.setsockopt(zmq.LINGER, 0)
        monitor.connect(address)
        self._wake.call(lambda: self._listen_to(monitor))

    def leave(self, socket: zmq.Socket[bytes]) -> None:
        """Watch the socket no longer."""
        socket.disable_monitor()

    def close(self) -> None:
        """End the thread, which otherwise ends with the context; the sockets it stood before are closed by then."""
        self._wake.call(self._stop)
        self._thread.join()
        self._wake.close()

    # -- in its thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._poller.register(self._wake.fd, zmq.POLLIN)
        self._poller.register(self._zap, zmq.POLLIN)
        with suppress(zmq.ContextTerminated):
            while not self._closing:
                self._turn()
        self._zap.close()
        self._sum_up()
        for monitor in self._monitors:
            monitor.close()
        for tally in (self.wrong_keys, self._ungreeted):
            tally.tell()

    def _sum_up(self) -> None:
        seen = self.connections
        seen.close()
        self._count()
        with suppress(OSError):
            get_logger().info("gate closed", came=seen.accepted, let_in=seen.greeted, refused=seen.refused)

    def _turn(self) -> None:
        ready = dict(self._poller.poll(TICK_MS))
        self._wake.run()
        if self._zap in ready:
            self._answer()
        for monitor in [m for m in self._monitors if m in ready]:
            self._hear(monitor)
        self.connections.look()
        self._count()

    def _stop(self) -> None:
        self._closing = True

    def _count(self) -> None:
        self._counter.inc(self.connections.refused - self._counted)
        self._counted = self.connections.refused

    def _listen_to(self, monitor: Monitor) -> None:
        self._monitors.append(monitor)
        self._poller.register(monitor, zmq.POLLIN)

    def _answer(self) -> None:
        """Answer one question: version, request, domain, address, identity, mechanism, credentials."""
        asked = self._zap.recv_multipart()
        name = self._name_of(asked)
        if name is None:
            address = asked[3].decode("ascii", "replace") if len(asked) > 3 else ""
            self.wrong_keys.note(address=address, public_key=_key_of(asked).decode("ascii", "replace"))
        request = asked[1] if len(asked) > 1 else b""
        verdict = (b"400", b"no", b"") if name is None else (b"200", b"", name.encode())
        self._zap.send_multipart([ZAP_VERSION, request, *verdict, b""])

    def _name_of(self, asked: list[bytes]) -> str | None:
        if len(asked) != 7 or asked[0] != ZAP_VERSION or asked[5] != b"CURVE":
            return None
        try:
            return self._allowed().get(_key_of(asked))
        except InputError:  # a public key in the folder cannot be read: nobody new is let in until it is mended
            return None

    def _hear(self, monitor: Monitor) -> None:
        said = parse_monitor_message(monitor.recv_multipart())
        event, value = int(said["event"]), int(said["value"])
        if event == zmq.EVENT_MONITOR_STOPPED:
            self._poller.unregister(monitor)
            self._monitors.remove(monitor)
            monitor.close()
            return
        if event == zmq.EVENT_ACCEPTED:
            self._from = _other_end(value)
        elif event in UNGREETED:
            self._ungreeted.note(newest_from=self._from, at=said["endpoint"].decode("ascii", "replace"))
        self.connections.heard(event, value)


def ask_for_keys(socket: zmq.Socket[bytes], own: KeyPair) -> None:
    """Have a socket that is not bound yet let in only whom a gate lets in; without a gate in its context, nobody."""
    socket.setsockopt(zmq.CURVE_SERVER, 1)
    socket.setsockopt(zmq.CURVE_SECRETKEY, own.secret)
    socket.setsockopt(zmq.ZAP_DOMAIN, DOMAIN)
    socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)


def gate_of(
    config: RunConfig, addresses: tuple[str, ...], context: Context, metrics: StageMetrics | None = None
) -> Gate | None:
    """The gate before the addresses that a stage is going to bind; None where file permissions guard them.

    Raises
    ------
    InputError
        A key of the run is missing, or others can read it.
    """
    keyring = keyring_of(config)
    if keyring is not None:
        return Gate(context, keyring.own, keyring.allowed, metrics)
    return Gate(context, metrics=metrics) if any(a.startswith("tcp://") for a in addresses) else None


def _key_of(asked: list[bytes]) -> bytes:
    return z85.encode(asked[6]) if len(asked) == 7 and len(asked[6]) == 32 else b""


def _other_end(number: int) -> str:
    """Address of who has just connected, should it still be there; for the log only."""
    try:
        with sockets.socket(fileno=os.dup(number)) as connection:
            name = connection.getpeername()
            return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else "this host"
    except OSError:
        return "gone"
