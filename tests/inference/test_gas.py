"""A gas that scatters part of the beam: what the calibration does about it, against frames diluted by definition."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from eclips4d.core.calibration import Calibration
from eclips4d.core.gas_dilution import GasDilution
from eclips4d.core.instrument import parse_instrument
from eclips4d.inference.analytic import analytic_model
from eclips4d.inference.gas import dilution_of, in_gas
from eclips4d.physics.detector import segment_response

TOML = """
[beam]
energy_kev = 10
[scan]
pixel_size_nm = 4
[detector]
distance_mm = 6
inner_radius_mm = 1.75
outer_radius_mm = 7
azimuths_deg = [45, 135, 225, 315]
"""
INSTRUMENT = parse_instrument(TOML)
GAS = GasDilution(per_unit=(("pressure_h2", 4e-4), ("pressure_o2", 2e-3)), at=(("pressure_h2", 100.0),))
DARK = (100.0, 120.0, 90.0, 110.0)


def slopes() -> np.ndarray:
    y, x = np.mgrid[:48, :64] / 9.0
    return np.stack([0.3 * np.sin(x) * np.cos(y), 0.25 * np.cos(x + y)])


def frame(share: float) -> np.ndarray:
    """Lambert signals of the slopes, part of each segment's mean in their place; a patch yields less."""
    response = segment_response(INSTRUMENT)
    yields = np.where(np.mgrid[:48, :64][1] > 40, 0.7, 1.0) / np.sqrt(1.0 + (slopes() ** 2).sum(0))
    signal = 60000.0 * yields * (response.flat[:, None, None] - np.tensordot(response.contrast, slopes(), 1))
    mixed = (1.0 - share) * signal + share * signal.mean((1, 2), keepdims=True)
    return np.rint(mixed + np.array(DARK)[:, None, None]).astype(np.uint16)


def calibration(share_at: float = 0.0, gas: GasDilution | None = GAS) -> Calibration:
    """With the contrast that an artefact shows in the gas it was imaged in."""
    response = segment_response(INSTRUMENT)
    return Calibration(
        gain=(1.0,) * 4,
        offset_adu=DARK,
        noise_slope_adu=(1.0,) * 4,
        noise_floor_adu2=(4.0,) * 4,
        flat=tuple(response.flat.tolist()),
        contrast=tuple(map(tuple, (response.contrast * (1.0 - share_at)).tolist())),
        gas=gas,
    )


def scale(found: np.ndarray) -> float:
    """Slope of what was found over the true one."""
    return float((found * slopes()).sum() / (slopes() ** 2).sum())


@pytest.mark.parametrize(
    "side", [{"pressure_h2": 100.0}, {"pressure_o2": 80.0}, {"pressure_h2": 20.0, "pressure_o2": 25.0}]
)
def test_slopes_do_not_depend_on_the_gas(side: dict[str, float]) -> None:
    model, here = analytic_model(INSTRUMENT), GAS.share(side)
    data = frame(here)
    given = calibration(GAS.share(dict(GAS.at)))
    assert scale(model(data, in_gas(given, side, data)).slope) == pytest.approx(1.0, abs=1.5e-3)
    without = scale(model(data, msgspec.structs.replace(given, gas=None)).slope)
    assert without == pytest.approx((1.0 - here) / (1.0 - GAS.share(dict(GAS.at))), abs=0.03), (
        "what it would be otherwise"
    )


def test_nothing_known_or_nothing_there_changes_nothing() -> None:
    data = frame(0.0)
    ignorant = calibration(gas=None)
    assert in_gas(ignorant, {"pressure_o2": 50.0}, data) is ignorant
    vacuum = calibration(gas=GasDilution(per_unit=GAS.per_unit))
    assert in_gas(vacuum, {"temperature": 800.0}, data) is vacuum


def test_the_added_level_brings_its_noise() -> None:
    data, side = frame(0.1), {"pressure_o2": 50.0}
    given = calibration(gas=GasDilution(per_unit=GAS.per_unit))
    there = in_gas(given, side, data)
    level = np.array(there.offset_adu) - DARK
    assert level == pytest.approx(GAS.share(side) * (data[:, ::4].mean((1, 2)) - DARK))
    assert np.array(there.noise_floor_adu2) == pytest.approx(4.0 + level), "shot noise at one adu² per adu"


def test_the_instrument_file_tells_the_gas() -> None:
    assert dilution_of(INSTRUMENT) is None
    section = """
[calibration]
artefact = "pyramid:22"
tilt_deg = [0]
kappa = [0.6]
kappa_u = [0.01]
tilt_range_deg = [0, 22]
scale_u = 0.01
"""
    assert dilution_of(parse_instrument(TOML + section)) is None
    gas = "[calibration.gas]\nper_unit = {pressure_o2 = 2e-3}\nat = {pressure_o2 = 10.0}\n"
    found = dilution_of(parse_instrument(TOML + section + gas))
    assert found == GasDilution(per_unit=(("pressure_o2", 2e-3),), at=(("pressure_o2", 10.0),))
