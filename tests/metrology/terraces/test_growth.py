"""Growth by edges that pass, against trains of steps whose growth is step times velocity over distance."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

from eclips4d.core.results import Drift
from eclips4d.metrology.terraces.series import terraces_over_time

STEP, APART, SECONDS = 8.0, 110.0, 2.0


def train(place, riser, step=STEP):
    def height(x, y):
        return sum(step * ndtr((place + APART * k - x) / riser) for k in range(-5, 5)) + 0.0 * y

    return height


def movie(surfaces, riser, way=6.0, frames=3, change=lambda frame: frame):
    made = []
    for k in range(frames):
        times = np.full(140, SECONDS * k)
        frame = surfaces.frame_of(train(way * k, riser), (140, 140), sd=0.02, seed=k, times=times, frame=k)
        made.append(change(frame))
    return surfaces.movie_of(made)


def mean_height(surfaces, place, riser, rim):
    x, y = surfaces.places((140, 140))
    return float(train(place, riser)(x, y)[rim : 140 - rim, rim : 140 - rim].mean())


@pytest.mark.parametrize("riser", [6.0, 10.0, 14.0])
def test_growth_is_what_steps_add_whatever_their_risers_width(surfaces, riser):
    """A riser of 14 nm takes two thirds of the distance between two steps; of wider ones nothing flat is left."""
    frames = terraces_over_time(movie(surfaces, riser)).frames
    for k in (1, 2):
        rim = int(frames["growth_rim_px"][k])
        truth = (
            mean_height(surfaces, 6.0 * k, riser, rim) - mean_height(surfaces, 6.0 * (k - 1), riser, rim)
        ) / SECONDS
        assert frames["growth_nm_s"][k] == pytest.approx(truth, rel=0.06)
        assert abs(frames["growth_nm_s"][k] - truth) < 3.0 * frames["growth_u_nm_s"][k]


def test_edges_that_were_not_found_before_move_like_the_rest(surfaces):
    """A third of the first image is not seen: what is missing is put in, and into the uncertainty."""

    def half_blind(frame):
        if frame.frame:
            return frame
        height, slope = frame.height.copy(), frame.slope.copy()
        height[:46], slope[:, :46] = np.nan, np.nan
        return replace(frame, height=height, slope=slope)

    whole = terraces_over_time(movie(surfaces, 6.0, frames=2)).frames.iloc[1]
    part = terraces_over_time(movie(surfaces, 6.0, frames=2, change=half_blind)).frames.iloc[1]
    assert whole["followed_share"] > 0.95 and part["followed_share"] < 0.85
    assert part["growth_nm_s"] == pytest.approx(whole["growth_nm_s"], rel=0.05)
    missing = 1.0 - part["followed_share"]
    assert part["growth_u_nm_s"] > 0.9 * missing * part["growth_nm_s"] / np.sqrt(3.0)


def test_the_first_frame_has_no_growth(surfaces):
    first = terraces_over_time(movie(surfaces, 6.0, frames=1)).frames.iloc[0]
    assert np.isnan(first["growth_nm_s"]) and np.isnan(first["growth_u_nm_s"])


def test_what_the_reference_crept_while_it_was_scanned_is_in_the_first_pair_alone(surfaces):
    """Its own drift within the scan is never known; that of the others tells how far it may have been."""

    def growing(rate):
        drifts = [Drift((0.0, 0.0), (0.0, 0.0) if k == 0 else rate, (0.05, 0.05)) for k in range(3)]
        made = movie(surfaces, 6.0, change=lambda frame: replace(frame, drift=drifts[frame.frame]))
        return terraces_over_time(made)

    still, creeping = growing((0.0, 0.0)), growing((0.6, 0.8))
    shared = [float(table.blocks.groupby("frame")["drift_u_nm_s"].first()[1]) for table in (still, creeping)]
    expected = 0.5 * np.hypot(0.6, 0.8) / np.sqrt(2.0) * surfaces.pixel_nm / SECONDS
    assert np.sqrt(shared[1] ** 2 - shared[0] ** 2) == pytest.approx(expected, rel=1e-3)
    np.testing.assert_array_equal(still.frames["growth_nm_s"], creeping.frames["growth_nm_s"])
    assert creeping.frames["growth_u_nm_s"][1] > 1.2 * still.frames["growth_u_nm_s"][1]
    assert creeping.frames["growth_u_nm_s"][2] == still.frames["growth_u_nm_s"][2]


def island_movie(surfaces, rate, sd_px):
    """An island that grows in the middle, seen by a reference that may have crept and two registered frames."""
    radius, made = (140.0, 146.0, 152.0), []
    for k in range(3):
        drift = Drift((0.0, 0.0), (0.0, 0.0) if k == 0 else rate, (0.0, 0.0) if k == 0 else (sd_px, sd_px))
        times = np.full(140, SECONDS * k)

        def height(x, y, r=radius[k]):
            return surfaces.disc(x, y, r)

        made.append(surfaces.frame_of(height, (140, 140), sd=0.02, seed=k, times=times, frame=k, drift=drift))
    return surfaces.movie_of(made)


def test_a_reference_that_crept_stretches_what_edges_enclose(surfaces):
    """Round an island opposite edges cancel, but not in a frame whose rows came the later the further it had moved.

    By Gauss's theorem the edges of a stretched island sweep its volume times the stretch.
    """
    rate, rows_nm = (0.6, 0.8), 139.0 * surfaces.pixel_nm
    still, crept = (terraces_over_time(island_movie(surfaces, r, 0.05)).frames for r in ((0.0, 0.0), rate))
    more = np.sqrt(crept["growth_u_nm_s"][1] ** 2 - still["growth_u_nm_s"][1] ** 2)
    creep_nm = np.hypot(*rate) / np.sqrt(2.0) * surfaces.pixel_nm
    volume = 8.0 * np.pi * 146.0**2
    assert more == pytest.approx(creep_nm / rows_nm * volume / SECONDS / crept["growth_area_nm2"][1], rel=0.05)
    assert crept["growth_u_nm_s"][2] == still["growth_u_nm_s"][2]


def test_registered_frames_lie_nearly_alike(surfaces):
    """On a staircase that falls one way, every displacement is growth; most of it all registered frames share."""

    def u_of(sd_px):
        def placed(frame):
            return replace(frame, drift=Drift((0.0, 0.0), (0.0, 0.0), (sd_px, sd_px) if frame.frame else (0.0, 0.0)))

        return terraces_over_time(movie(surfaces, 6.0, change=placed)).frames["growth_u_nm_s"][2]

    displaced = np.sqrt(u_of(0.2) ** 2 - u_of(0.0) ** 2) * SECONDS * APART / STEP / surfaces.pixel_nm
    # Of three and a half steps per width three lie inside the rim.
    assert displaced == pytest.approx(0.4 * 0.2 * np.sqrt(2.0), rel=0.2)
