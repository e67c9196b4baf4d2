"""`eclips4d info` on stores: what they hold, what is wrong with them, and what `--repair` does about it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import xarray as xr
from growing_store import GrowingStore

from eclips4d.core.results import Datum, Drift, Status
from eclips4d.pipeline.cli import main
from eclips4d.storage.repair import verify

Told = dict[str, list[str]]


@pytest.fixture
def info(capsys, monkeypatch) -> Callable[..., tuple[int, Told]]:
    """Calls the command; its exit code, and the lines under each caption."""
    monkeypatch.setenv("COLUMNS", "250")

    def call(path: Path, *words: str) -> tuple[int, Told]:
        code = main(["info", str(path), *words])
        said: Told = {}
        caption = ""
        for line in capsys.readouterr().out.splitlines()[1:]:
            first, _, rest = line.strip().partition("  ")
            if line[1:2].strip():
                caption = first
                said[caption] = [rest.strip()]
            else:
                said[caption].append(line.strip())
        return code, said

    return call


@pytest.fixture
def store(make_store) -> GrowingStore:
    """Six frames, its writer gone."""
    made: GrowingStore = make_store()
    made.grow(6)
    made.finish()
    made.writer.close()
    return made


def flip(shard: Path) -> None:
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 0x10
    shard.write_bytes(data)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def status_of(path: Path) -> list[int]:
    with xr.open_zarr(path) as data:
        return [int(s) for s in data["status"].values]


# -- what it holds ---------------------------------------------------------------------------------------------------


def test_the_share_of_frames_and_the_newest_datum(make_store, info):
    store = make_store()
    store.grow(datum=Datum((0.0,) * 3, (0.0,) * 3))
    store.grow(datum=Datum((-1.5, 0.0, 0.0), (0.25, 1e-3, 1e-3)))
    store.grow()
    said = info(store.path)[1]
    assert "observable in 2 of 3 frames (66.7 %)" in said["height datum"][0]
    assert "frame 1 against frame 0: offset −1.50 ± 0.25 nm" in said["newest datum"][0]


def test_frames_recorded_only_have_no_datum(make_store, info):
    store = make_store()
    store.record(2)
    store.settle(2, Status.DEFERRED)
    assert "height datum" not in info(store.path)[1]


def test_what_is_noted_of_frames_is_counted_with_the_first_numbers(make_store, info):
    store = make_store()
    store.grow(2)
    store.record(12)
    store.settle(1, Status.QUARANTINED)
    store.settle(3, drift=Drift((0.0, 0.0), aligned=False))
    store.settle(6, Status.DEFERRED)
    code, said = info(store.path)
    assert code == 0
    assert said["frames"] == ["12 committed, 14 recorded, run not ended"]
    assert said["health"][:3] == ["1 quarantined: 2", "3 not aligned: 3–5", "6 deferred: 6–11"]
    assert said["health"][3].endswith(f"eclips4d run sim://plane --out {store.path}")
    assert said["models"] == ["analytic: 5 frames (fingerprint 0000000000000000)"]
    assert said["calibrations"][0].startswith("from frame 0 on: 5 frames")
    assert "enough for about" in said["room"][0]


def test_who_writes_it_is_said_and_nothing_is_repaired_meanwhile(make_store, info, capsys):
    store = make_store()
    store.grow()
    assert info(store.path)[1]["writer"][0].startswith(
        f"being written by process {os.getpid()} on {os.uname().nodename}"
    )
    assert main(["info", str(store.path), "--repair"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "is being written by process" in said


def test_the_newest_events_and_how_many_of_each(store, info):
    events = [{"time_utc": f"2026-01-01T00:00:0{k}+00:00", "event": "stage lost", "name": "w"} for k in range(7)]
    lines = [json.dumps(event) for event in [{"event": "run started", "committed": 0}, *events]]
    (store.path / "events.jsonl").write_text("\n".join(lines) + '\nnot JSON\n[1]\n{"event": "torn')
    said = info(store.path)[1]["events"]
    assert said[0] == "run started, 7 × stage lost"
    assert said[1:] == [f"2026-01-01 00:00:0{k} stage lost (name w)" for k in range(2, 7)]


# -- what is wrong ---------------------------------------------------------------------------------------------------


def test_a_sound_store(store, info):
    for words in ((), ("--verify",), ("--repair",)):
        code, said = info(store.path, *words)
        assert code == 0 and said["health"] == ["no gap, every frame aligned"]
    assert said["repair"][0].endswith("nothing damaged")
    assert said["writer"] == ["none"] and said["events"] == ["none"]


def test_missing_files_are_seen_at_a_glance(store, info):
    for frame in (1, 4):
        (store.path / "height" / f"c.{frame}.0.0").unlink()
    code, said = info(store.path)
    assert code == 1 and said["health"] == ["height lacks 2 of 6 frames", "mend it with --repair"]
    assert info(store.path, "--verify")[1]["health"][0] == "height is missing in frames 1, 4"


@pytest.mark.parametrize("damage", [flip, cut])
def test_damaged_results_are_found_by_checksum_and_made_again(store, info, damage):
    damage(store.path / "slope" / "c.3.0.0.0")
    assert info(store.path)[0] == 0
    code, said = info(store.path, "--verify")
    assert code == 1 and said["health"][0] == "slope is damaged in frame 3"
    before = status_of(store.path)
    code, said = info(store.path, "--repair")
    assert code == 0 and said["repair"][1:] == ["dropped: slope is damaged in frame 3"]
    assert said["health"] == [
        "1 deferred: 3",
        f"run this to make the results of frame 3: eclips4d run sim://plane --out {store.path}",
    ]
    assert said["events"][0] == "repaired" and "dropped slope of sequence 3" in said["events"][1]
    assert status_of(store.path) == [*before[:3], Status.DEFERRED, *before[4:]]
    assert info(store.path, "--verify")[0] == 0


def test_lost_pixels_are_said_and_all_else_stays(store, info):
    flip(store.path / "raw" / "c.2.0.0.0")
    (store.path / "raw" / "c.5.0.0.0").unlink()
    code, said = info(store.path, "--repair")
    assert code == 1
    assert "LOST: raw pixels of frames 2, 5, quarantined now" in said["repair"]
    with xr.open_zarr(store.path) as data:
        assert not data["height"].isnull().any()
    code, said = info(store.path)
    assert code == 0 and said["health"] == ["2 quarantined: 2, 5"]


@pytest.mark.parametrize("name", ["drift", "model", "status"])
def test_small_arrays_that_were_cut_are_made_anew(store, info, name):
    file = next(store.path.glob(f"{name}/c.*"))
    cut(file)
    code, said = info(store.path)
    assert code == 1 and said["health"][0] == f"{name} is cut short"
    code, said = info(store.path, "--repair")
    assert code == 0 and f"made anew, empty: {name}" in said["repair"]
    assert status_of(store.path) == [Status.DEFERRED] * 6 and said["health"][0] == "6 deferred: 0–5"
    assert not verify(store.path)


def test_times_cannot_be_had_again(store, info):
    cut(next(store.path.glob("time/c.*")))
    code, said = info(store.path, "--repair")
    assert code == 1 and "LOST: time of all frames" in said["repair"]


def test_damaged_metadata_is_said_and_mended(store, info, capsys):
    (store.path / "zarr.json").write_bytes(b"{")
    assert main(["info", str(store.path)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "info --repair" in said
    code, told = info(store.path, "--repair")
    assert code == 0 and "zarr.json was damaged: the commit before took its place" in told["repair"]
    assert told["frames"][0].startswith("6 committed, 6 recorded")


KILLED = """
import sys
sys.path[:0] = {path!r}
from pathlib import Path
from growing_store import create_store
store = create_store(Path(sys.argv[1]))
store.grow(2)
store.record(1)
print("writing", flush=True)
sys.stdin.read()
"""


def test_what_a_killed_writer_left_is_said_and_removed(tmp_path, info):
    path = tmp_path / "run.zarr"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED.format(path=sys.path), str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None and process.stdin is not None
    with process.stdin, process.stdout:
        assert process.stdout.readline() == b"writing\n"
        assert info(path)[1]["writer"][0].startswith(f"being written by process {process.pid} on ")
        process.send_signal(signal.SIGKILL)
        process.wait()
    (path / "height" / "c.2.0.0.__lock").touch()
    said = info(path)[1]["writer"][0]
    assert said.startswith(f"none; process {process.pid} on ") and "was killed; 1 unfinished file left" in said
    code, told = info(path, "--repair")
    assert code == 0 and "1 unfinished file of a killed writer removed" in told["repair"]
    assert told["writer"] == ["none"] and told["frames"] == ["2 committed, 3 recorded, run not ended"]
    assert not verify(path)


@pytest.mark.parametrize("option", ["--repair", "--verify"])
def test_sources_are_not_repaired(option, capsys):
    assert main(["info", "sim://copper-redox", option]) == 2
    assert f"{option} is for stores" in capsys.readouterr().err
