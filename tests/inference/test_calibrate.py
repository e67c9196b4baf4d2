"""Calibration from a frame: what is not said is estimated, what is said is kept, and noise is measured."""

import msgspec
import numpy as np
import pytest
from made_frames import clean_frame, make_instrument

from eclips4d.core.errors import InputError
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.noise import photon_transfer
from eclips4d.physics.detector import segment_response

ADU = 8.0


def noisy(inst, slope, dose=800.0, gain=None, offset=None, excess=1.2, lag=0.0, yield_=1.0, seed=0):
    """Counted electrons with pulse-height spread and amplifier lag along x, in adu."""
    n = inst.segments
    rng = np.random.default_rng(seed)
    mean = clean_frame(inst, slope, yield_, dose=dose * 10) / 10.0
    counts = rng.poisson(mean) + np.sqrt((excess - 1) * mean) * rng.standard_normal(mean.shape)
    if lag:
        for x in range(1, counts.shape[2]):
            counts[:, :, x] = (1 - lag) * counts[:, :, x] + lag * counts[:, :, x - 1]
    adu = counts * ADU * np.reshape(gain or (1.0,) * n, (n, 1, 1)) + np.reshape(offset or (0.0,) * n, (n, 1, 1))
    return np.clip(np.rint(adu), 0, 65535).astype(np.uint16)


def rough(size=256, rms=0.15, seed=3):
    """Slopes of a rough surface (curl-free), from fine to coarse."""
    rng = np.random.default_rng(seed)
    f = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size))
    spectrum = np.fft.rfft2(rng.standard_normal((size, size))) / np.maximum(f, 0.02) ** 2 * np.exp(-((f / 0.1) ** 2))
    q, p = np.gradient(np.fft.irfft2(spectrum, (size, size)))
    return np.stack([p, q]) * rms / p.std()


BEAM = {"electrons_per_pixel": 800.0, "adu_per_electron": ADU}


@pytest.mark.parametrize("azimuths", [(45, 135, 225, 315), (210, 90, 330), (0, 72, 144, 216, 288)])
@pytest.mark.parametrize("lag", [0.0, 0.2])
def test_noise_is_measured_whatever_the_surface(azimuths, lag):
    inst = make_instrument(azimuths_deg=azimuths, gain=(1.0,) * len(azimuths), offset_adu=(0.0,) * len(azimuths))
    got = estimate_calibration(noisy(inst, rough(), lag=lag), inst)
    per_pixel = 1.2 * ADU * (1 - lag) / (1 + lag)  # lag averages neighbours
    total = np.array(got.noise_slope_adu) + np.array(got.noise_floor_adu2) / (800 * ADU)
    np.testing.assert_allclose(total, per_pixel, rtol=0.06)
    assert got.noise_correlation_px == pytest.approx((1 + lag) / (1 - lag), abs=0.12)


def test_gains_level_the_plane_and_the_dose_tells_the_dark_level():
    gain, offset = (1.03, 0.98, 1.01, 0.98), (120.0, 90.0, 160.0, 100.0)
    inst = make_instrument(beam=BEAM)
    y, x = np.mgrid[0:256, 0:256]
    patch = np.where((x - 90) ** 2 + (y - 150) ** 2 < 45**2, 0.85, 1.0)
    data = noisy(inst, rough(rms=0.05), gain=gain, offset=offset, yield_=patch)
    got = estimate_calibration(data, inst, sequence=7)
    np.testing.assert_allclose(got.gain, np.array(gain) / np.mean(gain), atol=0.02)
    signal = 800 * ADU
    assert np.mean(got.offset_adu) == pytest.approx(np.mean(offset), abs=2 * got.kappa_u * signal)
    assert got.offset_source == "dose"
    assert got.gain_estimated and got.offset_estimated and got.valid_from == 7 and got.calibrated
    assert 0.02 < got.kappa_u < 0.06


@pytest.mark.parametrize("level", [0.92, 1.0, 1.1])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_mean_gain_that_is_not_one_stays_within_the_stated_uncertainty(level, seed):
    inst = make_instrument(beam=BEAM)
    data = noisy(inst, rough(rms=0.1), gain=(level,) * 4, seed=seed)
    got = estimate_calibration(data, inst)
    scale = data.mean() / (data.mean() - np.mean(got.offset_adu))
    assert abs(scale - 1.0) < 2.0 * got.kappa_u
    assert got.calibrated and got.kappa_u < 0.07


def test_a_stated_gain_leaves_the_dose_its_own_uncertainty():
    inst = make_instrument(beam=BEAM, gain=(1.1,) * 4)
    got = estimate_calibration(noisy(inst, rough(rms=0.05), gain=(1.1,) * 4, offset=(200.0,) * 4), inst)
    assert np.mean(got.offset_adu) == pytest.approx(200.0, abs=2 * got.kappa_u * 800 * ADU * 1.1)
    assert got.kappa_u < 0.03 and got.offset_source == "dose" and not got.gain_estimated


def test_a_dark_level_that_was_assumed_says_so():
    inst = make_instrument()
    got = estimate_calibration(noisy(inst, rough()), inst)
    assert got.offset_adu == (0.0,) * 4
    assert got.offset_estimated and got.offset_source == "assumed"


def test_sd_of_the_photon_transfer_s_dark_level_is_its_scatter():
    inst = make_instrument()
    y, x = np.mgrid[0:192, 0:192]
    contrast = np.where((x // 32 + y // 32) % 2, 1.0, 0.4)
    pulls = []
    for seed in range(24):
        data = noisy(inst, np.zeros((2, 192, 192)), yield_=contrast, offset=(1500.0,) * 4, excess=1.0, seed=seed)
        everywhere = np.ones((192, 192), bool)
        transfer = photon_transfer(data.astype(float), segment_response(inst).matrix, everywhere)
        level, sd = transfer.dark()
        pulls.append((level - 1500.0) / sd)
    assert 0.6 < np.sqrt(np.mean(np.square(pulls))) < 1.4


def test_photon_transfer_finds_a_dark_level_that_stands_out():
    inst = make_instrument()
    y, x = np.mgrid[0:512, 0:512]
    contrast = np.where((x // 32 + y // 32) % 2, 1.0, 0.4)
    data = noisy(inst, np.zeros((2, 512, 512)), yield_=contrast, offset=(1500.0,) * 4, excess=1.0)
    got = estimate_calibration(data, inst)
    assert np.mean(got.offset_adu) == pytest.approx(1500.0, rel=0.1)
    assert got.kappa_u < 0.03 and got.offset_source == "noise"


def test_what_the_file_says_is_kept():
    gain, offset = (1.0, 1.1, 0.9, 1.0), (5.0, 6.0, 7.0, 8.0)
    inst = make_instrument(gain=gain, offset_adu=offset)
    got = estimate_calibration(noisy(inst, rough(), gain=gain, offset=offset), inst)
    assert got.gain == gain and got.offset_adu == offset
    assert not got.gain_estimated and not got.offset_estimated and got.offset_source == "given"
    np.testing.assert_allclose(got.flat, segment_response(inst).flat)
    assert got.instrument == inst.fingerprint


def test_a_snapshot_is_the_same_from_the_same_frame_and_survives_encoding():
    inst = make_instrument(beam=BEAM)
    data = noisy(inst, rough())
    one, two = estimate_calibration(data, inst), estimate_calibration(data.copy(), inst)
    assert one == two and one.fingerprint == two.fingerprint
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(one), type=type(one)) == one


def test_a_frame_without_noise_still_calibrates():
    inst = make_instrument(beam=BEAM)
    got = estimate_calibration(clean_frame(inst, np.zeros((2, 64, 64)) + 0.1 * np.eye(64)), inst)
    assert min(got.noise_floor_adu2) > 0 and min(got.noise_slope_adu) >= 0


def test_nominal_radii_are_marked():
    inst = make_instrument(inner_radius_mm=None, outer_radius_mm=None)
    got = estimate_calibration(noisy(inst, rough()), inst)
    assert not got.calibrated and got.kappa_u >= 0.1


def test_useless_frames_are_refused_with_one_line():
    inst = make_instrument()
    data = noisy(inst, rough(64))
    flat = data.copy()
    flat[2] = 700
    with pytest.raises(InputError, match="all pixels of segment 2 are 700"):
        estimate_calibration(flat, inst)
    dark = data.copy()
    dark[1, 2:] = 0
    with pytest.raises(InputError, match="neither zero nor saturated"):
        estimate_calibration(dark, inst)
    with pytest.raises(InputError, match="azimuths"):
        estimate_calibration(data[:3], inst)
    with pytest.raises(InputError, match="without pixels"):
        estimate_calibration(data[:, :0], inst)


def test_a_stated_dark_level_above_the_signal_is_refused_with_both_numbers():
    data = np.full((4, 64, 64), 6000, np.uint16)
    data[:, ::2] += 2
    inst = make_instrument(gain=(1.0,) * 4, offset_adu=(0.0, 0.0, 90000.0, 0.0))
    with pytest.raises(InputError, match="segment 2, 90000 adu, is not below its mean signal, 6001 adu"):
        estimate_calibration(data, inst)
