"""Still surfaces and instruments on which effects of the instrument are sized."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.instrument import Instrument
from eclips4d.physics.detector import segment_response
from eclips4d.physics.microscope import Exposure, Microscope
from eclips4d.physics.scenes import Lines
from eclips4d.physics.signal.effects import Effects

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

DARK_ADU = 100.0
ADU = 8.0
HYDROGEN = {"pressure_h2": 100.0}
AIR = {"pressure_o2": 20.0, "pressure_n2": 80.0}


@dataclass(frozen=True)
class InGas:
    """A surface that does not change, in a gas that may.

    Attributes
    ----------
    height, relative_yield, grain
        Functions of (x, y), nm.
    side_values
        Of the gas, all the time.
    """

    height: Callable[[F64, F64], F64]
    relative_yield: Callable[[F64, F64], F64] = lambda x, y: np.ones_like(x)
    grain: Callable[[F64, F64], F64] = lambda x, y: np.zeros_like(x)
    side_values: Mapping[str, float] = field(default_factory=dict)

    def lines(self, x0_nm: F64, step_nm: float, count: int, y_nm: F64, t_s: F64) -> Lines:
        """See `Scene.lines`."""
        x = x0_nm[:, None] + step_nm * np.arange(count)
        y = np.broadcast_to(y_nm[:, None], x.shape)
        return Lines(self.height(x, y), self.relative_yield(x, y), self.grain(x, y).astype(np.int16))

    def side(self, t_s: float) -> dict[str, float]:
        """See `Scene.side`."""
        return dict(self.side_values)


def flat(x: F64, y: F64) -> F64:
    """Nothing but a plane."""
    return np.zeros_like(x)


def facets(x: F64, y: F64) -> F64:
    """Frusta on a square grid of 400 nm: faces of 10, 20, 30 and 38 degrees by turns, flat tops and floors."""
    column, row = np.floor(x / 400.0), np.floor(y / 400.0)
    u, v = np.abs(x / 400.0 - column - 0.5) * 400.0, np.abs(y / 400.0 - row - 0.5) * 400.0
    steep = np.tan(np.radians(np.array([10.0, 20.0, 30.0, 38.0])))[np.mod(column + 3.0 * row, 4.0).astype(int)]
    return np.asarray(np.clip((150.0 - np.maximum(u, v)) * steep, 0.0, 100.0 * steep))


def patches(x: F64, y: F64) -> F64:
    """Yield 0.8, as cuprous oxide's beside copper's, on every other column of the grid of `facets`."""
    return np.where(np.mod(np.floor(x / 400.0), 2.0) == 0.0, 0.8, 1.0) + 0.0 * y


def instrument(
    pixel_nm: float = 4.0,
    *,
    dose: float = 1500.0,
    distance_mm: float = 10.0,
    take_off_deg: tuple[float, float] = (14.0, 42.0),
    energy_kev: float = 10.0,
    azimuths_deg: tuple[float, ...] = (0.0, 90.0, 180.0, 270.0),
) -> Instrument:
    """Four segments without gaps that accept `take_off_deg`; of true gains 1 and known dark levels."""
    inner, outer = (distance_mm * float(np.tan(np.radians(angle))) for angle in take_off_deg)
    n = len(azimuths_deg)
    return Instrument.model_validate(
        {
            "beam": {"energy_kev": energy_kev, "electrons_per_pixel": dose, "adu_per_electron": ADU},
            "scan": {"pixel_size_nm": pixel_nm, "line_time_s": 1e-3},
            "detector": {
                "distance_mm": distance_mm,
                "inner_radius_mm": inner,
                "outer_radius_mm": outer,
                "azimuths_deg": azimuths_deg,
                "gain": (1.0,) * n,
                "offset_adu": (DARK_ADU,) * n,
            },
        }
    )


def microscope(of: Instrument, size: int = 256, effects: Effects | None = None, excess: float = 1.0) -> Microscope:
    """An ideal microscope but for `effects`; without counting noise unless they ask for it."""
    n = of.segments
    return Microscope(
        instrument=of,
        shape=(size, size),
        gain=(1.0,) * n,
        offset_adu=(DARK_ADU,) * n,
        excess_noise=(excess,) * n,
        effects=effects or Effects(counting=False),
    )


def true_calibration(of: Instrument, excess: float = 1.0) -> Calibration:
    """What a perfect calibration in vacuum would know."""
    response, n = segment_response(of), of.segments
    adu = of.beam.adu_per_electron or 1.0
    return Calibration(
        gain=(1.0,) * n,
        offset_adu=(DARK_ADU,) * n,
        noise_slope_adu=(adu * excess,) * n,
        noise_floor_adu2=(1.0 / 12.0,) * n,
        flat=tuple(response.flat.tolist()),
        contrast=tuple((float(x), float(y)) for x, y in response.contrast),
        instrument=of.fingerprint,
    )


def frame(seen_by: Microscope, scene: InGas, start_s: float = 0.0, seed: int = 1) -> NDArray[np.uint16]:
    """One frame of a still scene."""
    return np.asarray(seen_by.expose(scene, Exposure(start_s=start_s), np.random.default_rng(seed)), dtype=np.uint16)


def with_effects(seen_by: Microscope, **effects: float | bool | str) -> Microscope:
    """The same microscope with these effects changed."""
    return seen_by.with_effects(seen_by.effects.model_copy(update=effects))
