"""The kernels of the chain as calls, with what each has to move and to multiply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from eclips4d.core.messages import SurfaceOffer
from eclips4d.core.results import Drift, Surface
from eclips4d.core.wire import decode, encode
from eclips4d.inference.networks.features import PLANES
from eclips4d.inference.networks.heads import OUTPUTS
from eclips4d.inference.networks.pair import SIZES
from eclips4d.inference.networks.weights import read_weights
from eclips4d.pipeline.bench.networks.speed.stages import stages_of
from eclips4d.pipeline.bench.registration.scenes.exposing import CALIBRATION, header
from eclips4d.pipeline.bench.registration.speed import trials
from eclips4d.pipeline.bench.speed.kernels.products import giga_products
from eclips4d.pipeline.bench.speed.kernels.steep import SCENE, steep_calls
from eclips4d.registration import Registrar
from eclips4d.registration.resample import resample
from eclips4d.storage.measure import synthetic_frame, synthetic_source
from eclips4d.storage.rounding import stored_planes

SEGMENTS = 4
RAW_BYTES, FLOAT_BYTES = 2.0, 4.0
SURFACE_PLANES = 6.25
"""Float planes of a surface: two slopes and their sd, height and its sd, residual; trust takes a byte."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A call and the least it has to do.

    Attributes
    ----------
    megabytes : float
        Read and written once.
    giga_products : float
        Multiplications of networks, 10⁹; of the other kernels memory is the floor.
    """

    call: Callable[[], object]
    megabytes: float
    giga_products: float = 0.0


def kernels(model: str, side: int, engine: str = "auto") -> dict[str, Kernel]:
    """By name, in the order in which a frame meets them.

    Raises
    ------
    InputError
        There is no such model, or the engine cannot be used.
    """
    plane = side * side / 1e6
    raw, surface = SEGMENTS * RAW_BYTES * plane, SURFACE_PLANES * FLOAT_BYTES * plane
    found = {} if model not in SIZES else _inference(model, side, engine, plane, raw)
    still = trials.still_movie(side)
    registrar = Registrar.start(header(0, still.frames[0].shape), still.frames[0], CALIBRATION)
    numbers = iter(range(1, 1 << 30))

    def located() -> object:
        k = next(numbers)
        return registrar.locate(header(k, still.frames[0].shape), still.frames[1 + k % (trials.FRAMES - 1)])

    source = synthetic_source(side, 1)
    frame, registered = synthetic_frame(source, 0)
    made = registered.surface
    return {
        "message between stages: checksums at both ends": Kernel(partial(_sent, made, frame.data), 2 * (raw + surface)),
        **found,
        "shift": Kernel(located, raw),
        "resampling of five planes": Kernel(partial(resample, made, Drift((3.3, -2.2), (0.4, 0.7))), 2 * surface),
        "rounding for the store": Kernel(partial(stored_planes, made, made.planes()), 2 * surface),
    }


def _inference(model: str, side: int, engine: str, plane: float, raw: float) -> dict[str, Kernel]:
    calls = stages_of(model, side, engine)
    network = next(name for name in calls if name.startswith("slopes network"))
    floats = FLOAT_BYTES * plane
    products = giga_products(read_weights(f"slopes-{model}").onnx, (len(PLANES), side, side))
    slopes_out, steep = 5.25 * floats, steep_calls(model, side, engine)
    shown = SEGMENTS * floats
    return {
        "closed form": Kernel(calls["closed form"], raw + slopes_out),
        "features": Kernel(calls["features"], slopes_out + (len(PLANES) + 4) * floats),
        network: Kernel(calls[network], (len(PLANES) + OUTPUTS / 4) * floats, products),
        "corrected slopes": Kernel(calls["corrected slopes"], (OUTPUTS / 4 + 8) * floats),
        "integrator": Kernel(calls["integrator"], 4 * floats, _integrator_products(model, side)),
        f"shadows, {SCENE}": Kernel(steep["shadows"], 5 * floats),
        f"judge's rendering, {SCENE}": Kernel(steep["rendering again"], 3 * floats + shown),
        f"judge, {SCENE}": Kernel(steep["judge"], raw + 8.25 * floats + shown),
        f"model {model}, whole, flat": Kernel(calls["whole model"], raw + SURFACE_PLANES * floats),
        f"model {model}, whole, {SCENE}": Kernel(steep["whole model"], raw + SURFACE_PLANES * floats),
        "model analytic, whole": Kernel(calls["model analytic"], raw + SURFACE_PLANES * floats),
    }


def _integrator_products(model: str, side: int) -> float:
    weights = read_weights(f"integrator-{model}")
    return giga_products(weights.onnx, (weights.card.inputs, side, side))


def _sent(surface: Surface, raw: np.ndarray) -> object:
    offer = SurfaceOffer(header=header(0, raw.shape), calibration=CALIBRATION, model="kernels", after=-1, stamps={})
    return decode(encode(offer, {"raw": raw, **surface.planes()}))
