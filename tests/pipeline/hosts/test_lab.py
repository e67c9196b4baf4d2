"""The file of a run over several hosts: every stage is placed once, and a mistake is one line that names its key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.core.errors import InputError
from eclips4d.pipeline.hosts.lab import Lab, lab_of
from eclips4d.pipeline.hosts.share import WATCH, Share, processes, workers
from eclips4d.pipeline.security.keyring import addresses

GOOD = """
run_id = "lab"
source = "sim://copper-redox?size=64"
out = "run.zarr"
spill_dir = "spill"
port = 6000

[hosts.microscope]
address = "192.168.7.1"
stages = ["acquisition"]

[hosts.gpu]
address = "192.168.7.3"
stages = ["inference"]
workers = 2

[hosts.server]
address = "store.lab"
stages = ["storage", "registration", "windows"]
"""


def values(text: str = GOOD) -> dict[str, Any]:
    return tomllib.loads(text)


def lab(text: str = GOOD) -> Lab:
    return lab_of(values(text), "lab.toml")


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


@st.composite
def labs(draw: st.DrawFn) -> Lab:
    """Any placing of the stages on one to five hosts, with workers here and there."""
    names = [f"h{k}" for k in range(draw(st.integers(1, 5)))]
    stages: dict[str, list[str]] = {name: [] for name in names}
    for part in ("acquisition", "storage", "registration"):
        stages[draw(st.sampled_from(names))].append(part)
    for name in draw(st.lists(st.sampled_from(names), min_size=1, unique=True)):
        stages[name].append("inference")
    hosts: dict[str, dict[str, object]] = {
        name: {"address": f"10.0.0.{k}", "stages": parts} for k, (name, parts) in enumerate(stages.items()) if parts
    }
    for host in hosts.values():
        if "inference" in (parts := host["stages"]) and draw(st.booleans()):  # type: ignore[operator]
            host["workers"] = draw(st.integers(1, 4))
            assert parts
    return lab_of({**values(), "hosts": hosts}, "lab.toml")


@given(labs())
def test_every_stage_runs_on_exactly_one_host(made: Lab) -> None:
    everywhere = [stage for host in made.hosts for stage in processes(made, host)]
    wanted = {"storage", "registration", "acquisition", *(f"inference-{k}" for k in range(workers(made)))}
    assert len(everywhere) == len(set(everywhere))
    assert set(everywhere) == wanted


@given(labs())
def test_all_hosts_mean_the_same_ports_and_whose_they_are(made: Lab) -> None:
    """Who connects does so to the address of the host that binds, at the port that it binds."""
    served = {"hub": "storage", "notices": "storage", "surfaces": "registration"}
    for host in made.hosts:
        for stage in (*processes(made, host), WATCH):
            config = Share(made, host).config_of(stage)
            assert config.keys is not None and config.keys.own == host
            for what, role in served.items():
                owner = made.with_stage(role)  # type: ignore[arg-type]
                bound = getattr(Share(made, owner).config_of(role).endpoints, what)
                assert getattr(config.endpoints, what) == bound
                assert made.hosts[owner].address in bound


def test_workers_are_numbered_through_all_hosts_and_bound_the_frames_under_way() -> None:
    more = lab(GOOD + '\n[hosts.other]\naddress = "192.168.7.4"\nstages = ["inference"]\nworkers = 3\n')
    assert processes(more, "gpu") == ("inference-0", "inference-1")
    assert processes(more, "other") == ("inference-2", "inference-3", "inference-4")
    assert Share(more, "server").config_of("registration").workers == 5
    assert Share(more, "other").config_of("inference-3").workers == 3, "they share the processors of their own host"


def test_a_host_known_by_name_binds_to_all_interfaces_and_is_reached_by_name() -> None:
    assert Share(lab(), "server").config_of("storage").endpoints.hub == "tcp://*:6000"
    assert Share(lab(), "server").config_of("registration").endpoints.hub == "tcp://store.lab:6000"
    assert Share(lab(), "gpu").config_of("inference-0").endpoints.surfaces == "tcp://store.lab:6001"
    assert Share(lab(), "server").windows_address() == "tcp://store.lab:6003"


def test_the_ports_are_four_different_ones_and_listen_says_where() -> None:
    share = Share(lab(GOOD + 'listen = "192.168.7.2"\n'), "server", Path("folder"))
    bound = [a for a in addresses(share.config_of("storage").endpoints) if a.startswith("tcp")]
    assert sorted(map(port_of, bound)) == [6000, 6001, 6002, 6003]
    assert share.config_of("storage").endpoints.hub == "tcp://192.168.7.2:6000"


def test_keys_are_those_of_the_hosts_that_serve() -> None:
    keys = Share(lab(GOOD.replace('"store.lab"', '"store.lab"\nkey = "vault"')), "gpu").config_of("inference-0").keys
    assert keys is not None
    assert (keys.hub, keys.surfaces, keys.own) == ("vault", "vault", "gpu")


def test_hosts_that_are_all_this_one_need_no_keys() -> None:
    text = (
        GOOD.replace("192.168.7.1", "127.0.0.1").replace("192.168.7.3", "127.0.0.2").replace("store.lab", "127.0.0.3")
    )
    assert Share(lab(text), "gpu").config_of("inference-0").keys is None
    assert Share(lab(text), "gpu", keys=Path("keys")).config_of("inference-0").keys is not None


def test_a_run_that_only_records_leaves_the_rest_out() -> None:
    recording = lab("record_only = true\n" + GOOD)
    assert [processes(recording, host) for host in recording.hosts] == [("acquisition",), (), ("storage", "windows")]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('["acquisition"]', '["acquisition", "storage"]', "[hosts] storage is on microscope and server"),
        ('["acquisition"]', '["kitchen"]', "[hosts.microscope.stages[0]]"),
        ('["acquisition"]', '["windows", "acquisition"]', "[hosts] windows is on"),
        ('["acquisition"]', '["acquisition", "acquisition"]', "[hosts.microscope] has 'acquisition' twice"),
        ('["inference"]', '["inference"]\nspeed = 3', "[hosts.gpu.speed]"),
        ('stages = ["inference"]', "stages = []", "[hosts.gpu.stages]"),
        ('stages = ["acquisition"]', 'stages = ["acquisition"]\nworkers = 2', "[hosts.microscope] has workers"),
        ("workers = 2", "workers = 0", "[hosts.gpu.workers]"),
        ('"192.168.7.3"', '"192.168.7.1"', "[hosts.microscope] and [hosts.gpu] have one address"),
        ('"192.168.7.3"', '"tcp://192.168.7.3:5"', "[hosts.gpu.address]"),
        ('"192.168.7.3"', '"127.0.0.1"', "[hosts.gpu.address] is loopback"),
        ("[hosts.gpu]", '[hosts."gpu one"]', "[hosts.gpu one]"),
        ("port = 6000", "port = 65535", "[port]"),
        ("port = 6000", "workers = 2", "[workers]"),
        ("port = 6000", '[endpoints]\nhub = "tcp://x:1"', "[endpoints]"),
        ('out = "run.zarr"', "", "[out]"),
        ('out = "run.zarr"', 'out = "run.zarr"\nskip_lag = 3', "[skip_lag]"),
        ('"storage", "registration"', '"storage"', "[hosts] no host has registration"),
    ],
)
def test_a_mistake_is_named(old: str, new: str, named: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError) as refused:
        lab(GOOD.replace(old, new))
    said = str(refused.value)
    assert named in said and "lab.toml" in said and "\n" not in said


def test_windows_are_served_where_the_store_is() -> None:
    moved = GOOD.replace(', "windows"', "").replace('["inference"]', '["inference", "windows"]')
    with pytest.raises(InputError, match=r"\[hosts.gpu.stages\] windows are served where the store is"):
        lab(moved)


def test_the_page_shows_a_file_that_is_one(repository: Path) -> None:
    page = (repository / "docs" / "scaling.md").read_text(encoding="utf-8")
    shown = lab("#" + page.partition("```toml\n# lab.toml")[2].partition("```")[0])
    assert [processes(shown, host) for host in shown.hosts] == [
        ("acquisition",),
        ("inference-0", "inference-1"),
        ("inference-2",),
        ("storage", "windows", "registration"),
    ]
    assert Share(shown, "server").windows_address() == "tcp://192.168.7.2:5554"
    told = [f"eclips4d host {host} --config lab.toml" in page for host in shown.hosts]
    assert all(told) and "eclips4d view tcp://192.168.7.2:5554 --host server" in page


def test_without_hosts_there_is_nothing_to_start() -> None:
    with pytest.raises(InputError, match=r"\[hosts\] this key is missing"):
        lab(GOOD.partition("[hosts.")[0])
