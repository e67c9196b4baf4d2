"""Other programs: they get what they want, and their absence is said."""

import numpy as np
import pytest
from scipy.special import ndtr

from eclips4d.pipeline.bench.metrology.peers import maps, part, programs


def pit(depth=8.0, noise=0.0):
    y, x = np.mgrid[-60:60, -60:60] * 4.0
    height = -depth * ndtr((110.0 - np.hypot(x, y)) / 6.0)
    return height + noise * np.random.default_rng(1).normal(size=height.shape)


def test_without_programs_the_tables_say_so(monkeypatch):
    monkeypatch.setattr(programs, "installed", lambda name: False)
    monkeypatch.setattr(maps, "our_levels", lambda frame, grid: np.array([-8.1, 0.0, 8.2]))
    monkeypatch.setattr(maps, "many_terraces", lambda seed, dose, step: (None, None, step * np.array([-1.0, 0.0, 1.0])))
    rows = part._compared(part.SATI, range(1, 3), "sati", part._terraces)
    assert "not installed" in rows[0].what and np.isnan(rows[0].value)
    ours = [row for row in rows if row.what.startswith("steps of 8 nm")]
    assert len(ours) == len(part.DOSES) and all("ours" in row.what for row in ours)
    assert ours[0].value == pytest.approx(np.sqrt((0.1**2 + 0.2**2) / 2))
    assert "bias +0.150" in ours[0].what
    assert "not installed" in part.roughness_rows([1])[0].what


def test_another_number_of_levels_is_no_result():
    truth = np.array([-2.0, 0.0, 2.0])
    assert np.isnan(part._over_base(np.array([0.0, 2.0]), truth, truth != 0)).all()
    assert "2 of 2 without" not in part._said(np.array([0.1, np.nan])) and "1 of 2" in part._said(
        np.array([0.1, np.nan])
    )


def test_surfalize_reads_the_depth_of_a_pit():
    pytest.importorskip("surfalize")
    assert programs.surfalize_step(pit(), 4.0) == pytest.approx(8.0, abs=0.3)


def test_sati_reads_two_levels():
    pytest.importorskip("sati")
    low, high = programs.sati_heights(pit(noise=0.1), 2, 2.0)
    assert high - low == pytest.approx(8.0, abs=0.1)
