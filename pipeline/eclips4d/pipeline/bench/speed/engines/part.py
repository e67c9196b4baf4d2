"""Part `engines`: the same frame by every engine and precision of this machine, in degrees and nanometres.

Float32 by the reference engine is what they are compared with: torch where it is installed, which computes the graph
operation by operation, else OpenVINO. Beside the differences stands what both are off the truth: a difference matters
where it is not small beside that. The frames are the simulated microscope's.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.core.results import Surface
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.engines.choose import described, load_network
from eclips4d.inference.engines.network import Network, Precision
from eclips4d.inference.engines.openvino_engine import processor_precision
from eclips4d.inference.networks.model import network_model
from eclips4d.inference.networks.pair import SIZES, NetworkPair, load_pair
from eclips4d.inference.networks.weights import read_weights
from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.speed.context import SpeedContext

F64 = NDArray[np.float64]

SCENES = {"copper-redox": "copper-redox?islands_per_um2=12", "pyramid": "pyramid?"}
SIDE_PX, DOSE, SEED = 512, 1000, 3
MOST_DEG, MOST_SHARE = 0.1, 0.02
"""What short numbers may change: rms angle between the normals, and the error against truth."""
PRECISIONS: dict[str, tuple[Precision, ...]] = {"openvino": ("int8", "bf16", "f32"), "torch": ("f32",), "tensorrt": ()}
"""That an engine is asked for; TensorRT computes in what its plan is built for."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One frame's surface by one engine.

    Attributes
    ----------
    surface : Surface
    seconds : float
        Of the second call; the first compiles.
    """

    surface: Surface
    seconds: float


def rows(context: SpeedContext) -> list[Row]:
    """One table for each scene."""
    made: list[Row] = []
    for scene, address in SCENES.items():
        with context.console.status(f"engines on {scene}"):
            made += _of_scene(f"Engines, `{context.model}`, {scene}, 4 × {SIDE_PX}²", address, context.model)
    return made


def _of_scene(title: str, address: str, model: str) -> list[Row]:
    joint = "" if address.endswith("?") else "&"
    microscope = simulated_microscope(
        f"sim://{address}{joint}size={SIDE_PX}&dose={DOSE}&seed={SEED}&drift_px=0&fps=1000&frames=1"
    )
    frame = microscope.frame(0)
    calibration = estimate_calibration(frame.data, microscope.instrument)
    found: dict[str, Seen] = {}
    for name, networks in pairs(model):
        whole = network_model(microscope.instrument, networks)
        whole(frame.data, calibration)
        began = time.perf_counter()
        surface = whole(frame.data, calibration)
        found[name] = Seen(surface, time.perf_counter() - began)
    return told(title, found, np.asarray(microscope.truth(1).height_nm[0], np.float64))


def error_nm(surface: Surface, true_height: F64) -> float:
    """Rms of the height error, its plane taken off: an image does not tell the specimen's tilt."""
    error = surface.height - true_height
    y, x = (np.linspace(-1.0, 1.0, n) for n in error.shape)
    design = np.stack([np.ones(error.size), *(axis.ravel() for axis in np.meshgrid(x, y))], axis=1)
    return _rms(error.ravel() - design @ np.linalg.lstsq(design, error.ravel(), rcond=None)[0])


def pairs(model: str) -> Iterator[tuple[str, NetworkPair]]:
    """The model's networks by every engine and precision that this machine has; the reference first.

    Raises
    ------
    InputError
        There is no such model.
    """
    there = {name for name, (usable, _) in described().items() if usable}
    for engine in ("torch", "openvino", "tensorrt"):
        if engine not in there:
            continue
        pair = load_pair(model, engine)
        for precision in PRECISIONS[engine] or (pair.slopes.precision,):
            if engine == "openvino" and precision not in ("f32", processor_precision(), pair.slopes.precision):
                continue  # this processor has no instructions for it, or the networks no layers
            yield f"{engine} {precision}", _in(pair, model, engine, precision)


def _in(pair: NetworkPair, model: str, engine: str, precision: Precision) -> NetworkPair:
    if pair.slopes.precision == precision:
        return pair

    def again(kind: str) -> Network:
        weights = read_weights(f"{kind}-{model}" if model in SIZES else model)
        return load_network(weights.onnx, engine, where=weights.where, precision=precision)

    return replace(pair, slopes=again("slopes"), integrator=pair.integrator and again("integrator"))


def told(title: str, found: dict[str, Seen], true_height: F64) -> list[Row]:
    """Differences to the first, which is the reference, and errors of all."""
    reference = next(iter(found))
    base = found[reference]
    made = [Row(title, f"reference: {reference}; height error, rms, nm", error_nm(base.surface, true_height))]
    for name, seen in found.items():
        if name == reference:
            continue
        angle = angles_deg(seen.surface.slope, base.surface.slope)
        height = seen.surface.height.astype(np.float64) - base.surface.height
        share = error_nm(seen.surface, true_height) / made[0].value - 1.0
        short = not name.endswith("f32")
        late = float(np.percentile(angle, 99.9))
        made += [
            at_most(title, f"{name}: angle between normals, rms, degrees", _rms(angle), MOST_DEG if short else 0.01),
            Row(title, f"{name}: angle between normals, 99.9 %, degrees", late),
            Row(title, f"{name}: height, rms, nm", _rms(height - height.mean())),
            at_most(title, f"{name}: more height error against truth, share", share, MOST_SHARE),
            Row(title, f"{name}: time of the model over that of {reference}", seen.seconds / base.seconds),
        ]
    return made


def angles_deg(slope: NDArray[np.float32], other: NDArray[np.float32]) -> F64:
    """Between the normals of two slopes [2, y, x], degrees [y, x]."""
    p, q = slope.astype(np.float64), other.astype(np.float64)
    # By the cross product: the arc cosine of almost equal directions has no digits.
    across = np.stack([p[1] - q[1], q[0] - p[0], p[0] * q[1] - p[1] * q[0]])
    along = 1.0 + (p * q).sum(axis=0)
    return np.asarray(np.degrees(np.arctan2(np.sqrt((across**2).sum(axis=0)), along)))


def _rms(values: F64) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))
