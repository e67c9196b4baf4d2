"""A stage process: its metrics port, its configuration, its last word."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from eclips4d.core.errors import InputError
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.settings import parse_toml
from eclips4d.pipeline.config import Endpoints, RunConfig, to_toml
from eclips4d.pipeline.stage import port_of, run_stage, serve_metrics


def config(folder: Path, **settings: object) -> RunConfig:
    ends = Endpoints(hub=f"ipc://{folder}/h", surfaces=f"ipc://{folder}/s", notices=f"ipc://{folder}/n")
    return RunConfig.model_validate(
        {"run_id": "r", "source": "s", "out": folder / "o.zarr", "spill_dir": folder / "spill", "endpoints": ends}
        | settings
    )


def test_every_stage_has_a_port_of_its_own() -> None:
    names = ["storage", "acquisition", "registration", "inference-0", "inference-1", "inference-7"]
    ports = [port_of(name, 9100) for name in names]
    assert ports == [9100, 9101, 9102, 9103, 9104, 9110]


def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match=r"port \d+ is taken"):
            serve_metrics(StageMetrics("storage"), taken.getsockname()[1])


def test_a_configuration_survives_toml(tmp_path: Path) -> None:
    odd = config(
        tmp_path, source='a "quoted" \\ name.ome.tif', keep=("height", "trust"), skip_lag_s=2.5, record_only=True
    )
    assert parse_toml(RunConfig, to_toml(odd), "run.toml") == odd


def test_an_unknown_stage_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no stage 'kitchen'"):
        run_stage("kitchen", config(tmp_path))
