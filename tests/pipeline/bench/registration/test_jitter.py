"""Scenes with row jitter, and what the part makes of the errors."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.pipeline.bench.registration.jitter import part, scenes
from eclips4d.pipeline.bench.registration.jitter.trials import Trials, pairs


def test_rows_move_exactly_and_the_height_has_the_slopes() -> None:
    film = scenes.Film.of(1)
    whole = scenes.rows_at(film.waves, np.full(scenes.SIZE, 0.7))
    assert whole == pytest.approx(film.waves.at((0.0, 0.7), scenes.SIZE), abs=1e-9)
    height, slope = film.height_nm() / scenes.PIXEL_NM, film.waves.at(size=scenes.SIZE)[:2]
    down, right = np.gradient(height)
    inner = np.s_[2:-2, 2:-2]
    assert np.corrcoef(right[inner].ravel(), slope[0][inner].ravel())[0, 1] > 0.98
    assert np.corrcoef(down[inner].ravel(), slope[1][inner].ravel())[0, 1] > 0.98


def test_jitter_is_half_white_and_half_a_wave() -> None:
    drawn = np.array([scenes.offsets(0.3, np.random.default_rng(k)) for k in range(200)])
    assert np.sqrt((drawn**2).mean()) == pytest.approx(0.3, rel=0.03)


def test_a_pair_is_judged_by_the_bound() -> None:
    found = pairs(1000.0, 0.3, 1)
    assert found.after_px[0] < 1.3 * found.bound_px[0] < 0.2 * found.before_px[0]
    assert found.after_nm[0] < found.before_nm[0]
    rows = part.place_rows({(1000.0, 0.3): found}, 1)
    assert rows[1].met
    bad = Trials(*np.array([[0.3], [0.2], [0.03], [1.0], [0.1], [0.1], [1.0]]))
    assert part.place_rows({(1000.0, 0.3): bad}, 1)[1].met is False
    still = Trials(*np.array([[0.0], [0.0], [0.03], [0.0], [0.05], [0.05], [1.0]]))
    judged = part.height_rows({(1000.0, 0.0): still, (1000.0, 0.3): bad}, 1)
    assert len(judged) == 2 and judged[1].value == pytest.approx(2.0) and judged[1].met is False


def test_the_references_rows_are_judged_by_the_mean_of_frames() -> None:
    left = 0.3 / np.sqrt(np.arange(2, 9))[None]
    assert all(row.met for row in part.reference_rows(left)[1:])
    assert not any(row.met for row in part.reference_rows(1.4 * left)[1:])
