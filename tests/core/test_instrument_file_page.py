"""docs/instrument-file.md tells every key of the instrument file, and its examples are instrument files."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from eclips4d.core.calibration_settings import CalibrationSettings, GasSettings, ValidFor
from eclips4d.core.instrument import Beam, Detector, Electrodes, Instrument, Scan, parse_instrument

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "instrument-file.md").read_text(encoding="utf-8")
WHOLE, POLYGONS, GAS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
TABLES = {"valid", "used_at", "gas", "side"}
"""Keys that are tables, told as `[calibration.NAME]`."""


def test_whole_example_is_an_instrument():
    instrument = parse_instrument(WHOLE)
    assert instrument.segments == 4
    assert instrument.electrodes is not None


def test_polygons_stand_in_place_of_radii():
    said = tomllib.loads(WHOLE)
    for key in ("inner_radius_mm", "outer_radius_mm", "gap_mm"):
        del said["detector"][key]
    said["detector"] |= tomllib.loads(POLYGONS)
    assert len(Instrument.model_validate(said).detector.polygons_mm or ()) == 4


def test_gas_of_the_example_scatters():
    said = tomllib.loads(WHOLE) | {"calibration": {"artefact": "pyramid:22"} | tomllib.loads(GAS)["calibration"]}
    calibration = Instrument.model_validate(said).calibration
    assert calibration is not None
    assert calibration.gas is not None
    assert 0.0 < calibration.gas.dilution().share({"pressure_o2": 100.0}) < 1.0


@pytest.mark.parametrize("model", [Beam, Scan, Detector, Electrodes, CalibrationSettings, ValidFor, GasSettings])
def test_every_key_is_told(model):
    untold = {key for key in model.model_fields if f"`{key}`" not in PAGE} - TABLES
    assert not untold


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_is_told(name):
    assert re.search(rf"\[calibration\.(\w+\.)?{name}\]", PAGE)
