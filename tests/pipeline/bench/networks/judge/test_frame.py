"""Judge frames are reproducible, say where the view is blocked, and come with a calibration that reads facets right."""

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from eclips4d.core.errors import InputError
from eclips4d.inference.closed_form import closed_form_slopes
from eclips4d.pipeline.bench.networks.judge import frame as frames
from eclips4d.pipeline.bench.networks.judge.exposing import optical
from eclips4d.pipeline.bench.networks.judge.frame import judge_frame
from eclips4d.pipeline.bench.networks.judge.setting import SETTINGS
from eclips4d.pipeline.bench.networks.judge.surfaces import surface_of

LAMBERT = SETTINGS[2]
SMALL = 64


def test_same_seed_same_frame_and_another_dose_sees_the_same_surface():
    first = judge_frame("sharp-steps", 1000.0, 1, LAMBERT, SMALL)
    frames.scenery.cache_clear()
    again = judge_frame("sharp-steps", 1000.0, 1, LAMBERT, SMALL)
    np.testing.assert_array_equal(first.raw, again.raw)
    assert first.calibration == again.calibration and first.raw.dtype == np.uint16
    brighter = judge_frame("sharp-steps", 10000.0, 1, LAMBERT, SMALL)
    np.testing.assert_array_equal(first.slope, brighter.slope)
    other = judge_frame("sharp-steps", 1000.0, 3, LAMBERT, SMALL)
    assert not np.array_equal(first.raw, other.raw) and not np.array_equal(first.slope, other.slope)


def test_gentle_steps_hide_nothing_and_pits_do():
    assert not judge_frame("gentle-steps", 100.0, 0, LAMBERT, SMALL).occluded.any()
    hidden = judge_frame("pits", 100.0, 0, LAMBERT, SMALL).occluded
    assert 0.02 < hidden.mean() < 0.9


def test_noise_is_that_of_the_dose():
    flats = {dose: judge_frame("flat", dose, 2, LAMBERT, SMALL) for dose in (100.0, 10000.0)}
    for dose, flat in flats.items():
        dark = np.asarray(LAMBERT.dark_adu)[:, None, None]
        adu = flat.instrument.beam.adu_per_electron * np.asarray(LAMBERT.gain)[:, None, None]
        electrons = (flat.raw - dark) / adu
        assert electrons.mean() == pytest.approx(dose, rel=0.02)
        # The amplifier's lag smooths along x; differences of rows far apart share no noise.
        spread = (electrons[:, 1:] - electrons[:, :-1]).var() / 2.0
        memory = np.exp(-1.0 / LAMBERT.lag_px)
        expected = LAMBERT.excess_noise * dose * (1 - memory) / (1 + memory) + LAMBERT.read_noise**2
        assert spread == pytest.approx(expected, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: s.name)
def test_the_artefact_reads_facets_right(setting):
    frame = judge_frame("facets", 1e5, 0, setting, 160)
    slope = closed_form_slopes(frame.instrument)(frame.raw, frame.calibration).slope
    steep = np.hypot(*frame.slope)
    for degrees in (35.26, 45.0):
        face = binary_erosion((np.abs(steep - np.tan(np.radians(degrees))) < 0.01) & ~frame.occluded, iterations=2)
        along = (slope * frame.slope).sum(axis=0)[face] / steep[face]
        assert face.sum() > 50 and np.degrees(np.arctan(along.mean())) == pytest.approx(degrees, abs=0.5)


def test_what_comes_after_the_electrons_does_not_change_the_rendering():
    assert optical(SETTINGS[0]) == optical(frames.Setting(name="other", lag_px=1.5, gain_error=0.03))
    assert optical(SETTINGS[0]) != optical(SETTINGS[3])


def test_unknown_scene_is_refused():
    with pytest.raises(InputError, match="no judge scene 'mountains'"):
        surface_of("mountains", 100.0, 1.0, 0)


@pytest.mark.shared
def test_a_measured_film_keeps_its_slopes_whatever_the_pixel(shared_data):
    scene = f"afm:{shared_data / 'recordings' / 'granular_afm.truth.npz'}"
    small, large = (frames.scenery(scene, 0, optical(setting), SMALL) for setting in (SETTINGS[0], SETTINGS[3]))
    np.testing.assert_allclose(small.slope, large.slope, atol=1e-5)
    assert 0.05 < np.abs(small.slope).mean() < 1.0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_spirals_grow_in_wide_fields_and_narrow_ones_stay_as_they_are(seed):
    narrow = surface_of("spirals", 280.0 * 20.0, 20.0, seed).options.spacing_nm
    assert 20.0 * 20.0 <= narrow <= 36.0 * 20.0
    wide = surface_of("spirals", 664.0 * 20.0, 20.0, seed).options
    assert wide.spacing_nm >= narrow and wide.cores == surface_of("spirals", 280.0 * 20.0, 20.0, seed).options.cores
