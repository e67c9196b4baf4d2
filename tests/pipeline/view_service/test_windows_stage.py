"""The stage `windows`: what `eclips4d serve` does, as a stage of a run that its host watches over."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from view_service_helpers import shows, until

from eclips4d.core.errors import InputError
from eclips4d.pipeline.config import Endpoints, RunConfig, to_toml
from eclips4d.pipeline.stage import run_stage
from eclips4d.pipeline.view_service.addresses import place_of
from eclips4d.viewer.picture import Wanted
from eclips4d.viewer.remote.frames import RemoteFrames


def config(folder, store, windows: str | None) -> RunConfig:
    ends = Endpoints(
        hub=f"ipc://{folder}/h", surfaces=f"ipc://{folder}/s", notices=f"ipc://{folder}/n", windows=windows
    )
    return RunConfig(run_id="r", source="s", out=store, spill_dir=folder / "spill", endpoints=ends)


def test_it_shows_the_store_until_it_is_told_to_end(store, tmp_path, closing):
    store.grow(1)
    address = f"ipc://{tmp_path}/windows"
    file = tmp_path / "run.toml"
    file.write_text(to_toml(config(tmp_path, store.path, address)), encoding="utf-8")
    command = [sys.executable, "-m", "eclips4d.pipeline.stage", "windows", "--config", str(file)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            frames = closing(RemoteFrames(place_of(address)))
            until(frames, Wanted(), shows(Wanted()))
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()


def test_without_an_address_there_is_nothing_to_serve(store, tmp_path):
    with pytest.raises(InputError, match="add windows"):
        run_stage("windows", config(tmp_path, store.path, None))
