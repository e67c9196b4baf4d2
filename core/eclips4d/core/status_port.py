"""What a stage answers over HTTP: `/metrics` for Prometheus, `/health` and `/ready` for whoever restarts it.

The answers come from threads of their own and tell of the stage's loop: when that hangs, `/health` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.server import ThreadingHTTPServer
from socket import socket
from threading import BoundedSemaphore, Thread
from typing import Any, ClassVar

import msgspec
from prometheus_client import MetricsHandler

from eclips4d.core.metrics import StageMetrics

MOST_AT_ONCE = 16
"""Connections; more are closed unheard."""


class Verdict(msgspec.Struct, frozen=True):
    """Whether it is so, and why; one line of JSON, with status 200 or 503."""

    ok: bool
    why: str


Questions = Mapping[str, Callable[[], Verdict]]


class _Handler(MetricsHandler):
    timeout = 5.0  # for whoever connects and says nothing
    questions: ClassVar[Questions] = {}

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path in self.questions:
            verdict = self.questions[path]()
            self._say(200 if verdict.ok else 503, msgspec.json.encode(verdict) + b"\n")
        elif path in ("/", "/metrics"):
            super().do_GET()
        else:
            self._say(404, b'{"ok":false,"why":"no such page: /metrics, /health, /ready"}\n')

    def _say(self, code: int, line: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(line)))
        self.end_headers()
        self.wfile.write(line)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], handler: type[_Handler]) -> None:
        self._free = BoundedSemaphore(MOST_AT_ONCE)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """In a thread of its own, as long as there are not too many."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """Whoever hangs up in the middle is no event."""


def serve(metrics: StageMetrics, questions: Questions, port: int, address: str = "127.0.0.1") -> Callable[[], None]:
    """Answer until the function that is returned is called.

    Parameters
    ----------
    questions
        By path, such as `/health`.
    port, address
        Loopback unless told otherwise.

    Raises
    ------
    OSError
        The port is taken.
    """
    handler = type("Handler", (_Handler,), {"registry": metrics.registry, "questions": questions})
    server = _Server((address, port), handler)
    thread = Thread(target=server.serve_forever, name="status port", daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
