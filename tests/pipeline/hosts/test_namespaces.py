"""Three hosts that are network namespaces: lines with a bandwidth, one that is cut for a while, and a wrong key."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eclips4d.pipeline.bench.scaling.hosts.lab_run import LabRun
from eclips4d.pipeline.bench.scaling.hosts.namespaces import Namespaces, namespaces, what_is_lacking
from eclips4d.pipeline.bench.scaling.hosts.part import HOSTS
from eclips4d.pipeline.bench.scaling.hosts.trial import Times, refused, through_a_cut

LACKING = what_is_lacking()
pytestmark = pytest.mark.skipif(LACKING is not None, reason=str(LACKING))
RECORDING = {"microscope": ("acquisition",), "server": ("storage",)}
MEGABITS = 20.0
CUT_S = 12.0
"""Longer than a line without answers is kept."""
ASK = """
import socket, sys
host, port, number = sys.argv[1:]
with socket.create_connection((host, int(port)), 2) as taken:
    taken.sendall(bytes(int(number)))
"""


@pytest.fixture
def network() -> Iterator[Namespaces]:
    with namespaces(HOSTS, MEGABITS) as made:
        yield made


def sends(network: Namespaces, number: int) -> int:
    """Exit code of the microscope's host sending so many bytes to the server's."""
    command = [*network.inside("server"), sys.executable, "-c", SERVE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        words = [sys.executable, "-c", ASK, network.addresses["server"], port, str(number)]
        done = subprocess.run([*network.inside("microscope"), *words], capture_output=True, check=False)
        server.kill()
    return done.returncode


SERVE = """
import socket
with socket.create_server(("0.0.0.0", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    taken, _ = listener.accept()
    while taken.recv(65536):
        pass
"""


def test_a_line_that_is_cut_lets_nothing_pass_until_it_is_mended(network: Namespaces) -> None:
    assert sends(network, 100_000) == 0
    assert network.sent_bytes("microscope") > 100_000, "with headers"
    network.cut("server")
    assert sends(network, 1) != 0
    network.mend("server")
    assert sends(network, 1) == 0


def test_nothing_is_left_of_them() -> None:
    with namespaces(HOSTS, MEGABITS):
        made = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    left = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    gone = {line.split()[0] for line in made.splitlines()} - {line.split()[0] for line in left.splitlines()}
    assert len(gone) == len(HOSTS) + 1 and all(name.startswith("e4d") for name in gone)


@pytest.mark.slow
def test_a_cut_loses_nothing_and_a_wrong_key_is_refused(network: Namespaces, tmp_path: Path) -> None:
    """On 20 Mbit/s, half of which the frames take: what has piled up catches up while the source goes on."""
    frames_per_s, frames = 4.0, 100
    source = f"sim://copper-redox?size=256&fps={frames_per_s:g}&frames={frames}"
    run = LabRun(tmp_path, network, RECORDING, f'source = "{source}"\nrecord_only = true')
    run.write()
    with run.host("server"):
        code, _, line = refused(run, "microscope")
    assert code == 1 and "it allows 'microscope'" in line
    seen = through_a_cut(run, "microscope", "server", frames, frames_per_s, Times(3.0, CUT_S))
    assert (seen.code, seen.missed) == (0, 0)
    events = (run.store / "events.jsonl").read_text(encoding="utf-8")
    assert '"stage lost","name":"acquisition"' in events, "storage has noticed the dead line, and does not wait for it"
