"""What the specimen had to bear, against numbers worked out by hand."""

from __future__ import annotations

import pytest

from eclips4d.core.instrument import parse_instrument
from eclips4d.pipeline.run_report.reading import open_content
from eclips4d.pipeline.run_report.sections.dose import dose_of, missing_keys, section

TOML = """
[beam]
energy_kev = 10
{beam}
[scan]
pixel_size_nm = [2, 5]
[detector]
distance_mm = 6
azimuths_deg = [45, 135, 225, 315]
"""


def test_the_fluence_is_charge_over_area():
    # 2 nA for 8 µs are 16e-15 C on a pixel of 10 nm² = 1e-13 cm².
    dose = dose_of(parse_instrument(TOML.format(beam="current_na = 2\ndwell_us = 8")), frames=5)
    assert dose is not None
    assert dose.per_pixel == pytest.approx(16e-15 / 1.602176634e-19)
    assert dose.frame_nm2 * 1.602176634e-19 * 1e14 == pytest.approx(0.16)
    assert dose.total_nm2 == pytest.approx(5 * dose.frame_nm2)


@pytest.mark.parametrize(
    "beam, missing",
    [("", ["current_na", "dwell_us"]), ("current_na = 1", ["dwell_us"]), ("dwell_us = 1", ["current_na"])],
)
def test_without_current_or_dwell_time_it_says_what_is_missing(beam, missing):
    instrument = parse_instrument(TOML.format(beam=beam))
    assert missing_keys(instrument) == missing and dose_of(instrument, 1) is None


def test_a_store_without_dose_names_the_keys(make_store):
    store = make_store()
    store.grow(2)
    with open_content(store.path) as content:
        told = section(content)
    assert told.missing == ("Dose per area: the instrument file does not give current_na and dwell_us in [beam].",)
    assert "current_na and dwell_us" in told.html and not told.headlines
