"""The stages of a learned model as calls that can be timed, each on what the stages before it gave."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.engines.choose import load_network
from eclips4d.inference.integrate import integrate
from eclips4d.inference.models import load_model
from eclips4d.inference.networks.features import conditions, slope_features
from eclips4d.inference.networks.heads import corrected
from eclips4d.inference.networks.model import network_model
from eclips4d.inference.networks.pair import SIZES, load_pair
from eclips4d.inference.networks.weights import read_weights
from eclips4d.pipeline.bench.networks.judge.calibrating import frame_calibration
from eclips4d.pipeline.bench.networks.judge.exposing import exposed
from eclips4d.pipeline.bench.networks.judge.setting import SETTINGS

F32 = NDArray[np.float32]
Call = Callable[[], object]

DOSE = 1000.0


def stages_of(model: str, side: int, engine: str = "auto") -> dict[str, Call]:
    """Calls by the name of their stage, for a flat frame of 4 × side².

    Raises
    ------
    InputError
        There are no such weights, or the engine cannot be used.
    """
    setting = SETTINGS[0]
    instrument, calibration = frame_calibration(setting, DOSE, 1)
    whole, pixel = network_model(instrument, load_pair(model, engine)), instrument.scan.pixel_size_xy_nm
    flat = np.ones((setting.segments, side, side), np.float32)
    raw = exposed(flat, DOSE, setting, np.random.default_rng(1))
    closed = whole.slopes(raw, calibration)
    given = conditions(whole.slopes, calibration)
    seen = slope_features(closed, given)
    output = np.array(whole.networks.slopes(seen.planes))
    found = corrected(closed, seen, output)
    onnx = read_weights(f"slopes-{model}" if model in SIZES else model).onnx
    return {
        "closed form": partial(whole.slopes, raw, calibration),
        "least squares": partial(integrate, found.slope, pixel),
        "shadows": partial(whole.shadows, closed, calibration),
        "features": partial(slope_features, closed, given),
        f"slopes network, {whole.engine}": partial(whole.networks.slopes, seen.planes),
        "slopes network, openvino f32": partial(load_network(onnx, "openvino", precision="f32"), seen.planes),
        **({"slopes network, ONNX Runtime": by_onnx_runtime(onnx, seen.planes)} if find_spec("onnxruntime") else {}),
        "corrected slopes": partial(corrected, closed, seen, output),
        "integrator": partial(whole.integrator, found.slope, found.slope_sd),
        "whole model": partial(whole, raw, calibration),
        "model analytic": partial(load_model("analytic", instrument), raw, calibration),
    }


def by_onnx_runtime(onnx: bytes, planes: F32) -> Call:
    """The same network by ONNX Runtime on the processor, for comparison where it is installed."""
    runtime = cast(Any, import_module("onnxruntime"))
    options = runtime.SessionOptions()
    options.intra_op_num_threads = len(os.sched_getaffinity(0))
    session = runtime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    return partial(session.run, None, {session.get_inputs()[0].name: planes[None]})


def best_of(calls: Mapping[str, Call], rounds: int) -> dict[str, float]:
    """Milliseconds of each call: they take turns, once to get warm, and the best round of each counts."""
    for call in calls.values():
        call()
    best = dict.fromkeys(calls, np.inf)
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            best[name] = min(best[name], 1e3 * (time.perf_counter() - start))
    return best
