"""A board on a socket, which answers as the gateware does, and misbehaves on demand."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.obi.commands import ARGUMENTS, MARK, Command

WORDS: Mapping[str, str] = {
    "lose": "a hundred pixels of the image are never sent",
    "odd": "one byte of the image is never sent",
    "garbage": "bytes that are no pixels come in the middle of the image",
    "wrong": "the answer after the image has another cookie",
    "break": "the connection is closed in the middle of the image",
    "wait": "nothing comes for a third of a second in the middle of the image",
}
_LOOK_S = 0.05
_WAIT_S = 0.33
_DARK_ADU = 400
_LIGHT = 0xFFFC
"""Fourteen bits, shifted up by two."""


@dataclass(slots=True)
class _State:
    region: tuple[int, ...] = (0, 1, 0, 0, 1, 0)
    blanked: bool = True
    with_next: bool | None = None
    in_control: bool = False
    place: int = 0


@dataclass
class FakeBoard:
    """One board, until it is closed.

    Parameters
    ----------
    image
        `image(k)`: what the segment sees in the k-th scan of a whole image, uint16 [row, column].
    port
        0 takes one that is free.
    faults
        Word of `WORDS` by number of the scan.
    piece_bytes
        The most that is sent at once.
    scan_s
        How long an image takes.
    """

    image: Callable[[int], NDArray[np.uint16]]
    port: int = 0
    host: str = "127.0.0.1"
    faults: dict[int, str] = field(default_factory=dict)
    piece_bytes: int | None = None
    scan_s: float = 0.0

    def __post_init__(self) -> None:
        self.scans = 0
        self._ended, self._broken = Event(), False
        self._server = socket.create_server((self.host, self.port))
        self._server.settimeout(_LOOK_S)
        self.port = self._server.getsockname()[1]
        self._thread = Thread(target=self._serve, name="eclips4d-fake-board")
        self._thread.start()

    @property
    def address(self) -> str:
        """`HOST:PORT`."""
        return f"{self.host}:{self.port}"

    def provoke(self, word: str) -> None:
        """Let the scan after the next one go wrong."""
        self.faults[self.scans + 1] = word

    def close(self) -> None:
        """End the thread and release the port."""
        self._ended.set()
        self._thread.join()
        self._server.close()

    def __enter__(self) -> FakeBoard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                connected, _ = self._server.accept()
            except TimeoutError:
                continue
            with connected, suppress(ConnectionError):
                connected.settimeout(_LOOK_S)
                self._broken = False
                self._answer(connected)

    def _answer(self, connected: socket.socket) -> None:
        state = _State()
        for command, flags, numbers in self._commands(connected):
            match command:
                case Command.SYNCHRONIZE:
                    self._send(connected, struct.pack(">HH", MARK, self._cookie(numbers[0])))
                case Command.EXTERNAL_CONTROL:
                    state.in_control = bool(flags & 1)
                case Command.BLANK:
                    state.with_next = bool(flags & 1) if flags & 2 else None
                    state.blanked = state.blanked if flags & 2 else bool(flags & 1)
                case Command.RASTER_REGION:
                    state.region, state.place = numbers, 0
                case Command.PIXEL_RUN:
                    self._run(connected, state, numbers[0] + 1)
                case _:
                    pass
            if self._broken:
                return

    def _commands(self, connected: socket.socket) -> Iterator[tuple[int, int, tuple[int, ...]]]:
        while (head := self._receive(connected, 1)) is not None:
            command = head[0] >> 4
            count = ARGUMENTS.get(Command(command), 0) if command in list(Command) else 0
            rest = self._receive(connected, 2 * count) if count else b""
            if rest is None:
                return
            yield command, head[0] & 0xF, struct.unpack(f">{count}H", rest)

    def _receive(self, connected: socket.socket, count: int) -> bytes | None:
        whole = b""
        while len(whole) < count:
            if self._ended.is_set():
                return None
            try:
                came = connected.recv(count - len(whole))
            except TimeoutError:
                continue
            if not came:
                return None
            whole += came
        return whole

    def _run(self, connected: socket.socket, state: _State, count: int) -> None:
        if state.with_next is not None:
            state.blanked, state.with_next = state.with_next, None
        columns, rows = state.region[1], state.region[4]
        values = self._values(state, columns, rows)[state.place : state.place + count]
        state.place += count
        content = values.astype(">u2").tobytes()
        if rows > 1 and state.place >= columns * rows:
            self._ended.wait(self.scan_s)
            content = self._spoilt(connected, content, self.faults.get(self.scans, ""))
            self.scans += 1
        self._send(connected, content)

    def _values(self, state: _State, columns: int, rows: int) -> NDArray[np.uint16]:
        """What the converter gives; without the scan or with the beam blanked that is the amplifier's dark level."""
        values = np.full((rows, columns), _DARK_ADU & _LIGHT, dtype=np.uint16)
        if state.in_control and not state.blanked and rows > 1:
            seen = self.image(self.scans)
            settling = columns - seen.shape[1]
            values[:, settling:] = seen[:rows] & _LIGHT
            values[:, :settling] = seen[:rows, -1:] & _LIGHT  # the beam is still on its way back
        return values.ravel()

    def _spoilt(self, connected: socket.socket, content: bytes, word: str) -> bytes:
        half = len(content) // 4 * 2
        match word:
            case "lose":
                return content[:half] + content[min(half + 200, len(content)) :]
            case "odd":
                return content[:half] + content[half + 1 :]
            case "garbage":
                return content[:half] + b"\x01\x03nothing" + content[half:]
            case "wait":
                self._send(connected, content[:half])
                self._ended.wait(_WAIT_S)
                return content[half:]
            case "break":
                self._broken = True
                return content[:half]
            case _:
                return content

    def _cookie(self, cookie: int) -> int:
        if self.faults.get(self.scans - 1) == "wrong":
            del self.faults[self.scans - 1]
            return cookie ^ 0x55
        return cookie

    def _send(self, connected: socket.socket, content: bytes) -> None:
        piece = self.piece_bytes or max(1, len(content))
        for start in range(0, len(content), piece):
            rest = memoryview(content)[start : start + piece]
            while rest and not self._ended.is_set():
                with suppress(TimeoutError):
                    rest = rest[connected.send(rest) :]
