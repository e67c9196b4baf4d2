"""Slopes as they are read off exactly rendered frames: shadows, saturation, an artefact's calibration.

Some are those of the closed form, some of the slopes networks that come with eclips4d, as the chain has them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.networks.model import NetworkModel, network_model
from eclips4d.inference.networks.pair import SIZES, load_pair
from eclips4d.training.integrator.detector import Reading
from eclips4d.training.integrator.relief import FINE, random_relief
from eclips4d.training.integrator.truth import pixel_means
from eclips4d.training.slopes.exposure import expose, random_camera
from eclips4d.training.slopes.rendered import Rendered
from eclips4d.training.slopes.setting import Setting, random_setting

F32 = NDArray[np.float32]

IMAGES_PER_SETTING, EXPOSURES = 12, 3
CHAINED = 0.5
"""Share of the frames that slopes networks read."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A reading and the true height, in pixel sizes, [y, x]."""

    reading: Reading
    height: F32


def seen_frames(rng: np.random.Generator, side_px: int) -> Iterator[Seen]:
    """Frames without end: several surfaces under each detector, several doses of each."""
    networks = [load_pair(size, "openvino", 1) for size in SIZES]
    while True:
        setting = random_setting(rng, side_px, FINE)
        models = [network_model(setting.instrument, pair) for pair in networks]
        for _ in range(IMAGES_PER_SETTING):
            relief = random_relief(rng, side_px)
            height = relief.height if relief.mesas is None else relief.height + relief.mesas
            truth = pixel_means(height, FINE, np.inf)
            signal = setting.simulator(height.astype(np.float64), relief.brightness)
            rendered = Rendered(setting, signal / np.float32(setting.flat.mean()), truth.slope, None, "")
            for _ in range(EXPOSURES):
                model = models[rng.integers(len(models))] if rng.random() < CHAINED else None
                yield Seen(_read(rng, setting, rendered, model), truth.height)


def _read(rng: np.random.Generator, setting: Setting, rendered: Rendered, model: NetworkModel | None) -> Reading:
    """Exposed and inverted. Gains and dark levels are as calibrated: their errors tilt the plane, as none can tell."""
    camera = random_camera(rng, len(rendered.signal))
    none = np.zeros(len(rendered.signal))
    camera = dataclasses.replace(camera, gain_error=none, dark_error_adu=none)
    raw, calibration = expose(rng, rendered, camera)
    if model is None:
        closed = setting.slopes(raw, calibration)
        return Reading(closed.slope, closed.slope_sd, closed.trust > 0)
    # As in the chain, where every pixel is measured: what the closed form cannot see the network has filled.
    found = model.read(raw, calibration)
    return Reading(found.slope, found.slope_sd, np.ones(found.slope_sd.shape, np.bool_))


def turned(seen: Seen, way: int) -> Seen:
    """One of the square's eight symmetries: bits 1 and 2 flip x and y, bit 4 swaps them; slopes turn with the image."""

    def plane(image: NDArray[Any]) -> NDArray[Any]:
        image = image[..., :: -1 if way & 2 else 1, :: -1 if way & 1 else 1]
        return np.ascontiguousarray(image.swapaxes(-1, -2) if way & 4 else image)

    signs = np.array([-1.0 if way & 1 else 1.0, -1.0 if way & 2 else 1.0], np.float32)[:, None, None]
    slope = plane(seen.reading.slope) * signs
    reading = Reading(
        np.ascontiguousarray(slope[::-1]) if way & 4 else slope,
        plane(seen.reading.slope_sd),
        plane(seen.reading.valid),
    )
    return Seen(reading, plane(seen.height))


def cut(seen: Seen, y: int, x: int, side: int) -> Seen:
    """A square of it."""
    at = (..., slice(y, y + side), slice(x, x + side))
    reading = Reading(seen.reading.slope[at], seen.reading.slope_sd[at], seen.reading.valid[at])
    return Seen(reading, seen.height[at])
