"""Shadows are guessed well enough to bring slopes nearer to the truth, and nothing is done where there are none."""

from __future__ import annotations

import numpy as np
import pytest
from made_frames import make_calibration, make_instrument
from scipy.ndimage import gaussian_filter

from eclips4d.core.instrument import Instrument
from eclips4d.inference.closed_form import ClosedForm, closed_form_slopes
from eclips4d.inference.networks.shadows import lit, shadows_of
from eclips4d.physics.bsesm.render import exact_simulator

FOUR = make_instrument()
THREE = make_instrument(azimuths_deg=(90, 210, 330))
SIDE, FINE = 64, 3


def pit(depth_px: float, pixel_nm: float) -> np.ndarray:
    """A round pit 24 px across with a flat floor and rounded walls, on fine pixels, nm."""
    y, x = (np.mgrid[: SIDE * FINE, : SIDE * FINE] + 0.5) / FINE - SIDE / 2.0
    inside = gaussian_filter((np.hypot(x, y) < 12.0).astype(np.float64), 2.0 * FINE)
    return -depth_px * pixel_nm * inside


def seen(instrument: Instrument, height_nm: np.ndarray, dose: float = 20000.0) -> tuple[ClosedForm, np.ndarray]:
    """Closed form of a frame of the surface, and where the surroundings hide something."""
    signals = [
        exact_simulator(instrument, (SIDE, SIDE), supersample=FINE, occlusion=there, threads=1)(height_nm)
        for there in (True, False)
    ]
    hidden = (np.abs(signals[0] - signals[1]) > 0.01 * signals[1]).any(axis=0)
    raw = np.random.default_rng(2).poisson(signals[0] * (dose / np.median(signals[1]))).astype(np.uint16)
    return closed_form_slopes(instrument)(raw, make_calibration(instrument)), hidden


def true_slopes(height_nm: np.ndarray, pixel_nm: float) -> np.ndarray:
    fine = np.stack([np.gradient(height_nm, axis=1), np.gradient(height_nm, axis=0)]) * (FINE / pixel_nm)
    return np.asarray(fine.reshape(2, SIDE, FINE, SIDE, FINE).mean(axis=(2, 4)))


@pytest.mark.parametrize("instrument", [FOUR, THREE], ids=["four segments", "three"])
def test_the_floor_of_a_pit_is_read_flatter(instrument: Instrument) -> None:
    pixel = instrument.scan.pixel_size_xy_nm[0]
    height = pit(14.0, pixel)
    closed, hidden = seen(instrument, height)
    feigned = shadows_of(instrument, threads=1)(closed, make_calibration(instrument))
    assert feigned is not None and hidden.any()
    error = [found.slope - true_slopes(height, pixel) for found in (closed, lit(closed, feigned))]
    before, after = (np.sqrt(np.mean(e[:, hidden] ** 2)) for e in error)
    assert after < 0.6 * before
    # Beyond the rim the sky is open.
    assert np.abs(feigned[:, :8]).max() < 0.01


@pytest.mark.parametrize("depth_px", [0.0, 1.0], ids=["flat", "shallow"])
def test_where_nothing_is_steep_nothing_is_done(depth_px: float) -> None:
    closed, _ = seen(FOUR, pit(depth_px, FOUR.scan.pixel_size_xy_nm[0]), dose=100.0)
    assert shadows_of(FOUR)(closed, make_calibration(FOUR)) is None
    assert lit(closed, None) is closed


def test_what_is_no_number_does_not_spread() -> None:
    closed, _ = seen(FOUR, pit(14.0, FOUR.scan.pixel_size_xy_nm[0]))
    closed.slope[:, 5, 6] = np.nan
    feigned = shadows_of(FOUR, threads=1)(closed, make_calibration(FOUR))
    assert feigned is not None and np.isfinite(feigned).all()


def test_threads_change_no_bit() -> None:
    closed, _ = seen(FOUR, pit(14.0, FOUR.scan.pixel_size_xy_nm[0]))
    one, two = (shadows_of(FOUR, threads=threads)(closed, make_calibration(FOUR)) for threads in (1, 2))
    np.testing.assert_array_equal(one, two)
