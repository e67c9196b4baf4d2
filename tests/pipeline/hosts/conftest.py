"""Files of runs over hosts that are loopback addresses of this one."""

from __future__ import annotations

import socket
import tomllib
from contextlib import ExitStack
from pathlib import Path

import pytest

from eclips4d.pipeline.hosts.lab import Lab, lab_of

FRAMES = 6


def four_free_ports() -> int:
    """The first of four in a row that nobody listens on, on any loopback address."""
    while True:
        with ExitStack() as held:
            first = held.enter_context(socket.socket())
            first.bind(("0.0.0.0", 0))
            number: int = first.getsockname()[1]
            try:
                for k in range(1, 4):
                    held.enter_context(socket.socket()).bind(("0.0.0.0", number + k))
            except (OSError, OverflowError):
                continue
            return number


def lab_text(folder: Path) -> str:
    return f"""
run_id = "lab"
source = "sim://copper-redox?size=64&fps=20&frames={FRAMES}"
out = "{folder}/run.zarr"
spill_dir = "{folder}/spill"
log_dir = "{folder}/log"
port = {four_free_ports()}

[hosts.microscope]
address = "127.0.0.1"
stages = ["acquisition"]

[hosts.gpu]
address = "127.0.0.2"
stages = ["inference"]

[hosts.server]
address = "127.0.0.3"
stages = ["storage", "registration", "windows"]
"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return lab_of(tomllib.loads(lab_text(tmp_path)), "lab.toml")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """The file of a run that is recorded only, by two of the hosts."""
    file = tmp_path / "lab.toml"
    file.write_text("record_only = true\n" + lab_text(tmp_path), encoding="utf-8")
    return file
