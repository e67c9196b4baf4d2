"""One board: a connection to the server that it hangs on, and one scan at a time."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.device_address import Host
from eclips4d.acquisition.obi import commands
from eclips4d.acquisition.obi.pixels import find_mark, marked, read_mark, read_pixels
from eclips4d.acquisition.obi.settings import ObiScan
from eclips4d.core.errors import PeerTimeoutError, WireError

PORT = 2224
CONNECT_S = 5.0
SILENCE_S = 10.0
"""Without a byte beyond the time that the pixels themselves take."""
LOOK_S = 0.2
RECEIVE_BYTES = 4 << 20
_COOKIES = 1 << 16


@dataclass(frozen=True, slots=True)
class Scanned:
    """One image of one segment.

    Attributes
    ----------
    pixels
        [row, column], without the settling columns.
    dark
        Mean of the samples with the beam blanked.
    """

    pixels: NDArray[np.uint16]
    dark: float


class Board:
    """A board that is connected.

    Raises
    ------
    OSError
        Its server does not answer.
    """

    def __init__(self, host: Host, ended: Event) -> None:
        self.host, self._ended = host, ended
        self._cookie = 0
        self._socket = socket.create_connection(host, CONNECT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._patience_s = SILENCE_S
        self._last = b""
        """Nothing comes after these bytes: where they come too early, some before them are lost."""

    def __enter__(self) -> Board:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()

    def synchronize(self) -> int:
        """Leave whatever is going on, and pass over what is still on its way; returns how many bytes that were."""
        self._last, cookie = b"", self._next_cookie()
        self._send(commands.abort() + commands.blank(True) + commands.synchronize(cookie) + commands.flush())
        return find_mark(self._read, cookie)

    def take_over(self, scan: bool) -> None:
        """Switch the microscope's scan inputs to this board, or away from it."""
        cookie = self._next_cookie()
        self._send(commands.external_control(scan) + commands.synchronize(cookie) + commands.flush())
        read_mark(self._read, cookie)

    def scan(self, asked: ObiScan) -> Scanned:
        """A dark run and an image, the beam blanked before and after.

        Raises
        ------
        WireError
            Pixels were lost or damaged; `synchronize` before the next scan.
        OSError, PeerTimeoutError
            The connection broke, or nothing came.
        """
        begun, finished = self._next_cookie(), self._next_cookie()
        self._last = marked(finished)
        columns = asked.width + asked.settle
        self._patience_s = SILENCE_S + asked.line_time_s * asked.height
        self._send(
            commands.synchronize(begun)
            + commands.blank(True)
            + commands.raster_region((0, asked.dark, 0), (0, 1, 0))
            + commands.pixel_runs(asked.dark, asked.cycles)
            + commands.raster_region(
                (asked.start(columns), columns, asked.step), (asked.start(asked.height), asked.height, asked.step)
            )
            + commands.blank(False, with_next_pixel=True)
            + commands.pixel_runs(columns * asked.height, asked.cycles)
            + commands.blank(True)
            + commands.synchronize(finished)
            + commands.flush()
        )
        read_mark(self._read, begun)
        dark = read_pixels(self._read, asked.dark)
        image = read_pixels(self._read, columns * asked.height).reshape(asked.height, columns)
        self._last = b""
        read_mark(self._read, finished)
        # The blanker and the amplifier need the first quarter to come to rest.
        return Scanned(image[:, asked.settle :], float(dark[asked.dark // 4 :].mean()))

    def _next_cookie(self) -> int:
        self._cookie = (self._cookie + 1) % _COOKIES
        return self._cookie

    def _send(self, content: bytes) -> None:
        self._socket.settimeout(SILENCE_S)
        self._socket.sendall(content)

    def _read(self, count: int) -> bytearray:
        whole = bytearray(count)
        view, have, heard = memoryview(whole), 0, time.monotonic()
        self._socket.settimeout(LOOK_S)
        while have < count:
            if self._ended.is_set():
                raise ConnectionAbortedError("no longer wanted")
            try:
                came = self._socket.recv_into(view[have:])
            except TimeoutError as error:
                if time.monotonic() - heard > self._patience_s:
                    what = f"nothing came for {self._patience_s:.0f} s"
                    raise PeerTimeoutError(what, where=str(self.host)) from error
                continue
            if not came:
                raise ConnectionResetError(f"{self.host} closed the connection")
            have, heard = have + came, time.monotonic()
            if self._last and have < count and whole[have - 4 : have] == self._last:
                raise WireError(f"{count - have} bytes of {count} are missing", where=str(self.host))
        return whole


def scan_in_turn(boards: list[Board], asked: ObiScan, now_s: Callable[[], float]) -> tuple[list[Scanned], float]:
    """One image of each segment, one after the other: only one board can deflect the beam.

    Returns
    -------
    list of Scanned
    float
        When the first image was finished, by `now_s`.

    Raises
    ------
    WireError
        One of them was damaged; the scan has been given back, and the board is in step again.
    """
    images, first_s = [], math.nan
    for board in boards:
        board.take_over(True)
        try:
            images.append(board.scan(asked))
        except WireError:
            board.synchronize()
            board.take_over(False)
            raise
        first_s = now_s() if len(images) == 1 else first_s
        board.take_over(False)
    return images, first_s
