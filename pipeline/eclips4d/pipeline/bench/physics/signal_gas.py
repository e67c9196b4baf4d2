"""A gas is switched and nothing grows: by how much do heights seem to change?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.calibration_settings import CalibrationSettings, GasSettings
from eclips4d.core.gas_dilution import GasDilution
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.gas import in_gas
from eclips4d.inference.models import Model, load_model
from eclips4d.physics.detector import kappa
from eclips4d.physics.microscope import Microscope
from eclips4d.physics.signal.effects import Effects
from eclips4d.physics.signal.gas_skirt import gas_dilution
from eclips4d.pipeline.bench.physics.signal_cases import (
    AIR,
    HYDROGEN,
    InGas,
    facets,
    frame,
    instrument,
    microscope,
    patches,
    true_calibration,
)
from eclips4d.pipeline.bench.rows import Row, at_most

TABLE = "A gas switch without growth"
PATH_MM = 2.0
BAR_PERCENT = 0.5
_INSTRUMENT = instrument()


def gas_rows() -> list[Row]:
    """Apparent change of height from hydrogen to oxygen in nitrogen, with and without the gas in the calibration."""
    here = experiment()
    dilution = gas_dilution(PATH_MM, _INSTRUMENT.beam.energy_kev)
    rows = [
        Row(TABLE, f"scattered in 100 Pa H2 over {PATH_MM:g} mm, %", 100.0 * dilution.share(HYDROGEN)),
        Row(TABLE, f"scattered in 20 Pa O2 + 80 Pa N2 over {PATH_MM:g} mm, %", 100.0 * dilution.share(AIR)),
        Row(TABLE, "height change, %, gas not known", change_percent(here, PATH_MM, None)),
    ]
    for path in (1.0, 2.0, 4.0):
        known = change_percent(here, path, gas_dilution(path, _INSTRUMENT.beam.energy_kev))
        rows.append(at_most(TABLE, f"height change, %, gas known, {path:g} mm", abs(known), BAR_PERCENT))
    noisy = change_percent(here, PATH_MM, dilution, counting=True)
    rows.append(at_most(TABLE, "height change, %, gas known, 2 mm, one noisy frame each", abs(noisy), BAR_PERCENT))
    filed = abs(from_file_percent(here, PATH_MM, dilution))
    rows.append(at_most(TABLE, "height change, %, instrument file and first frame alone, noisy", filed, BAR_PERCENT))
    rows.append(
        Row(TABLE, "height change, %, only the contrast scaled", change_percent(here, PATH_MM, dilution, scaled=True))
    )
    bright = change_percent(here, PATH_MM, dilution, surroundings=1.1)
    rows.append(Row(TABLE, "height change, %, surroundings 10 % brighter than the field", bright))
    wrong = gas_dilution(1.2 * PATH_MM, _INSTRUMENT.beam.energy_kev)
    rows.append(Row(TABLE, "height change, %, path taken 20 % too long", change_percent(here, PATH_MM, wrong)))
    return rows


class Experiment(NamedTuple):
    """What looks at the facets, and what turns frames into heights."""

    microscope: Microscope
    model: Model


def experiment() -> Experiment:
    """A microscope of 1500 electrons a segment and the classical inversion."""
    return Experiment(microscope(_INSTRUMENT, 384, excess=1.2), load_model("analytic", _INSTRUMENT))


def change_percent(
    here: Experiment,
    path_mm: float,
    known: GasDilution | None,
    *,
    counting: bool = False,
    scaled: bool = False,
    surroundings: float = 1.0,
) -> float:
    """Height in the second gas over height in the first, less 1."""
    before, after = (height_in(here, side, path_mm, known, counting, scaled, surroundings) for side in (HYDROGEN, AIR))
    return _growth_percent(before, after)


def from_file_percent(here: Experiment, path_mm: float, known: GasDilution) -> float:
    """As `change_percent` with a snapshot as a run makes it: `[calibration.gas]`, noise and gains of the first frame.

    The file's contrast is that of an artefact imaged in the first gas.
    """
    diluted = kappa(_INSTRUMENT) * (1.0 - known.share(HYDROGEN))
    section = CalibrationSettings(
        artefact="pyramid:22",
        tilt_deg=(0.0,),
        kappa=(diluted,),
        kappa_u=(0.005 * diluted,),
        tilt_range_deg=(0.0, 40.0),
        scale_u=0.005,
        gas=GasSettings(per_unit=dict(known.per_unit), at=dict(HYDROGEN)),
    )
    said = _INSTRUMENT.model_copy(update={"calibration": section})
    frames = [_frame(here, side, path_mm, True, 1.0, seed) for seed, side in enumerate((HYDROGEN, AIR))]
    snapshot = estimate_calibration(frames[0], said)
    heights = [here.model(f, in_gas(snapshot, s, f)).height for f, s in zip(frames, (HYDROGEN, AIR), strict=True)]
    return _growth_percent(*(height.astype(np.float64) for height in heights))


def height_in(
    here: Experiment,
    side: Mapping[str, float],
    path_mm: float,
    known: GasDilution | None,
    counting: bool = False,
    scaled: bool = False,
    surroundings: float = 1.0,
    seed: int = 1,
) -> NDArray[np.float64]:
    """Height of the facets found in a gas.

    Parameters
    ----------
    known
        What the calibration says of the gas.
    scaled
        The gas only scales the contrast, instead of taking the skirt's level off.
    surroundings
        Brightness of what the skirt strikes, over the field's.
    """
    data = _frame(here, side, path_mm, counting, surroundings, seed)
    calibration = msgspec.structs.replace(true_calibration(_INSTRUMENT, 1.2), gas=known)
    there = _scaled(calibration, side) if scaled else in_gas(calibration, side, data)
    return here.model(data, there).height.astype(np.float64)


def _scaled(calibration: Calibration, side: Mapping[str, float]) -> Calibration:
    gas = calibration.gas
    factor = (1.0 - gas.share(side)) / (1.0 - gas.share(dict(gas.at))) if gas else 1.0
    return msgspec.structs.replace(
        calibration, contrast=tuple((x * factor, y * factor) for x, y in calibration.contrast)
    )


def _frame(
    here: Experiment, side: Mapping[str, float], path_mm: float, counting: bool, surroundings: float, seed: int
) -> NDArray[np.uint16]:
    effects = Effects(counting=counting, gas_path_mm=path_mm, gas_surroundings=surroundings)
    return frame(here.microscope.with_effects(effects), InGas(facets, patches, side_values=side), seed=seed)


def _growth_percent(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    centred = before - before.mean()
    return 100.0 * (float((centred * (after - after.mean())).sum() / (centred * centred).sum()) - 1.0)
