"""The law is found again with honest uncertainties: with drift, noisy curvatures and errors that cancel in time."""

import numpy as np
import pandas as pd
import pytest

from eclips4d.metrology.terraces.blocks import COLUMNS
from eclips4d.metrology.terraces.curvature_law import NO_LAW, fit

V_INF, CRITICAL_NM = 2.0, 60.0


def made(
    seed,
    pairs=8,
    islands=7,
    pieces=10,
    place_sd=0.15,
    bend_sd=0.0,
    drift_sd=0.0,
    stated_drift=None,
    stated=None,
    dt=2.0,
    pixel_scale_u=0.0,
):
    """Pieces of circles that obey the law: errors of place are those of frames, so velocities share them."""
    random = np.random.default_rng(seed)
    radius = random.uniform(40.0, 150.0, islands)
    angle = 2 * np.pi * np.arange(pieces) / pieces
    tables, drift = [], random.normal(size=(pairs + 1, 2)) * drift_sd
    place = random.normal(size=(pairs + 1, islands, pieces)) * place_sd
    bend = random.normal(size=(pairs + 1, islands, pieces)) * bend_sd
    for k in range(1, pairs + 1):
        for i in range(islands):
            curvature = 1.0 / radius[i]
            velocity = V_INF * (1.0 - CRITICAL_NM * curvature)
            normal = np.column_stack([np.cos(angle), np.sin(angle)])
            wrong = place[k, i] - place[k - 1, i] + normal @ (drift[k] - drift[k - 1])
            stated_u = np.sqrt(2) * (place_sd if stated is None else stated) / dt
            columns = dict.fromkeys(COLUMNS, 0.0) | {
                "frame": k,
                "seconds": dt,
                "edge": i,
                "block": i * pieces + np.arange(pieces),
                "normal_x": normal[:, 0],
                "normal_y": normal[:, 1],
                "length_nm": 60.0,
                "curvature_per_nm": curvature + (bend[k, i] + bend[k - 1, i]) / 2,
                "curvature_change_per_nm": -(curvature**2) * velocity * dt + bend[k, i] - bend[k - 1, i],
                "velocity_nm_s": velocity + wrong / dt,
                "velocity_u_nm_s": stated_u,
                "drift_u_nm_s": np.sqrt(2) * (drift_sd if stated_drift is None else stated_drift) / dt,
                "scale_u_nm_s": pixel_scale_u * np.abs(velocity + wrong / dt),
            }
            tables.append({name: np.broadcast_to(values, pieces) for name, values in columns.items()})
            radius[i] += velocity * dt
    return pd.DataFrame({name: np.concatenate([table[name] for table in tables]) for name in COLUMNS})


def test_the_pixel_size_stays_common_to_all_pieces_and_counts_twice_where_lengths_are_squared():
    law, bare = fit(made(1, pixel_scale_u=0.02)), fit(made(1))
    for name, power in (("v_inf_nm_s", 1), ("critical_radius_nm", 1), ("stiffness_nm2_s", 2)):
        found = getattr(law, name)
        assert found.systematic_u == pytest.approx(0.02 * power * abs(found.value))
        assert found.random_u == getattr(bare, name).random_u and getattr(bare, name).systematic_u == 0.0


def normalised(laws):
    return np.array(
        [[law.v_inf_nm_s.normalised_error(V_INF), law.critical_radius_nm.normalised_error(CRITICAL_NM)] for law in laws]
    )


def test_without_errors_the_law_is_exact():
    law = fit(made(1, place_sd=1e-6))
    assert law.v_inf_nm_s.value == pytest.approx(V_INF, abs=1e-5)
    assert law.critical_radius_nm.value == pytest.approx(CRITICAL_NM, abs=1e-3)
    assert law.stiffness_nm2_s.value == pytest.approx(V_INF * CRITICAL_NM, abs=1e-3)
    assert law.pairs == 8 and law.blocks == 70


@pytest.mark.parametrize("how", [{}, {"drift_sd": 2.0}, {"bend_sd": 1e-3}, {"stated": 0.03}], ids=str)
def test_uncertainties_cover_the_truth_in_95_of_100(how):
    errors = normalised([fit(made(seed, pairs=5, **how)) for seed in range(40)])
    assert (errors <= 1.0).mean() >= 0.87
    assert 0.7 < 2.0 * np.sqrt((errors**2).mean()) < 1.3


def test_drift_is_not_taken_for_velocity():
    blind, told = (fit(made(3, drift_sd=4.0, stated_drift=s)) for s in (0.0, 4.0))
    assert told.v_inf_nm_s.u < 0.3 * blind.v_inf_nm_s.u
    assert abs(told.critical_radius_nm.value - CRITICAL_NM) < 2.0


def test_noisy_curvatures_do_not_flatten_the_law():
    """Plain least squares would lose a fifth of the slope here."""
    tables = [made(seed, bend_sd=3e-3, place_sd=0.05) for seed in range(12)]
    plain = [np.polyfit(t["curvature_per_nm"], t["velocity_nm_s"], 1)[0] for t in tables]
    found = [-fit(t).stiffness_nm2_s.value for t in tables]
    assert np.mean(plain) > -0.9 * V_INF * CRITICAL_NM
    assert np.mean(found) == pytest.approx(-V_INF * CRITICAL_NM, rel=0.03)


def test_errors_of_place_cancel_over_time():
    """Eight pairs share nine positions: velocities are better known than if all pairs had errors of their own."""
    few, many = (np.mean([fit(made(s, pairs=n)).v_inf_nm_s.u for s in range(6)]) for n in (2, 16))
    assert many < 0.25 * few


def test_parallel_steps_cannot_tell_drift_from_motion():
    table = made(4, drift_sd=1.0)
    table["normal_x"], table["normal_y"] = 1.0, 0.0
    assert fit(table).v_inf_nm_s.u > 0.5 * np.sqrt(2) * 1.0 / 2.0 / np.sqrt(8)


def test_too_few_pieces_or_doubtful_ones_make_no_law():
    table = made(1)
    assert fit(table[table["block"] < 4]) is NO_LAW
    table["doubtful"] = 1.0
    assert fit(table) is NO_LAW


def test_standing_edges_have_no_critical_radius():
    table = made(2)
    table["velocity_nm_s"] -= V_INF * (1.0 - CRITICAL_NM * table["curvature_per_nm"])
    law = fit(table)
    assert np.isnan(law.critical_radius_nm.value) and law.v_inf_nm_s.normalised_error(0.0) < 1.6
