"""Roughness: closed forms, an independent library, and noise that is taken out to the size it has."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from eclips4d.core.errors import InputError
from eclips4d.inference.integrate import integrate
from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame
from eclips4d.metrology.roughness.filters import smoothed, without_form
from eclips4d.metrology.roughness.parameters import parameters
from eclips4d.metrology.roughness.roughness import prepared, roughness, roughness_over_time

PIXEL_NM = (4.0, 4.0)
GRID = Grid(PIXEL_NM, slope_scale_u=0.01)
SHAPE = (96, 128)


def rough(seed=0, rms=1.0, blur=3.0, shape=SHAPE):
    z = gaussian_filter(np.random.default_rng(seed).normal(size=shape), blur)
    return (z - z.mean()) * rms / z.std()


def frame_of(height, noise_seed=None, sd=0.05, number=0):
    slope = np.zeros((2, *height.shape), np.float32)
    noise = np.zeros_like(height)
    if noise_seed is not None:
        slope = (np.random.default_rng(noise_seed).normal(size=slope.shape) * sd).astype(np.float32)
        noise = integrate(slope, PIXEL_NM)
    stated = np.full(height.shape, sd, np.float32)
    return SurfaceFrame(number, 0.5 * number, np.zeros(len(height)), (height + noise).astype(np.float32), slope, stated)


def test_a_wave_has_the_parameters_of_a_wave():
    x = np.arange(400) * PIXEL_NM[0]
    amplitude, wave = 3.0, 400.0
    height = np.tile(amplitude * np.sin(2 * np.pi * (x + 2.0) / wave), (50, 1))
    found = parameters(height, PIXEL_NM)
    assert found.sq == pytest.approx(amplitude / np.sqrt(2), rel=1e-3)
    assert found.sa == pytest.approx(2 * amplitude / np.pi, rel=1e-3)
    assert found.sz == pytest.approx(2 * amplitude, rel=1e-3)
    assert found.ssk == pytest.approx(0.0, abs=1e-6) and found.sku == pytest.approx(1.5, rel=1e-3)
    steep = 2 * np.pi * amplitude / wave
    assert found.sdq == pytest.approx(steep / np.sqrt(2), rel=2e-3)
    assert found.sdr == pytest.approx(np.sqrt(1 + (steep * np.cos(2 * np.pi * x / wave)) ** 2).mean() - 1, rel=4e-3)


@pytest.mark.parametrize("rms", [0.5, 20.0])
def test_parameters_agree_with_surfalize(rms):
    surfalize = pytest.importorskip("surfalize")
    height = rough(3, rms)
    theirs, ours = (
        surfalize.Surface(height * 1e-3, PIXEL_NM[0] * 1e-3, PIXEL_NM[1] * 1e-3),
        parameters(height, PIXEL_NM),
    )
    for name in ("sq", "sa", "sp", "sv", "sz"):
        assert getattr(ours, name) == pytest.approx(1e3 * getattr(theirs, name.capitalize())(), rel=1e-9)
    assert (ours.ssk, ours.sku) == pytest.approx((theirs.Ssk(), theirs.Sku()), rel=1e-9)
    assert (ours.sdq, ours.sdr) == pytest.approx((theirs.Sdq(), theirs.Sdr() / 100), rel=1e-9)
    level = prepared(height, PIXEL_NM, np.ones(height.shape, bool))
    np.testing.assert_allclose(level, theirs.level().data * 1e3, atol=1e-6 * rms)


def test_a_tilted_plane_has_its_developed_area():
    y, x = np.mgrid[:20, :30] * 4.0
    found = parameters(0.5 * x - 0.2 * y, PIXEL_NM)
    assert found.sdr == pytest.approx(np.sqrt(1 + 0.25 + 0.04) - 1, rel=1e-9)


@settings(max_examples=8, deadline=None)
@given(st.floats(-100, 100), st.floats(-1, 1), st.floats(-1, 1), st.booleans())
def test_plane_and_quarter_turns_do_not_matter(offset, tilt_x, tilt_y, turn):
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] * 4.0
    height = rough(1)
    tilted = height + offset + tilt_x * x + tilt_y * y
    seen = np.ones(height.shape, bool)
    plain, other = (
        prepared(h.T if turn and k else h, PIXEL_NM, seen.T if turn and k else seen, 1, 20.0, 200.0)
        for k, h in enumerate((height, tilted))
    )
    a, b = parameters(plain, PIXEL_NM), parameters(other, PIXEL_NM)
    assert (b.sq, b.sa, b.sdr) == pytest.approx((a.sq, a.sa, a.sdr), rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.floats(-100, 100), st.floats(-1, 1), st.floats(-1, 1))
def test_levelling_takes_any_plane(offset, tilt_x, tilt_y):
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] * 4.0
    seen = np.ones(SHAPE, bool)
    seen[:7, 40:] = False
    plain, tilted = (without_form(h, 1, seen) for h in (rough(2), rough(2) + offset + tilt_x * x + tilt_y * y))
    np.testing.assert_allclose(tilted[seen], plain[seen], atol=1e-6)
    assert np.isnan(tilted[~seen]).all()


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_a_form_of_its_degree_vanishes(degree):
    y, x = np.mgrid[-1 : 1 : SHAPE[0] * 1j, -1 : 1 : SHAPE[1] * 1j]
    form = 2.0 + x - 3 * y + (5 * x * y - 4 * x**2 if degree > 1 else 0) + (x**3 - 2 * x * y**2 if degree > 2 else 0)
    np.testing.assert_allclose(without_form(form, degree, np.ones(SHAPE, bool)), 0.0, atol=1e-9)
    if degree > 1:
        assert np.abs(without_form(form, degree - 1, np.ones(SHAPE, bool))).max() > 0.1


@pytest.mark.parametrize("cutoff", [40.0, 96.0])
def test_a_wave_of_the_nesting_index_passes_by_half(cutoff):
    y = np.arange(480) * 4.0
    wave = np.tile(np.cos(2 * np.pi * y / cutoff)[:, None], (1, 60))
    passed = smoothed(wave, cutoff, PIXEL_NM, np.ones(wave.shape, bool))[160:320]
    assert passed.max() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("s_nm", "l_nm"), [(None, None), (24.0, None), (24.0, 160.0)])
def test_noise_is_as_rough_as_predicted_and_is_taken_out(s_nm, l_nm):
    true, ratios = rough(7), []
    clean = roughness(frame_of(true, None, sd=0.0), GRID, s_nm=s_nm, l_nm=l_nm)
    for seed in range(25):
        alone = roughness(frame_of(0 * true, seed), GRID, s_nm=s_nm, l_nm=l_nm)
        both = roughness(frame_of(true, seed), GRID, s_nm=s_nm, l_nm=l_nm)
        ratios.append(
            (
                (alone.seen.sq / alone.sq_noise_nm) ** 2,
                (alone.seen.sdq / alone.sdq_noise) ** 2,
                (both.sq_nm.value - clean.seen.sq) / both.sq_nm.random_u,
                both.sdr.value / clean.seen.sdr,
            )
        )
    noise, gradient, error, area = np.array(ratios).T
    assert noise.mean() == pytest.approx(1.0, abs=0.1) and gradient.mean() == pytest.approx(1.0, abs=0.02)
    assert np.sqrt((error**2).mean()) == pytest.approx(1.0, abs=0.4) and area.mean() == pytest.approx(1.0, abs=0.02)
    biased = roughness(frame_of(true, 0), GRID, s_nm=s_nm, l_nm=l_nm)
    assert biased.seen.sdr > 1.02 * clean.seen.sdr


def test_what_noise_explains_is_zero_within_its_uncertainty():
    found = [roughness(frame_of(np.zeros(SHAPE), seed), GRID) for seed in range(12)]
    assert all(0.0 <= f.sq_nm.value < 3.0 * f.sq_nm.u for f in found)


def test_a_part_needs_an_l_filter_and_then_has_the_same_noise():
    where = np.zeros(SHAPE, bool)
    where[10:80, 20:100] = True
    with pytest.raises(InputError, match="L-filter"):
        roughness(frame_of(rough()), GRID, where=where)
    noisy = [roughness(frame_of(0 * rough(), seed), GRID, where=where, l_nm=100.0) for seed in range(12)]
    assert np.mean([(f.seen.sq / f.sq_noise_nm) ** 2 for f in noisy]) == pytest.approx(1.0, abs=0.12)


def test_a_run_gives_one_row_per_frame():
    frames = [frame_of(rough(k, rms=1.0 + k), k, number=k) for k in range(3)]
    table = roughness_over_time(Movie(GRID, SHAPE, (0, 1, 2), frames.__getitem__, {}))
    assert list(table["frame"]) == [0, 1, 2]
    np.testing.assert_allclose(table["sq_corrected_nm"], [1.0, 2.0, 3.0], rtol=0.1)
    assert (table["sq"] > table["sq_corrected_nm"]).all() and (table["sq_corrected_u_nm"] > 0).all()
