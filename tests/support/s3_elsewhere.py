"""An S3 server that is there already, behind a line of our own that can be cut."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from urllib.parse import urlsplit

BUCKET = "bucket"


class S3Elsewhere:
    """As `s3_server.S3`; its key is that of the environment.

    Parameters
    ----------
    address : str
        `http://HOST:PORT`.
    """

    def __init__(self, address: str) -> None:
        found = urlsplit(address)
        self._there = (found.hostname or "127.0.0.1", found.port or 80)
        self._port, self._ends = 0, set[socket.socket]()
        self._open()
        self.endpoint = f"http://127.0.0.1:{self._port}"

    def tell(self, word: str) -> None:
        """`cut` or `heal`."""
        if word == "cut":
            self.close()
        else:
            self._open()

    def environment(self) -> dict[str, str]:
        """What a program needs to find it."""
        key = {name: os.environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        return {"AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": os.environ.get("AWS_REGION", "us-east-1")} | key

    def close(self) -> None:
        """Nothing passes any more."""
        for end in (self._door, *self._ends):
            _end(end)

    def _open(self) -> None:
        self._door = socket.create_server(("127.0.0.1", self._port), backlog=128)
        self._port = self._door.getsockname()[1]
        Thread(target=self._accept, args=(self._door,), daemon=True, name="asyncio_line").start()

    def _accept(self, door: socket.socket) -> None:
        with suppress(OSError):
            while True:
                here, _ = door.accept()
                there = socket.create_connection(self._there)
                self._ends |= {here, there}
                for one, other in ((here, there), (there, here)):
                    Thread(target=self._carry, args=(one, other), daemon=True, name="asyncio_line").start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                other.sendall(data)
        for end in (one, other):
            _end(end)
            self._ends.discard(end)


def _end(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def s3_elsewhere(address: str) -> Iterator[S3Elsewhere]:
    """The server at this address, its bucket empty."""
    from obstore.store import S3Store

    bucket = S3Store(BUCKET, endpoint=address, region="us-east-1", client_options={"allow_http": True})
    bucket.delete([found["path"] for page in bucket.list() for found in page])
    server = S3Elsewhere(address)
    try:
        yield server
    finally:
        server.close()
