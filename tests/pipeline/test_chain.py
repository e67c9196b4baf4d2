"""The whole chain as processes: every frame arrives, once, whatever is killed or interrupted on the way.

The yardstick is an undisturbed run, and that in turn is held against the pure functions called one after another.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
import psutil
import pytest
import tifffile
import xarray as xr
import zarr
from small_recording import small_recording

from eclips4d.acquisition.open import open_source
from eclips4d.core.instrument import parse_instrument
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.pipeline.cli import main
from eclips4d.registration.placing import Placer
from eclips4d.registration.registrar import Registrar
from eclips4d.storage.repair import repair
from eclips4d.storage.rounding import stored_planes

pytestmark = pytest.mark.timeout(400)
T = TypeVar("T")
FRAMES = 10
PERIOD_S = 0.4


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten small frames of the simulated microscope, 0.4 s apart."""
    folder = tmp_path_factory.mktemp("recording")
    return small_recording(folder, size=96, frames=FRAMES, period_s=PERIOD_S)


@pytest.fixture(scope="module")
def undisturbed(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a run that nothing happens to."""
    store = tmp_path_factory.mktemp("undisturbed") / "run.zarr"
    assert main(["run", str(recording), "--out", str(store), "--no-view"]) == 0
    return store


@pytest.fixture(scope="module")
def only_recorded(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a run that recorded and put off the rest; tests go on with copies of it."""
    store = tmp_path_factory.mktemp("recorded") / "run.zarr"
    assert main(["run", str(recording), "--out", str(store), "--no-view", "--record-only"]) == 0
    return store


def same(one: Path, other: Path, *, but: tuple[str, ...] = ()) -> None:
    """Every array of both stores is equal, latencies apart."""
    with xr.open_zarr(one) as a, xr.open_zarr(other) as b:
        assert set(a.variables) == set(b.variables)
        for name in set(a.variables) - {"latency_ms", *but}:
            np.testing.assert_array_equal(a[name].values, b[name].values, err_msg=name)


@contextmanager
def running(recording: Path, store: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command as a process of its own, at the recording's own pace."""
    command = [sys.executable, "-m", "eclips4d.pipeline", "run", str(recording), "--out", str(store), "--no-view"]
    process = subprocess.Popen([*command, "--speed", "realtime", *words], stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        for child in psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []:
            child.kill()
        process.kill()
        process.wait()


def stage_of(process: subprocess.Popen[bytes], name: str) -> psutil.Process:
    """The stage process of that name."""
    return until(lambda: next(stages_called(process, name), None), f"stage {name}")


def stages_called(process: subprocess.Popen[bytes], name: str) -> Iterator[psutil.Process]:
    """Living stage processes of that name."""
    for child in psutil.Process(process.pid).children():
        with suppress(psutil.NoSuchProcess):
            if name in child.cmdline():
                yield child


def until(look: Callable[[], T | None], what: str, seconds: float = 120.0) -> T:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"no {what} within {seconds} s")


def counted(store: Path, counter: str) -> int:
    """A counter of a store that may not be there yet; read as it stands there, for the chain needs the processors."""
    group = store / "zarr.json"
    return int(json.loads(group.read_bytes())["attributes"][counter]) if group.exists() else 0


def test_plain_xarray_sees_every_frame(undisturbed: Path, recording: Path) -> None:
    with xr.open_zarr(undisturbed) as data:
        assert data.sizes["time"] == FRAMES
        assert (data["status"].values & 1).all()
        np.testing.assert_array_equal(data["raw"].values, tifffile.imread(recording))
        np.testing.assert_allclose(data["time"].values, PERIOD_S * np.arange(FRAMES))
        assert np.isfinite(data["latency_ms"].values).all()


def test_the_chain_computes_what_the_pure_functions_do(undisturbed: Path, recording: Path) -> None:
    with open_source(str(recording)) as source:
        frames = list(source.frames())
        instrument = parse_instrument(source.info.instrument_toml)
    calibration = estimate_calibration(frames[0].data, instrument)
    model = load_model("analytic", instrument)
    placer = Placer(Registrar.start(frames[0].header, frames[0].data, calibration))
    placed = [p for f in frames for p in placer.take(f.header, f.data, model(f.data, calibration))]
    with xr.open_zarr(undisturbed) as data:
        for t, registered in enumerate(p.registered for p in placed):
            np.testing.assert_array_equal(data["drift"].values[t], registered.drift.start)
            np.testing.assert_array_equal(data["drift_rate"].values[t], registered.drift.rate)
            for name, plane in stored_planes(registered.surface, ("height", "slope", "residual", "trust")).items():
                np.testing.assert_array_equal(data[name].values[t], plane, err_msg=f"{name} of frame {t}")


def test_running_again_has_nothing_to_do(
    undisturbed: Path, recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(recording), "--out", str(undisturbed), "--no-view"]) == 0
    assert "nothing to do" in capsys.readouterr().out


def test_two_workers_give_the_same(undisturbed: Path, recording: Path, tmp_path: Path) -> None:
    store = tmp_path / "run.zarr"
    assert main(["run", str(recording), "--out", str(store), "--no-view", "--workers", "2"]) == 0
    same(undisturbed, store)


def test_recorded_now_inverted_later(undisturbed: Path, only_recorded: Path, recording: Path, tmp_path: Path) -> None:
    store = shutil.copytree(only_recorded, tmp_path / "run.zarr")
    with xr.open_zarr(store) as data:
        assert (data["status"].values == 32).all()
        assert np.isnan(data["height"].values).all()
        np.testing.assert_array_equal(data["raw"].values, tifffile.imread(recording))
    assert main(["run", str(recording), "--out", str(store), "--no-view"]) == 0
    same(undisturbed, store, but=("status",))
    with xr.open_zarr(store) as data:
        assert ((data["status"].values & 33) == 33).all()


@pytest.mark.parametrize("name", ["registration", "everything"])
def test_killed_while_catching_up(
    undisturbed: Path, only_recorded: Path, recording: Path, tmp_path: Path, name: str
) -> None:
    store = shutil.copytree(only_recorded, tmp_path / "run.zarr")
    with running(recording, store) as process:
        until(lambda: made_up_for(store) >= 2, "two frames made up for")
        for stage in psutil.Process(process.pid).children() if name == "everything" else [stage_of(process, name)]:
            with suppress(psutil.NoSuchProcess):
                stage.kill()
        if name == "everything":
            process.kill()
        process.wait(60)
    assert main(["run", str(recording), "--out", str(store), "--no-view"]) == 0
    same(undisturbed, store, but=("status",))


def made_up_for(store: Path) -> int:
    """Deferred frames that have their results by now."""
    status = zarr.open_array(store, path="status", mode="r")[:]
    return int(((status & 33) == 33).sum())


def test_results_of_the_first_frame_alone_are_made_anew_as_they_were(
    undisturbed: Path, recording: Path, tmp_path: Path
) -> None:
    """As when it was the one frame that a killed run had not written: what the second frame shows still counts."""
    store = tmp_path / "run.zarr"
    shutil.copytree(undisturbed, store)
    (store / "height" / "c.0.0.0").unlink()
    repair(store)
    assert main(["run", str(recording), "--out", str(store), "--no-view"]) == 0
    same(undisturbed, store, but=("status",))


@pytest.mark.parametrize("name", ["inference-0", "registration", "storage", "acquisition"])
def test_a_killed_stage_costs_nothing(undisturbed: Path, recording: Path, tmp_path: Path, name: str) -> None:
    store = tmp_path / "run.zarr"
    with running(recording, store) as process:
        until(lambda: counted(store, "committed") >= 2, "two committed frames")
        stage_of(process, name).kill()
        assert process.wait(90) == 0
    same(undisturbed, store)
    said = [json.loads(line)["event"] for line in (store / "events.jsonl").read_text().splitlines()]
    assert said[0] == "run started"
    assert said[-1] == "run ended"
    assert "source ended" in said
    assert ("run continued" if name == "storage" else "stage lost") in said
    assert {path.name for path in tmp_path.iterdir()} == {"run.zarr"}, "nothing is left beside the store"


def test_recording_goes_on_while_inference_is_dead(undisturbed: Path, recording: Path, tmp_path: Path) -> None:
    store = tmp_path / "run.zarr"
    with running(recording, store) as process:
        until(lambda: counted(store, "committed") >= 1, "a committed frame")
        while process.poll() is None and counted(store, "recorded") < FRAMES:
            for worker in stages_called(process, "inference-0"):
                worker.kill()
            time.sleep(0.02)
        assert counted(store, "recorded") == FRAMES
        before = counted(store, "committed")
        assert before < FRAMES
        process.wait(60)
    assert main(["run", str(recording), "--out", str(store), "--no-view"]) == 0
    same(undisturbed, store)


def test_ctrl_c_finishes_what_is_recorded_and_the_next_run_goes_on(
    undisturbed: Path, recording: Path, tmp_path: Path
) -> None:
    store = tmp_path / "run.zarr"
    with running(recording, store) as process:
        until(lambda: counted(store, "committed") >= 2, "two committed frames")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    committed = counted(store, "committed")
    assert 2 <= committed < FRAMES
    assert committed == counted(store, "recorded")
    assert main(["run", str(recording), "--out", str(store), "--no-view"]) == 0
    same(undisturbed, store)


def test_ctrl_c_before_the_source_starts_leaves_nothing(recording: Path, tmp_path: Path) -> None:
    store = tmp_path / "run.zarr"
    with running(recording, store) as process:
        stage_of(process, "inference-0")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert list(tmp_path.iterdir()) == []


def test_everything_killed_at_once_is_resumed(undisturbed: Path, recording: Path, tmp_path: Path) -> None:
    store = tmp_path / "run.zarr"
    with running(recording, store) as process:
        until(lambda: counted(store, "committed") >= 2, "two committed frames")
        stages = psutil.Process(process.pid).children()
        os.kill(process.pid, signal.SIGKILL)
        for stage in stages:
            stage.kill()
        process.wait(10)
    psutil.wait_procs(stages, 10)
    assert main(["run", str(recording), "--out", str(store), "--no-view"]) == 0
    same(undisturbed, store)
