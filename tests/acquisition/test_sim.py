from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest

from eclips4d.acquisition import open_source
from eclips4d.acquisition.sim import FLOOD_LOOP
from eclips4d.acquisition.sim_address import parse_sim
from eclips4d.acquisition.sim_settings import SimSettings
from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.core.errors import InputError
from eclips4d.core.instrument import parse_instrument

SMALL = "sim://copper-redox?size=16&fps=200&seed=5"


def test_what_the_address_asks_for() -> None:
    with open_source(f"{SMALL}&frames=3&segments=5&dose=200&pixel_nm=8&rotation_deg=10") as source:
        info = source.info
        instrument = parse_instrument(info.instrument_toml)
        frames = list(source.frames())
    assert info.identity == "sim://copper-redox"
    assert info.shape == (5, 16, 16) and len(frames) == 3 and not info.can_wait
    assert instrument.beam.electrons_per_pixel == 200.0 and instrument.scan.rotation_deg == 10.0
    assert [f.header.start_s for f in frames] == [0.0, 1 / 200, 2 / 200]
    assert set(frames[0].header.side) == set(info.side_units) == {"temperature", "pressure_h2", "pressure_o2"}


def test_continuing_an_address_goes_on_in_simulated_time() -> None:
    with open_source(SMALL) as one, open_source(SMALL) as two:
        whole = list(islice(one.frames(), 5))
        (later,) = islice(two.frames(start=4), 1)
    assert later.header == whole[4].header
    assert later.data.tobytes() == whole[4].data.tobytes()


def test_live_addresses_keep_their_own_time() -> None:
    with open_source(f"{SMALL}&frames=2", speed="max") as source:
        assert len(list(source.frames())) == 2
        assert source._pace.speed == 1.0


def test_seeds_differ_and_repeat() -> None:
    one, same, other = (simulated_microscope(f"sim://copper-redox?size=16&seed={s}").frame(0).data for s in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_uncalibrated_instruments_do_not_tell_gains() -> None:
    detector = simulated_microscope("sim://copper-redox?calibrated=false").instrument.detector
    assert detector.gain is None and detector.offset_adu is None


def test_gains_and_dark_levels_are_those_of_the_truth() -> None:
    microscope = simulated_microscope("sim://copper-redox?size=16")
    truth, detector = microscope.truth(1), microscope.instrument.detector
    assert detector.gain == tuple(truth.gain) and detector.offset_adu == tuple(truth.offset_adu)


def test_drift_is_bounded_continuous_and_starts_at_zero() -> None:
    microscope = simulated_microscope("sim://copper-redox?size=512&drift_px=0.5&frames=3000")
    drift = np.array([microscope.drift_px(k) for k in range(3000)])
    assert np.array_equal(drift[0], [0.0, 0.0])
    assert np.abs(drift).max() < 64
    assert np.sqrt(np.mean(np.diff(drift, axis=0) ** 2)) == pytest.approx(0.5, rel=0.15)
    exposure = microscope.exposure(7)
    rows = 512
    end = np.array(exposure.drift_px) + np.array(exposure.drift_within_px)
    share = 0.96 * (rows - 1) / rows
    assert end == pytest.approx(drift[7] + share * (drift[8] - drift[7]))


def test_flood_sends_different_frames_in_a_row_under_running_numbers() -> None:
    with open_source("sim://flood?size=16&fps=500&frames=9") as source:
        frames = list(source.frames())
    assert source.info.identity == "sim://flood" and not source.info.can_wait
    assert [f.header.frame_id for f in frames] == list(range(9))
    for one, two in pairwise(frames):
        assert not np.array_equal(one.data, two.data)
    assert np.shares_memory(frames[0].data, frames[FLOOD_LOOP].data)


def settings_of(query: str) -> SimSettings:
    return parse_sim(f"sim://copper-redox?{query}").settings


@pytest.mark.parametrize(
    ("query", "fps", "dwell_us", "share"),
    [
        ("size=100x50", 2.0, 0.96 / 2.0 / 5000 * 1e6, 0.96),
        ("size=100x50&dwell_us=1", 0.96 / 5e-3, 1.0, 0.96),
        ("size=100x50&dwell_us=1&fps=20", 20.0, 1.0, 0.1),
    ],
)
def test_dwell_and_frame_rate_agree(query: str, fps: float, dwell_us: float, share: float) -> None:
    asked = settings_of(query)
    assert (asked.columns, asked.rows) == (100, 50)
    assert asked.frames_per_s == pytest.approx(fps) and asked.scan_share == pytest.approx(share)
    microscope = simulated_microscope(f"sim://copper-redox?{query}")
    assert microscope.instrument.beam.dwell_us == pytest.approx(dwell_us)
    header = microscope.header(3)
    assert header.end_s - header.start_s == pytest.approx(share / fps)
    assert header.start_s == pytest.approx(3 / fps) and header.shape == (4, 50, 100)


def test_a_scan_with_a_pause_drifts_less_within_the_frame() -> None:
    with_pause, without = (
        simulated_microscope(f"sim://copper-redox?size=16&{q}") for q in ("fps=2&dwell_us=1", "fps=2")
    )
    assert with_pause.exposure(3).drift_px == without.exposure(3).drift_px
    short, long = (np.array(m.exposure(3).drift_within_px) for m in (with_pause, without))
    assert short == pytest.approx(long * 16 * 16 * 2e-6 / 0.96)


def test_rows_and_columns_are_not_mixed_up() -> None:
    microscope = simulated_microscope("sim://copper-redox?size=24x16")
    assert microscope.frame(0).data.shape == (4, 16, 24)
    assert microscope.truth(2).height_nm.shape == (2, 16, 24)


def test_the_detector_is_as_asked_for() -> None:
    query = "distance_mm=8&inner_mm=2&outer_mm=9&gap_mm=0.5&offset_mm=0.1,-0.2&energy_kev=20"
    instrument = simulated_microscope(f"sim://copper-redox?{query}").instrument
    detector = instrument.detector
    assert (detector.height_mm, detector.inner_radius_mm, detector.outer_radius_mm) == (8.0, 2.0, 9.0)
    assert (detector.gap_mm, detector.offset_mm, instrument.beam.energy_kev) == (0.5, (0.1, -0.2), 20.0)


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("size=4", "size"),
        ("size=16x", "size"),
        ("size=16x9000", "size"),
        ("size=axb", "size"),
        ("fps=0", "fps"),
        ("fps=2&fps=3", "given twice"),
        ("dwell_us=5&fps=2", "dwell_us makes a scan of 1.31 s"),
        ("size=8&dwell_us=1", "give fps too"),
        ("inner_mm=7", "outer_mm must exceed"),
        ("offset_mm=1", "offset_mm"),
        ("render=often", "render"),
        ("frames=0", "frames"),
        ("dose=nan", "dose"),
        ("colour=red", "unknown parameter 'colour'"),
    ],
)
def test_nonsense_is_refused_in_one_line_that_names_it(query: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as refused:
        open_source(f"sim://copper-redox?{query}")
    assert "\n" not in str(refused.value)
