"""Tables of the chain's speed: what is said of trials, kernels and long runs, without running long."""

from __future__ import annotations

from math import prod

import numpy as np
import onnx
import pytest
from onnx.shape_inference import infer_shapes

from eclips4d.core.results import Surface
from eclips4d.inference.networks.weights import read_weights
from eclips4d.pipeline.bench.speed.engines import part as engines
from eclips4d.pipeline.bench.speed.kernels.calls import kernels
from eclips4d.pipeline.bench.speed.kernels.part import what
from eclips4d.pipeline.bench.speed.kernels.products import giga_products
from eclips4d.pipeline.bench.speed.kernels.roofline import Machine, measured_machine
from eclips4d.pipeline.bench.speed.latency import part as latency
from eclips4d.pipeline.bench.speed.rate import part as rate
from eclips4d.pipeline.bench.speed.run import PARTS
from eclips4d.pipeline.bench.speed.soak import part as soak
from eclips4d.pipeline.bench.speed.strips import part as strips
from eclips4d.pipeline.bench.speed.trial import Trial
from eclips4d.pipeline.bench.speed.workers import part as workers
from eclips4d.pipeline.journal import STAGES


def a_trial(fps: float, frames: int = 60, latency_ms: float = 200.0, cpu_s: float = 0.1) -> Trial:
    steps = np.outer(np.ones(frames), np.linspace(0.2, 1.0, len(STAGES))) * latency_ms
    samples = [(k, cpu_s * k) for k in range(frames)]
    return Trial(fps, 0, latency_ms / 1e3, steps[:, -1], samples, steps)


def test_a_chain_that_meets_every_bar_and_one_that_meets_none():
    good = rate.told("t", 1024, a_trial(6.0), 6.3, [0.12] * 3, [0.1] * 3, 0.11, 8.0)
    assert [row.met for row in good if row.met is not None] == [True] * 3
    bad = rate.told("t", 1024, a_trial(4.0, latency_ms=900.0), 4.2, [0.14] * 3, [0.1] * 3, 0.11, 8.0)
    assert [row.met for row in bad if row.met is not None] == [False] * 3
    assert next(row.value for row in bad if "overhead" in row.what) == pytest.approx(40.0)
    assert next(row.value for row in bad if "every processor" in row.what) == pytest.approx(110.0)


def test_the_worst_frame_is_named_and_cold_ones_are_left_out():
    run = a_trial(5.0)
    run.steps_ms[0] = 9e4
    run.steps_ms[17, -1] = 777.0
    told = latency.told("t", run)
    assert "worst: 777 at frame 17" in told[-2].what
    assert told[-2].value == pytest.approx(200.0)
    assert told[-1].met and "in frame periods" in told[-1].what


def test_a_chain_that_is_late_by_more_than_three_periods_is_seen():
    told = latency.told("t", a_trial(5.0, latency_ms=700.0))
    assert told[-1].value == pytest.approx(3.5)
    assert not told[-1].met


def test_a_window_tells_when_it_had_painted():
    told = latency.seen("t", {"written": (1.0, 2.0, 3.0, 4), "shown": (90.0, 120.0, 150.0, 7), "durable": (1, 1, 1, 1)})
    assert [row.value for row in told] == [1.0, 90.0]
    assert "on the screen, ms, median [99 %: 120, worst: 150 at frame 7]" in told[1].what


def test_workers_are_tried_until_the_cores_are_full():
    assert workers.counts(2) == (1, 2, 3)
    assert workers.counts(16) == (1, 2, 3, 4, 6, 9, 13, 17)
    assert [workers.offered(2.0, n, 2) for n in (1, 2, 3)] == [3.0, 3.0, 3.0]
    assert [workers.offered(2.0, n, 16) for n in (1, 2, 6, 17)] == [3.0, 6.0, 18.0, 24.0]


def test_strips_are_held_against_their_own_time():
    good = strips.told("t", "a strip", (100.0, 300.0, 400.0, 3), 1.0)
    late = strips.told("t", "a strip", (100.0, 1300.0, 1400.0, 3), 1.0)
    assert (good.met, late.met, good.value) == (True, False, 300.0)
    assert not strips.told("t", "nobody tells", strips.UNKNOWN, 1.0).met


def test_frames_that_tell_nothing():
    run = a_trial(5.0)
    run.steps_ms[:, 2] = np.nan
    assert np.isnan(latency.told("t", run)[3].value)


def test_memory_that_grows_is_seen_and_memory_that_scatters_is_not():
    frames = np.arange(200.0)
    noise = np.random.default_rng(0).normal(0.0, 1.0, 200)
    flat = soak.Watched(list(frames), list(300.0 + noise), [12.0] * 200)
    grows = soak.Watched(list(frames), list(300.0 + frames + noise), [12.0] * 100 + [40.0] * 100)
    assert [row.met for row in soak.told("t", "storage", flat)] == [True, True]
    assert [row.met for row in soak.told("t", "storage", grows)] == [False, False]
    assert np.isnan(soak.told("t", "storage", soak.Watched())[0].value)


def test_a_floor_is_what_takes_longer():
    machine = Machine(bytes_per_s=1e10, f32_per_s=1e11)
    assert machine.floor_ms(100.0) == pytest.approx(10.0)
    assert machine.floor_ms(100.0, 2.0) == pytest.approx(20.0)
    assert machine.floor_ms(100.0, 2.0, short=True) == pytest.approx(10.0)
    here = measured_machine()
    assert here.bytes_per_s > 1e8
    assert here.f32_per_s > 1e8


@pytest.mark.parametrize("name", ["slopes-live", "integrator-live"])
def test_products_are_those_that_onnx_counts(name: str):
    weights = read_weights(name)
    found = giga_products(weights.onnx, (weights.card.inputs, 64, 96))
    assert found == pytest.approx(counted(weights.onnx, weights.card.inputs, 64, 96) / 1e9, rel=1e-9)


def counted(file: bytes, channels: int, rows: int, columns: int) -> float:
    """By the shapes that ONNX infers."""
    model = onnx.load_from_string(file)
    for axis, size in zip(model.graph.input[0].type.tensor_type.shape.dim, (1, channels, rows, columns), strict=True):
        axis.dim_value = size
    graph = infer_shapes(model).graph
    shapes = {
        value.name: [axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in (*graph.value_info, *graph.input, *graph.output)
    } | {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    total = 0.0
    for node in graph.node:
        if node.op_type in ("Conv", "ConvTranspose"):
            met = shapes[node.output[0] if node.op_type == "Conv" else node.input[0]]
            total += prod(met) * prod(shapes[node.input[1]][1:])
    return total


def test_every_kernel_runs_and_says_what_limits_it():
    found = kernels("live", 192)
    machine = Machine(1e10, 1e11)
    assert len(found) == 15
    for name, kernel in found.items():
        kernel.call()
        assert "floor" in what(name, kernel, machine)


def made_surface(height: np.ndarray, tilt_deg: float = 0.0) -> Surface:
    slope = np.stack([np.full(height.shape, np.tan(np.radians(30.0 + tilt_deg))), np.zeros(height.shape)])
    plane = np.zeros(height.shape, np.float32)
    return Surface(
        slope.astype(np.float32), plane, height.astype(np.float32), plane, plane, np.zeros(height.shape, np.uint8)
    )


def test_engines_are_compared_in_degrees_and_nanometres():
    height = np.random.default_rng(1).normal(size=(32, 40))
    truth = height + np.random.default_rng(2).normal(size=height.shape) + np.linspace(0.0, 9.0, 40)
    found = {
        "torch f32": engines.Seen(made_surface(height), 2.0),
        "openvino bf16": engines.Seen(made_surface(height, tilt_deg=0.2), 1.0),
        "openvino f32": engines.Seen(made_surface(height + 0.5 * np.eye(32, 40)), 1.0),
    }
    told = {row.what: row for row in engines.told("t", found, truth)}
    assert told["reference: torch f32; height error, rms, nm"].value == pytest.approx(1.0, rel=0.1)
    turned = told["openvino bf16: angle between normals, rms, degrees"]
    assert (turned.value, turned.met) == (pytest.approx(0.2, abs=1e-4), False)
    assert told["openvino f32: angle between normals, rms, degrees"].met
    assert told["openvino f32: height, rms, nm"].value == pytest.approx(0.5 * np.eye(32, 40).std(), rel=1e-5)
    assert told["openvino bf16: more height error against truth, share"].value == 0.0


def test_every_engine_of_this_machine_is_asked():
    asked = dict(engines.pairs("live"))
    assert {"openvino f32", "torch f32"} <= set(asked)
    assert all(name.endswith(pair.slopes.precision) for name, pair in asked.items())


def test_every_part_has_its_place_in_the_page(pytestconfig):
    page = (pytestconfig.rootpath / "docs" / "performance.md").read_text(encoding="utf-8")
    for part in PARTS:
        assert f"--part {part}" in page
