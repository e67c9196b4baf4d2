"""Why nothing is heard of another host: what one attempt to connect tells, in words."""

from __future__ import annotations

import socket
import tomllib

import pytest

from eclips4d.core.errors import InputError
from eclips4d.pipeline.hosts.lab import lab_of
from eclips4d.pipeline.hosts.reach import check_is_here, why_silent


def test_a_host_without_storage_is_told_from_one_that_does_not_speak_to_us() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        assert "the host is there, storage is not" in why_silent(address, "server")
        listener.listen()
        assert "owns the key 'server'" in why_silent(address, "server")
        assert "hangs" in why_silent(address, None)


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    assert "no host of this name" in why_silent("tcp://nowhere.lab:5551", None)


def test_a_network_that_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: object) -> None:
        raise OSError(113, "No route to host")

    monkeypatch.setattr(socket, "create_connection", cut)
    assert "not reached (No route to host)" in why_silent("tcp://10.1.2.3:5551", None)


LAB = """
run_id = "lab"
source = "sim://copper-redox?size=64"
out = "run.zarr"
spill_dir = "spill"
record_only = true
[hosts.here]
address = "192.0.2.1"
stages = ["storage"]
[hosts.there]
address = "192.0.2.2"
stages = ["acquisition"]
"""


def test_a_host_is_not_started_on_another_ones_machine() -> None:
    """192.0.2.0/24 is for documentation (RFC 5737): no machine has it."""
    lab = lab_of(tomllib.loads(LAB), "lab.toml")
    with pytest.raises(InputError, match=r"\[hosts.here.address\] 192.0.2.1 is no address of this machine"):
        check_is_here(lab, "here")
    check_is_here(lab, "there")  # binds to nothing: where it is does not matter
