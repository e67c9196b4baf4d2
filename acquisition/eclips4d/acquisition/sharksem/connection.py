"""The two connections of a SharkSEM client: one for requests and answers, one on which the scan's pixels come."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from threading import Event
from types import TracebackType

from eclips4d.acquisition.device_address import Host
from eclips4d.acquisition.sharksem.messages import Argument, Message, decode, encode, read_message
from eclips4d.core.errors import PeerTimeoutError, SourceError, WireError

PORT = 8300
CONNECT_S = 5.0
ANSWER_S = 10.0
LOOK_S = 0.2
"""How often whoever waits looks whether it is still wanted."""
RECEIVE_BYTES = 8 << 20


class Connection:
    """A control connection, and after `open_data` a data connection.

    Raises
    ------
    OSError
        The microscope does not answer.
    """

    def __init__(self, host: Host, ended: Event) -> None:
        self.host, self._ended = host, ended
        self._sockets = ExitStack()
        self._control = self._sockets.enter_context(socket.create_connection(host, CONNECT_S))
        self._control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._data: socket.socket | None = None

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._sockets.close()

    def send(self, name: str, *arguments: Argument) -> None:
        """A request that has no answer."""
        self._control.settimeout(ANSWER_S)
        self._control.sendall(encode(name, *arguments))

    def ask(self, name: str, *arguments: Argument) -> Message:
        """A request, and its answer.

        Raises
        ------
        OSError, PeerTimeoutError, WireError
            The connection broke, there was no answer, or another one.
        """
        self.send(name, *arguments)
        answer = read_message(lambda count: self._read(self._control, count, ANSWER_S, f"no answer to {name}"))
        if answer.name != name:
            raise WireError(f"{answer.name} came as the answer to {name}", where=str(self.host))
        return answer

    def ask_for(self, kinds: str, name: str, *arguments: Argument) -> tuple[Argument, ...]:
        """As `ask`, and the arguments of the answer."""
        return decode(self.ask(name, *arguments), kinds)

    def open_data(self) -> None:
        """Tell the microscope the port that this end will come from, and connect it to the port above its own.

        Raises
        ------
        SourceError
            The microscope refuses it.
        """
        own = self._control.getsockname()[0]
        data = self._sockets.enter_context(socket.socket(self._control.family, socket.SOCK_STREAM))
        data.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        data.bind((own, 0))
        (accepted,) = self.ask_for("i", "TcpRegDataPort", data.getsockname()[1])
        if int(accepted) < 0:
            raise SourceError("the microscope takes no data connection", where=str(self.host))
        data.settimeout(CONNECT_S)
        data.connect((self._control.getpeername()[0], self.host.port + 1))
        self._data = data

    def read_data(self, most_bytes: int, silence_s: float) -> Message:
        """The next message on the data connection; `PeerTimeoutError` when nothing comes for so long."""
        data = self._data
        assert data is not None, "open_data comes first"
        return read_message(lambda count: self._read(data, count, silence_s, "no pixels"), most_bytes)

    def _read(self, connected: socket.socket, count: int, patience_s: float, lacking: str) -> bytearray:
        whole = bytearray(count)
        view, have = memoryview(whole), 0
        heard = time.monotonic()
        connected.settimeout(LOOK_S)
        while have < count:
            if self._ended.is_set():
                raise ConnectionAbortedError("no longer wanted")
            try:
                came = connected.recv_into(view[have:])
            except TimeoutError as error:
                if time.monotonic() - heard > patience_s:
                    raise PeerTimeoutError(f"{lacking} for {patience_s:g} s", where=str(self.host)) from error
                continue
            if not came:
                raise ConnectionResetError(f"{self.host} closed the connection")
            have, heard = have + came, time.monotonic()
        return whole
