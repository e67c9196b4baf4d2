"""A site's script: it publishes side values, to test without an experiment.

`python -m eclips4d.acquisition.side.fake --at 127.0.0.1:5570` says `temperature` and `pressure` ten times a second.
"""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
import time
from collections.abc import Sequence
from threading import Event
from types import TracebackType

import zmq

PERIOD_S = 60.0
"""Of the temperature, up and down."""


class FakeSide:
    """A publisher of side values; bound to a free port of this host unless told where."""

    def __init__(self, at: str = "127.0.0.1:*") -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.PUB)
        self._socket.bind(f"tcp://{at}")
        self.at = self._socket.getsockopt_string(zmq.LAST_ENDPOINT).removeprefix("tcp://")

    def say(self, name: str, value: float, unit: str = "", time_s: float | None = None) -> None:
        """Publish one value, now unless told when."""
        at_s = time.time() if time_s is None else time_s
        self.say_bytes(json.dumps({"name": name, "value": value, "unit": unit, "time": at_s}).encode())

    def say_bytes(self, message: bytes) -> None:
        """Publish anything."""
        self._socket.send(message)

    def close(self) -> None:
        """Leave."""
        self._context.destroy(linger=0)

    def __enter__(self) -> FakeSide:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def experiment(time_s: float) -> dict[str, tuple[float, str]]:
    """What it says at a time: name, value and unit."""
    phase = 2.0 * math.pi * time_s / PERIOD_S
    return {"temperature": (800.0 + 20.0 * math.sin(phase), "degC"), "pressure": (100.0 + math.cos(phase), "Pa")}


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish until Ctrl-C, or for so many seconds."""
    parser = argparse.ArgumentParser(prog="python -m eclips4d.acquisition.side.fake", description=__doc__)
    parser.add_argument("--at", default="127.0.0.1:5570", metavar="HOST:PORT", help="where it publishes")
    parser.add_argument("--hz", type=float, default=10.0, help="how often")
    parser.add_argument("--seconds", type=float, default=math.inf, help="for how long")
    parser.add_argument("--ahead", type=float, default=0.0, metavar="S", help="how far its clock is ahead")
    asked = parser.parse_args(arguments)
    told = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    with FakeSide(asked.at) as fake:
        end_s = time.monotonic() + asked.seconds
        while time.monotonic() < end_s and not told.wait(1.0 / asked.hz):
            now_s = time.time()
            for name, (value, unit) in experiment(now_s).items():
                fake.say(name, value, unit, now_s + asked.ahead)
    return 0


if __name__ == "__main__":
    sys.exit(main())
