"""A fake microscope on two sockets, in the documented order: control first, then the registered data port."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from threading import Event, Lock, Thread
from types import TracebackType

from eclips4d.acquisition.sharksem.fake_faults import Faults
from eclips4d.acquisition.sharksem.fake_scan import Piece, frame_pieces
from eclips4d.acquisition.sharksem.fake_state import FakeState, ScanRequest
from eclips4d.acquisition.sharksem.messages import encode, read_message
from eclips4d.core.errors import InputError, WireError
from eclips4d.core.frame import RawArray

LOOK_S = 0.05
WAIT_S = 0.5
BUFFER_S = 1.0
"""Of frames that wait for a slow reader; older ones are never sent."""
REQUEST_S = 5.0
TRIES = 50


class FakeSharkSem:
    """Serves images until it is closed; a context manager.

    Parameters
    ----------
    images
        `images(k)` → [segment, y, x], of frame k of a scan that never ends.
    state
        How the microscope stands, and what it accepts.
    period_s
        From frame to frame, whatever dwell time is asked for.
    port
        Of the control connection; the data connection is one above. 0: any two that are free.
    faults
        What goes wrong.
    advancing
        Whether the frame's number advances during a scan; what a real microscope does is said nowhere public.
    """

    def __init__(
        self,
        images: Callable[[int], RawArray],
        state: FakeState,
        *,
        period_s: float,
        port: int = 0,
        host: str = "127.0.0.1",
        faults: Faults | None = None,
        advancing: bool = False,
    ) -> None:
        self.state, self.sent, self.skipped = state, 0, 0
        self._images, self._period_s, self._advancing = images, period_s, advancing
        self._faults = faults or Faults()
        self._provoked: set[str] = set()
        self._lock = Lock()
        self._closed = Event()
        self._scan_over = Event()
        self._control, self._data = _two_listeners(host, port)
        self._clients: list[socket.socket] = []
        self._reader: socket.socket | None = None
        self._scanner = ThreadPoolExecutor(1, thread_name_prefix="fake-sharksem-scan")
        self._scanning: Future[None] | None = None
        self._number = 0
        self._serving = Thread(target=self._serve, name="fake-sharksem")

    @property
    def address(self) -> str:
        """Where it listens: `HOST:PORT`."""
        host, port = self._control.getsockname()[:2]
        return f"{host}:{port}"

    def provoke(self, fault: str) -> None:
        """Let this happen to the next frame; a word of `fake_faults.WORDS`."""
        with self._lock:
            self._provoked.add(fault)

    def __enter__(self) -> FakeSharkSem:
        self._scanner.submit(int).result()  # its thread is there from now on, as a microscope's scan generator is
        self._serving.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closed.set()
        self._serving.join()
        self._scanner.shutdown()

    # -- requests --------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        try:
            while not self._closed.is_set():
                ready, _, _ = select.select([self._control, self._data, *self._clients], [], [], LOOK_S)
                for one in ready:
                    if one is self._control:
                        self._clients.append(one.accept()[0])
                    elif one is self._data:
                        self._take_reader(*one.accept())
                    else:
                        self._answer(one)
        finally:
            self._drop_all()
            self._control.close()
            self._data.close()

    def _take_reader(self, reader: socket.socket, peer: tuple[str, int]) -> None:
        if peer[1] != self.state.data_port:
            reader.close()  # nobody has registered it
            return
        self._end_scan()
        if self._reader is not None:
            self._reader.close()
        self._reader = reader

    def _answer(self, client: socket.socket) -> None:
        client.settimeout(REQUEST_S)
        try:
            request = read_message(lambda count: _read(client, count))
            before = self.state.scan
            answer = self.state.answer(request)
            if self.state.scan is not before:
                self._end_scan()
            if answer is not None:
                client.sendall(encode(request.name, *answer))
            if self.state.scan is not None and self.state.scan is not before:
                self._begin_scan(self.state.scan)
        except (OSError, WireError):
            self._drop(client)

    def _drop(self, client: socket.socket) -> None:
        client.close()
        self._clients.remove(client)
        if not self._clients:
            self._end_scan()

    def _drop_all(self) -> None:
        self._end_scan()
        for client in list(self._clients):
            self._drop(client)
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    # -- the scan --------------------------------------------------------------------------------------------------

    def _begin_scan(self, asked: ScanRequest) -> None:
        reader = self._reader
        if reader is None:
            return
        self._scan_over.clear()
        self._scanning = self._scanner.submit(self._scan, asked, reader)

    def _end_scan(self) -> None:
        self._scan_over.set()
        if self._scanning is not None:
            self._scanning.result()
            self._scanning = None

    def _scan(self, asked: ScanRequest, reader: socket.socket) -> None:
        channels = sorted(self.state.enabled)
        bits = self.state.enabled[channels[0]]
        self._images(self._number)  # whatever has to be made ready is, before the clock starts
        begun, first, told = time.monotonic(), self._number, asked.frame
        with suppress(OSError):  # the client is gone
            while not self._scan_over.is_set():
                frame, self._number = self._number, self._number + 1
                faults = self._faults_of(frame)
                told = 0 if "restart" in faults else told
                start_s = begun + (frame - first) * self._period_s
                if time.monotonic() - start_s > self._period_s + BUFFER_S:
                    self.skipped += 1  # a scan does not wait for its reader
                else:
                    images = _in_depth(self._images(frame), bits)[channels]
                    for piece in frame_pieces(images, channels, told, faults):
                        self._act(piece, reader, start_s + piece.due * self._period_s)
                    self.sent += 1
                told += self._advancing

    def _faults_of(self, frame: int) -> frozenset[str]:
        with self._lock:
            provoked, self._provoked = self._provoked, set()
        return self._faults.of(frame) | provoked

    def _act(self, piece: Piece, reader: socket.socket, due_s: float) -> None:
        if self._scan_over.wait(max(0.0, due_s - time.monotonic())):
            raise ConnectionAbortedError("the scan is over")
        if piece.action == "break":
            for connected in (reader, *self._clients):
                with suppress(OSError):
                    connected.shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError("as planned")
        if piece.action == "wait":
            self._scan_over.wait(WAIT_S)
        self._send(piece.data, reader)

    def _send(self, data: bytes, reader: socket.socket) -> None:
        left = memoryview(data)
        reader.settimeout(LOOK_S)
        while left and not self._scan_over.is_set():
            with suppress(TimeoutError):
                left = left[reader.send(left[: self._faults.piece_bytes]) :]


def _two_listeners(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    for _ in range(1 if port else TRIES):
        with suppress(OSError), ExitStack() as opened:
            control = opened.enter_context(socket.create_server((host, port)))
            data = socket.create_server((host, control.getsockname()[1] + 1))
            opened.pop_all()
            return control, data
    raise InputError(f"ports {port} and {port + 1} are not both free", where=host, cure="choose another --port")


def _read(client: socket.socket, count: int) -> bytearray:
    whole = bytearray()
    while len(whole) < count:
        came = client.recv(count - len(whole))
        if not came:
            raise ConnectionResetError("the client is gone")
        whole += came
    return whole


def _in_depth(images: RawArray, bits: int) -> RawArray:
    return (images >> 8).astype("uint8") if bits == 8 and images.dtype == "uint16" else images
