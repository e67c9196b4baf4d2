"""Hosts that are network namespaces of this one, on a switch of their own whose lines have a bandwidth and can be cut.

```
 microscope ──veth── switch (a bridge in a namespace) ──veth── server
                       └──veth── gpu
```

A line that is cut is taken off the bridge: both ends keep their carrier and nothing arrives, as when a switch far away
fails. Needs root, `ip` and `tc` of iproute2, and `chrt` of util-linux.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from eclips4d.core.errors import InputError

NETWORK = "10.99.77"
BURST_BYTES = 256 << 10
LONGEST_QUEUE_MS = 50


class Namespaces:
    """The hosts, by name.

    Attributes
    ----------
    addresses : dict of str to str
        IPv4 numbers.
    """

    def __init__(self, hosts: Sequence[str], megabits_per_s: float) -> None:
        self._own = f"e4d{os.getpid()}"
        self._switch = f"{self._own}-switch"
        self._hosts = tuple(hosts)
        self.addresses = {name: f"{NETWORK}.{k}" for k, name in enumerate(hosts, start=1)}
        self._make_switch()
        for k, name in enumerate(hosts):
            self._plug_in(name, k, megabits_per_s)

    def inside(self, host: str) -> list[str]:
        """Words before a command that runs on the host."""
        return ["ip", "netns", "exec", self._space(host)]

    def cut(self, host: str) -> None:
        """Nothing passes between the host and the switch any more, and nobody is told."""
        _ip("-n", self._switch, "link", "set", self._port(host), "nomaster")

    def mend(self, host: str) -> None:
        """Everything passes again."""
        _ip("-n", self._switch, "link", "set", self._port(host), "master", "bridge")

    def sent_bytes(self, host: str) -> int:
        """What the host has put on its line so far, headers and all."""
        told = json.loads(_ip("-n", self._space(host), "-j", "-s", "link", "show", "dev", "line"))
        sent: int = told[0]["stats64"]["tx"]["bytes"]
        return sent

    def close(self) -> None:
        """Take everything down; lines go with their namespaces."""
        for space in (self._switch, *map(self._space, self._hosts)):
            subprocess.run(["ip", "netns", "delete", space], capture_output=True, check=False)

    def _make_switch(self) -> None:
        _ip("netns", "add", self._switch)
        _ip("-n", self._switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", self._switch, "link", "set", "bridge", "up")

    def _plug_in(self, host: str, number: int, megabits_per_s: float) -> None:
        space, port = self._space(host), self._port(host)
        _ip("netns", "add", space)
        _ip("-n", space, "link", "set", "lo", "up")
        ends = ("add", "line", "netns", space, "type", "veth", "peer", "name", port, "netns", self._switch)
        _ip("link", *ends)
        _ip("-n", space, "address", "add", f"{self.addresses[host]}/24", "dev", "line")
        for where, end in ((space, "line"), (self._switch, port)):
            _ip("-n", where, "link", "set", end, "up")
            shape = ("tbf", "rate", f"{megabits_per_s:g}mbit", "burst", f"{BURST_BYTES}b")
            _run("tc", "-n", where, "qdisc", "add", "dev", end, "root", *shape, "latency", f"{LONGEST_QUEUE_MS}ms")
        self.mend(host)

    def _space(self, host: str) -> str:
        return f"{self._own}-{host}"

    def _port(self, host: str) -> str:
        return f"port{self._hosts.index(host)}"


@contextmanager
def namespaces(hosts: Sequence[str], megabits_per_s: float) -> Iterator[Namespaces]:
    """Hosts for the block.

    Raises
    ------
    InputError
        This machine does not permit it.
    """
    if (lacking := what_is_lacking()) is not None:
        raise InputError(lacking, cure="run it as root, with iproute2 and util-linux installed")
    made = Namespaces(hosts, megabits_per_s)
    try:
        yield made
    finally:
        made.close()


def what_is_lacking() -> str | None:
    """Why there can be no namespaces here; None when there can."""
    for tool in ("ip", "tc", "chrt"):
        if shutil.which(tool) is None:
            return f"no {tool} is installed"
    probe = f"e4d{os.getpid()}-probe"
    added = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, check=False)
    subprocess.run(["ip", "netns", "delete", probe], capture_output=True, check=False)
    return None if added.returncode == 0 else f"no network namespace can be made: {added.stderr.strip()}"


def _ip(*words: str) -> str:
    return _run("ip", *words)


def _run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(f"{' '.join(words)}: {done.stderr.strip()}", cure="see whether the kernel has veth and tbf")
    return done.stdout
