"""Frames of a microscope to eclips4d, none lost on the way. Copy this file to the computer of the microscope.

It needs Python 3.7 or newer and pyzmq; pixels are numpy arrays.

    bridge = Bridge("tcp://recorder:8500", "D:/frames", keys=("microscope.key", "recorder.pub"))
    while scanning:
        bridge.push(pixels, start_s, end_s, {"temperature": 812.0})
    bridge.close()

When `push` has returned, the frame is a file in that folder; it stays there until eclips4d has it on its own disk.
Whatever is restarted meanwhile, here or there, goes on from there. One program and one thread push to one folder.
"""

import contextlib
import json
import os
import re
import threading
import time
import uuid
import zlib
from pathlib import Path

import zmq


class Bridge:
    """Sends frames to `address`; keeps them in `folder`, at most `most_bytes`; `keys`: files of our pair and of theirs.

    `held` are the frames that eclips4d does not have yet; `lost` counts those that found the folder full.
    """

    def __init__(self, address, folder, most_bytes=20 << 30, keys=None):
        self._folder, self._most, self.lost, self.error = Path(folder), most_bytes, 0, None
        self._folder.mkdir(parents=True, exist_ok=True)
        self.held = {int(file.stem): file.stat().st_size for file in self._folder.glob("*.frame")}
        self._next, self._run, self._offset = max(self.held, default=-1) + 1, "", 0  # number = index + offset
        if self.held and (self._folder / "run.json").exists():
            self._run, self._offset = json.loads((self._folder / "run.json").read_text())
        self._durable = self._to_send = self._room = self._asked = 0
        self._heard, self._until, self._lock = -1e9, None, threading.Lock()
        self._thread = threading.Thread(target=self._talk, args=(address, keys), daemon=True)
        self._thread.start()

    def push(self, pixels, start_s, end_s, side=None):
        """Keep `pixels[segment, y, x]`, uint8 or uint16, with times as of `time.time()`. False: the folder is full."""
        if self.error is not None or pixels.ndim != 3 or pixels.dtype.name not in ("uint8", "uint16"):
            raise self.error or ValueError("pixels[segment, y, x] of uint8 or uint16 are needed")
        plain = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
        head = {"shape": pixels.shape, "dtype": pixels.dtype.name, "crc32": zlib.crc32(plain), "side": side or {}}
        content = json.dumps(dict(head, start_s=start_s, end_s=end_s)).encode() + b"\n" + plain
        with self._lock:
            if sum(self.held.values()) + len(content) > self._most:
                self.lost, self._next = self.lost + 1, self._next + 1
                return False
        self._write(self._file(self._next), content)
        with self._lock:
            self.held[self._next], self._next = len(content), self._next + 1
        return True

    def close(self, patience_s=30.0):
        """Wait until eclips4d has all frames; those it does not have by then stay here. Returns how many these are."""
        self._until = time.monotonic() + patience_s
        self._thread.join()
        return len(self.held)

    def _file(self, index):
        return self._folder / "{:012d}.frame".format(index)  # noqa: UP032

    def _write(self, file, content):
        part = file.with_suffix(".part")
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)

    def _talk(self, address, keys):
        try:
            with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
                socket.linger, socket.immediate, socket.sndhwm, socket.maxmsgsize = 0, 1, 4, 1 << 16
                socket.identity = b"E" + uuid.uuid4().bytes
                if keys:
                    mine, theirs = (dict(re.findall(b'(\\w+) = "(.{40})"', Path(name).read_bytes())) for name in keys)
                    socket.curve_publickey, socket.curve_secretkey = mine[b"public"], mine[b"secret"]
                    socket.curve_serverkey = theirs[b"public"]
                socket.connect(address)
                while self._until is None or (self.held and time.monotonic() < self._until):
                    with self._lock, contextlib.suppress(zmq.Again):  # nobody is there, or busy
                        self._send(socket)
                    if socket.poll(20):
                        with self._lock:
                            self._told(**json.loads(socket.recv_multipart()[-1].decode()))
        except Exception as error:  # noqa: BLE001
            self.error = error

    def _send(self, socket):
        """Ask what is wanted when nothing was heard for a second; else send frames as far as there is room."""
        if time.monotonic() - self._heard > 1.0:
            self._say(socket, {"asked": self._asked + 1, "clock_s": time.time()})
            self._heard, self._asked = time.monotonic(), self._asked + 1
            return
        after = self._durable - 1  # number of the frame before: where one is missing between, it was lost here
        for number, index in sorted((index + self._offset, index) for index in self.held):
            if self._to_send <= number < self._room:
                with self._file(index).open("rb") as stream:
                    head, plain = json.loads(stream.readline().decode()), stream.read()
                head.update(run=self._run, number=number, after=after, clock_s=time.time())
                self._say(socket, head, plain)
                self._to_send = number + 1
            after = number

    def _say(self, socket, head, *plain):
        socket.send_multipart([b"E4B1", json.dumps(head).encode(), *plain], zmq.NOBLOCK)

    def _told(self, run, wanted, durable, room, answer, again):
        """Of the run there: the number it wants next, below which it has all on disk, up to which it has room."""
        self._heard = time.monotonic()
        if run != self._run or (not self.held and self._next + self._offset < wanted):
            self._run, self._offset, self._to_send = run, wanted - min(self.held, default=self._next), wanted
            self._write(self._folder / "run.json", json.dumps([run, self._offset]).encode())
        for index in [index for index in self.held if index + self._offset < durable]:
            del self.held[index]
            with contextlib.suppress(OSError):  # a virus scanner looks at it: it is let go when the next program asks
                self._file(index).unlink()
        self._durable, self._room = durable, room
        if again or answer == self._asked:
            self._to_send = wanted
