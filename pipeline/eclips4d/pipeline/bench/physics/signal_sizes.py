"""How much each effect of the instrument does to slopes, measured on simulated frames beside its closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.inference.models import load_model
from eclips4d.physics.detector import kappa, segment_response
from eclips4d.physics.signal.amplifier import delay_px
from eclips4d.physics.signal.effects import Effects
from eclips4d.physics.signal.levels import glow
from eclips4d.pipeline.bench.physics.signal_cases import (
    DARK_ADU,
    InGas,
    facets,
    flat,
    frame,
    instrument,
    microscope,
    true_calibration,
    with_effects,
)
from eclips4d.pipeline.bench.rows import Row

SYSTEMATIC = "False slopes by the instrument"
RANDOM = "Noise by the instrument"
_EXCESS = 1.2
_DOSE = 1500.0
_STEP_NM = 10.0


def size_rows() -> list[Row]:
    """False slopes of flat surfaces, then noise."""
    return [*_systematic(), *_random()]


def slopes(data: NDArray[np.uint16], of: Instrument) -> NDArray[np.float64]:
    """Slopes by the classical inversion with true gains and dark levels, [2, y, x]."""
    return load_model("analytic", of)(data, true_calibration(of, _EXCESS)).slope.astype(np.float64)


def _close(table: str, what: str, value: float, wanted: float, percent: float) -> Row:
    return Row(table, what, value, f"{wanted:.3g} ± {percent:g} %", bool(abs(value / wanted - 1.0) <= percent / 100.0))


def _systematic() -> list[Row]:
    of = instrument()
    per_percent = np.degrees(0.01 / (2.0 * kappa(of)))
    bright = with_gain(of, 0.01)
    tilt = _degrees(slopes(bright, of)[0].mean())
    light = with_effects(microscope(of, 64), laser_adu=24.0)
    cold, hot = (float(glow(np.array(t))) for t in (794.0, 806.0))
    return [
        _close(
            SYSTEMATIC, "opposite segments 1 % out of balance: tilt, deg (Lambert, 14-42 deg)", tilt, per_percent, 3
        ),
        Row(SYSTEMATIC, "the same as height over 1 um, nm", 1000.0 * float(np.tan(np.radians(tilt)))),
        _close(SYSTEMATIC, "one grain channels 1 %: tilt between grains, deg", _channelled(of), per_percent, 5),
        Row(
            SYSTEMATIC,
            "stray light of 24 adu (0.2 % of the signal): tilt, deg",
            _tilt(slopes(frame(light, InGas(flat)), of)),
        ),
        Row(SYSTEMATIC, "stage from 794 to 806 degC: its glow grows by, %", 100.0 * (hot / cold - 1.0)),
        Row(SYSTEMATIC, "beam tilted by 5 mrad at the border of 100 um: false slope, deg (estimate)", _beam_tilt()),
    ]


def with_gain(of: Instrument, imbalance: float) -> NDArray[np.uint16]:
    """A flat frame whose first segment is too bright, against the opposite one, by so much."""
    seen = microscope(of, 64)
    data = frame(seen, InGas(flat)).astype(np.float64)
    data[0] = (data[0] - DARK_ADU) * (1.0 + imbalance) + DARK_ADU
    return np.rint(data).astype(np.uint16)


def _channelled(of: Instrument) -> float:
    """Difference of slope between grains, over the difference of their asymmetries in per cent; deg."""
    two = InGas(flat, grain=lambda x, y: np.where(x < 0.0, 0.0, 1.0) + 0.0 * y)
    data = frame(with_effects(microscope(of, 64), channelling=0.01), two)
    found = slopes(data, of)
    step = found[0, :, 40:].mean() - found[0, :, :24].mean()
    signal = data.astype(np.float64)[[0, 2]] - DARK_ADU
    imbalance = np.log(signal[0] / signal[1])
    percent = 100.0 * (imbalance[:, 40:].mean() - imbalance[:, :24].mean())
    return _degrees(float(step / percent))


def _beam_tilt() -> float:
    """The lobe leans away from a tilted beam: what the real contrast has over Lambert's, times the tilt."""
    return _degrees(0.005 * (0.765 - 0.523) / 0.765)


def _degrees(slope: float) -> float:
    return abs(float(np.degrees(np.arctan(slope))))


def _tilt(found: NDArray[np.float64]) -> float:
    return _degrees(float(np.hypot(*found.mean(axis=(1, 2)))))


def _random() -> list[Row]:
    of = instrument(dose=_DOSE)
    floor = float(np.sqrt(2.0 * _EXCESS / segment_total(of)) / kappa(of))
    ideal = microscope(of, 256, Effects(), _EXCESS)
    counted = _noise(frame(ideal, InGas(flat)), of)
    lagged = with_effects(ideal, lag_px=0.5)
    return [
        _close(RANDOM, "1500 electrons a segment, excess 1.2: slope sd", counted, floor, 2),
        Row(
            RANDOM,
            "read noise 40 adu (5 electrons): slope sd over that",
            _over(ideal, of, counted, read_noise_adu=40.0),
        ),
        Row(RANDOM, "256 grey levels of 65536: slope sd over that", _over(ideal, of, counted, grey_levels=256)),
        Row(RANDOM, "lag of half a dwell time: slope sd over that", _noise(frame(lagged, InGas(flat)), of) / counted),
        Row(RANDOM, "lag of half a dwell time: image late by, px", delay_px(0.5)),
        Row(RANDOM, "row jitter 0.1 px on facets of 10-38 deg: slope rms over that", _jitter(of) / counted),
    ]


def segment_total(of: Instrument) -> float:
    """Electrons per pixel in all segments of a flat frame."""
    response = segment_response(of)
    return float(response.flat.sum() / response.flat.mean()) * (of.beam.electrons_per_pixel or 1.0)


def _noise(data: NDArray[np.uint16], of: Instrument) -> float:
    return float(np.sqrt(slopes(data, of).var(axis=(1, 2)).mean()))


def _over(ideal: object, of: Instrument, counted: float, **effects: float) -> float:
    changed = with_effects(ideal, **effects)  # type: ignore[arg-type]
    return _noise(frame(changed, InGas(flat)), of) / counted


def _jitter(of: Instrument) -> float:
    still = microscope(of, 256)
    shaken = with_effects(still, row_jitter_px=0.1)
    difference = slopes(frame(shaken, InGas(facets)), of) - slopes(frame(still, InGas(facets)), of)
    return float(np.sqrt((difference**2).mean()))
