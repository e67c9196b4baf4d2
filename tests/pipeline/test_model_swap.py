"""Another model for a running chain: the hub with played workers, a worker's shelf, and the whole chain."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from made_frames import make_instrument
from made_networks import small_unet, write_network
from played_run import PlayedRun

from eclips4d.core.errors import InputError
from eclips4d.core.messages import (
    End,
    Hello,
    Ready,
    Work,
)
from eclips4d.core.model_messages import ModelAnswer, ModelOffer, Prepare, Prepared
from eclips4d.inference.models import load_model
from eclips4d.inference.networks.weights import read_weights
from eclips4d.pipeline.adaptation.changing import change_model
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.config import Endpoints, RunConfig
from eclips4d.pipeline.model_shelf import ModelShelf
from eclips4d.pipeline.model_snapshot import snapshot, where_it_lies

OFFER = ModelOffer(key="k", name="best")


def answered(run: PlayedRun, offer: ModelOffer = OFFER) -> ModelAnswer:
    assert run.hub.active is not None
    run.step()
    return run.hub.active.models.take(offer)


def begun(tmp_path: Path) -> tuple[PlayedRun, Any, Any, Any, list[Any]]:
    run = PlayedRun(tmp_path)
    frames = list(run.source.frames())
    acquisition, (worker, registration) = run.acquisition(), run.others()
    for frame in frames[:3]:
        run.offer(acquisition, frame)
    return run, acquisition, worker, registration, frames


def test_frames_get_the_new_model_when_the_worker_is_ready(tmp_path: Path) -> None:
    run, acquisition, worker, registration, frames = begun(tmp_path)
    try:
        worker.send(Ready(credits=1))
        first = run.expect(worker, Work)
        assert first.body.model == "analytic"
        assert answered(run) == ModelAnswer(key="k")
        assert run.expect(worker, Prepare).body.name == "best"
        # The chain goes on meanwhile.
        run.finish_work(worker, registration, first)
        worker.send(Ready(credits=1))
        second = run.expect(worker, Work)
        assert second.body.model == "analytic"
        worker.send(Prepared(name="best", fingerprint="new"))
        run.finish_work(worker, registration, second)
        for _ in range(20):
            answer = answered(run)
        assert answer.fingerprint == "new" and answer.first is not None and answer.first >= 2
        for frame in frames[3:]:
            run.offer(acquisition, frame)
        acquisition.send(End(total=6))
        worker.send(Ready(credits=6))
        told = {}
        for _ in range(4):
            work = run.expect(worker, Work)
            told[work.body.header.sequence] = work.body.model
            run.finish_work(worker, registration, work)
        assert told == {s: "best" if s >= answer.first else "analytic" for s in range(2, 6)}
        run.hub.run()
    finally:
        run.close()
    with xr.open_zarr(run.out) as data:
        assert (data["status"].values & 1).all()
        assert data.attrs["eclips4d"]["extra"]["models_from"] == [[answer.first, "best"]]


def test_a_stated_frame_waits_for_its_model(tmp_path: Path) -> None:
    run, _, worker, registration, _ = begun(tmp_path)
    try:
        assert answered(run, ModelOffer(key="k", name="best", first=1)).first is None
        worker.send(Ready(credits=3))
        work = run.expect(worker, Work)
        assert (work.body.header.sequence, work.body.model) == (0, "analytic")
        run.finish_work(worker, registration, work)
        for _ in range(5):
            run.step()
        assert run.hub.active is not None and run.hub.active.ledger.next_fresh == 1
        worker.send(Prepared(name="best", fingerprint="new"))
        work = run.expect(worker, Work)
        assert (work.body.header.sequence, work.body.model) == (1, "best")
        late = answered(run, ModelOffer(key="late", name="live", first=0))
        assert "given to a worker already" in late.refused
    finally:
        run.close()


def test_a_model_that_a_worker_cannot_use_is_refused_and_the_run_goes_on(tmp_path: Path) -> None:
    run, _, worker, _, _ = begun(tmp_path)
    try:
        assert answered(run, ModelOffer(key="k", name="best", first=0)).first is None
        run.expect(worker, Prepare)
        worker.send(Prepared(name="best", refused="its engine says no"))
        for _ in range(20):
            answer = answered(run, ModelOffer(key="k", name="best", first=0))
        assert answer.refused == "its engine says no"
        worker.send(Ready(credits=1))
        assert run.expect(worker, Work).body.model == "analytic"
    finally:
        run.close()
    assert "model refused" in (run.out / "events.jsonl").read_text()


def test_a_damaged_file_is_refused_before_any_worker_hears_of_it(tmp_path: Path) -> None:
    network = write_network(tmp_path, small_unet(scale=0.3), "made")
    network.write_bytes(network.read_bytes()[:-9])
    run, _, _, _, _ = begun(tmp_path)
    try:
        offer = ModelOffer(key="k", name=str(network))
        assert answered(run, offer).first is None
        for _ in range(30):
            answer = answered(run, offer)
            time.sleep(0.01)
        assert "sha256 differs" in answer.refused
    finally:
        run.close()


def test_a_hub_that_was_killed_goes_on_with_the_schedule(tmp_path: Path) -> None:
    run, _, worker, _, frames = begun(tmp_path)
    try:
        answered(run)
        run.expect(worker, Prepare)
        worker.send(Prepared(name="best", fingerprint="new"))
        for _ in range(20):
            answer = answered(run)
        assert answer.first == 0
    finally:
        run.close()
    again = PlayedRun(tmp_path)
    try:
        acquisition, (worker, _) = again.acquisition(), again.others()
        again.offer(acquisition, frames[3])
        assert again.expect(worker, Prepare).body.name == "best", "workers that are new make it ready at once"
        worker.send(Ready(credits=1))
        assert again.expect(worker, Work).body.model == "best"
    finally:
        again.close()


def test_a_worker_that_dies_of_a_model_twice_has_it_refused(tmp_path: Path) -> None:
    run, _, worker, _, _ = begun(tmp_path)
    try:
        answered(run)
        run.expect(worker, Prepare)
        for pid in (71, 72, 73):
            worker.send(Hello(role="inference", name="inference-0", pid=pid))
            for _ in range(10):
                answer = answered(run)
        assert "again and again" in answer.refused
    finally:
        run.close()


def shelf(tmp_path: Path) -> ModelShelf:
    ends = Endpoints(hub="inproc://hub", surfaces="inproc://surfaces", notices="inproc://notices")
    config = RunConfig(run_id="test", source="none", out=tmp_path / "run.zarr", endpoints=ends, spill_dir=tmp_path)
    return ModelShelf(config, make_instrument())


def test_a_worker_makes_a_copied_model_ready_aside(tmp_path: Path) -> None:
    network = write_network(tmp_path, small_unet(scale=0.3), "made")
    name = snapshot(str(network), tmp_path / "run.zarr")
    network.unlink()
    models = shelf(tmp_path)
    try:
        own = models.of("analytic")
        models.prepare(name)
        deadline = time.monotonic() + 200.0
        told: list[Prepared] = []
        while not told and time.monotonic() < deadline:
            told = list(models.prepared())
            assert models.of("analytic") is own, "the work goes on"
            time.sleep(0.02)
        expected = load_model(where_it_lies(name, tmp_path / "run.zarr"), make_instrument()).fingerprint
        assert told == [Prepared(name=name, fingerprint=expected)]
        assert models.of(name).fingerprint == expected
        models.prepare("store:nowhere/none.onnx")
        while not (refused := list(models.prepared())) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert refused[0].refused
    finally:
        models.close()


def test_nobody_at_work_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="nobody who writes"):
        change_model(tmp_path / "none.zarr", "best", None, patience_s=0.0)
    assert main(["adapt", str(tmp_path / "none.zarr"), "--swap", str(tmp_path / "none.onnx")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_whole_chain_changes_its_model_between_two_frames(tmp_path: Path) -> None:
    """A live source that waits for nobody; a worker is killed while it makes the model ready; a damaged model first."""
    network = write_network(tmp_path, small_unet(scale=0.3), "made")
    broken = write_network(tmp_path, small_unet(scale=0.2), "broken")
    broken.write_bytes(broken.read_bytes()[:-7])
    out = tmp_path / "run.zarr"
    words = ["run", "sim://stepflow?size=64&fps=2&frames=2000", "--out", str(out), "--no-view", "--lag", "keep"]
    with subprocess.Popen([sys.executable, "-m", "eclips4d.pipeline", *words], stderr=subprocess.PIPE) as chain:
        try:
            wait_for(out, 3)
            with pytest.raises(InputError, match="sha256 differs"):
                change_model(out, str(broken), None)
            killer = kill_a_worker(chain.pid)
            answer = change_model(out, str(network), None)
            assert killer and answer.first is not None
            wait_for(out, answer.first + 3)
            end(chain)
        finally:
            chain.kill()
    with xr.open_zarr(out) as data:
        frames = data.sizes["time"]
        assert (data["status"].values & 1).all()
        assert np.array_equal(data["frame_id"].values, np.arange(frames))
        models = [model["fingerprint"] for model in data.attrs["eclips4d"]["models"]]
        used = [models[m] for m in data["model"].values]
        assert 0 < answer.first < frames
        assert set(used[: answer.first]) == {models[0]} and set(used[answer.first :]) == {answer.fingerprint}


def wait_until(out: Path, reached: Callable[[xr.Dataset], bool]) -> None:
    deadline = time.monotonic() + 200.0
    while time.monotonic() < deadline:
        if (out / "zarr.json").exists():
            with xr.open_zarr(out) as data:
                if reached(data):
                    return
        time.sleep(0.2)
    raise AssertionError("the run does not come so far")


def wait_for(out: Path, frames: int) -> None:
    wait_until(out, lambda data: data.sizes["time"] >= frames)


def end(chain: subprocess.Popen[bytes]) -> None:
    """Ctrl-C: however slow the machine is, its source has not ended before."""
    chain.send_signal(signal.SIGINT)
    assert chain.wait(280) == 130


def kill_a_worker(parent: int) -> bool:
    """Of this run, by its own process number."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    for child in children:
        if b"inference-0" in Path(f"/proc/{child}/cmdline").read_bytes():
            os.kill(int(child), signal.SIGKILL)
            return True
    return False


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_running_chain_goes_on_with_what_was_learned_from_its_own_frames(tmp_path: Path) -> None:
    """`adapt RUN --swap adapted` beside a source at its own pace whose detector is not where its file says."""
    out, told = tmp_path / "run.zarr", tmp_path / "told.toml"
    surface = "rms_nm=6&shortest_nm=60&longest_nm=200&drift_px=0&dose=20000&offset_mm=0.5,-0.4"
    recording = tmp_path / "rough.ome.tif"
    assert main(["simulate", f"rough?size=96&fps=0.25&frames=90&{surface}", "--out", str(recording)]) == 0
    lines = recording.with_name("rough.toml").read_text().splitlines()
    told.write_text("\n".join(line for line in lines if not line.startswith(("gain", "offset_mm"))))
    words = ["run", str(recording), "--speed", "realtime", "--instrument", str(told), "--out", str(out)]
    words += ["--no-view", "--lag", "keep"]
    with subprocess.Popen([sys.executable, "-m", "eclips4d.pipeline", *words], stderr=subprocess.PIPE) as chain:
        try:
            wait_for(out, 4)
            assert main(["adapt", str(out), "--frames", "4", "--swap", "adapted"]) == 0
            wait_until(out, lambda data: len(set(data["model"].values.tolist())) == 2)
            end(chain)
        finally:
            chain.kill()
    file = tmp_path / "run-adapted" / "slopes-live-adapted.onnx"
    with xr.open_zarr(out) as data:
        assert (data["status"].values & 1).all()
        models = [model["fingerprint"] for model in data.attrs["eclips4d"]["models"]]
        used = [models[m] for m in data["model"].values]
    assert len(set(used)) == 2 and used == sorted(used, key=used.index), "changed once"
    assert read_weights(file).fingerprint in used[-1]
