"""A process of strangers: `python -m … PORT SERVER_KEY EACH` knocks at a port of this host in every way."""

from __future__ import annotations

import socket
import sys
import time
from contextlib import ExitStack, suppress
from typing import Any

import zmq

from eclips4d.core.messages import Beat
from eclips4d.core.wire import encode
from eclips4d.pipeline.security.keyring import ServerKey
from eclips4d.pipeline.security.keys import KeyPair

AT_ONCE = 20
"""Of each kind, at the same time."""
STAY_S = 0.3
GREETING = b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00CURVE" + bytes(15 + 1 + 31)
SCANS = {
    "scanner that speaks HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "scanner that says nothing": b"",
    "greeting and no more": GREETING,
    "handshake of a gigabyte": GREETING + b"\x06" + (1 << 30).to_bytes(8, "big") + bytes(4096),
}
PEERS = ("no key", "key that is not allowed")
KINDS = (*SCANS, *PEERS)


def knock(port: int, server: bytes, each: int) -> None:
    """Open `each` connections of every kind, some at the same time."""
    with zmq.Context() as context:
        for first in range(0, each, AT_ONCE):
            with ExitStack() as held:
                for _ in range(min(AT_ONCE, each - first)):
                    _scan(held, port)
                    _speak(held, context, port, None)
                    _speak(held, context, port, ServerKey(KeyPair("stranger", *zmq.curve_keypair()), server))
                _stay(STAY_S)


def _scan(held: ExitStack, port: int) -> None:
    for said in SCANS.values():
        connection = held.enter_context(socket.create_connection(("127.0.0.1", port)))
        with suppress(OSError):
            connection.sendall(said)


def _speak(held: ExitStack, context: zmq.Context[Any], port: int, key: ServerKey | None) -> None:
    peer = context.socket(zmq.DEALER)
    held.callback(peer.close, linger=0)
    peer.setsockopt(zmq.RECONNECT_IVL, -1)  # one connection each
    if key is not None:
        key.put_on(peer)
    peer.connect(f"tcp://127.0.0.1:{port}")
    with suppress(zmq.Again):
        peer.send_multipart(encode(Beat(name="stranger")), zmq.NOBLOCK)


def _stay(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        zmq.Poller().poll(round(1000 * left) + 1)


if __name__ == "__main__":
    knock(int(sys.argv[1]), sys.argv[2].encode(), int(sys.argv[3]))
