"""Stages are timed in turns, and bars stand at what the real-time model may take."""

from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import pytest
from made_networks import silent_network, write_network
from rich.console import Console

from eclips4d.pipeline.bench.networks.context import BenchContext
from eclips4d.pipeline.bench.networks.speed import part
from eclips4d.pipeline.bench.networks.speed.stages import best_of, stages_of

TAKEN = {
    "closed form": 10.0,
    "least squares": 5.0,
    "slopes network, openvino bf16": 30.0,
    "integrator": 40.0,
    "whole model": 60.0,
    "model analytic": 20.0,
}


def test_the_best_of_several_rounds_counts() -> None:
    calls: list[str] = []

    def slow_at_first() -> None:
        end = time.perf_counter() + (0.02 if calls.count("slow") < 2 else 0.002)
        calls.append("slow")
        while time.perf_counter() < end:
            pass

    taken = best_of({"slow": slow_at_first, "quick": lambda: calls.append("quick")}, rounds=4)
    assert calls == ["slow", "quick"] * 5
    assert 2.0 <= taken["slow"] < 20.0
    assert taken["quick"] < 2.0


def test_bars_stand_for_the_real_time_model_only() -> None:
    rows = {row.what: row for row in part.rows_of("live", TAKEN)}
    assert rows["slopes network, openvino bf16"].met is True and rows["integrator"].met is False
    assert rows["whole model over closed form and least squares"].value == 4.0
    assert rows["integrator over least squares"].value == 8.0
    assert all(row.met is None for row in part.rows_of("best", TAKEN))


@pytest.mark.slow
def test_stages_do_what_the_model_does(tmp_path: Path) -> None:
    stages = stages_of(str(write_network(tmp_path, silent_network(), precision="f32")), 64)
    whole = stages["whole model"]()
    np.testing.assert_array_equal(stages["corrected slopes"]().slope_sd, whole.slope_sd)
    np.testing.assert_allclose(stages["integrator"](), whole.height, atol=1e-4 * np.ptp(whole.height))
    assert np.isfinite(stages["slopes network, openvino f32"]()).all()


def test_a_model_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    console = Console(file=io.StringIO())
    assert part.rows(BenchContext(console, models=(str(tmp_path / "none.onnx"),))) == []
    assert "not timed" in console.file.getvalue()
