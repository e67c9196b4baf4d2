"""The benchmark of spirals judges what it should."""

from types import SimpleNamespace

import numpy as np
import pytest

from eclips4d.metrology.quantity import Quantity
from eclips4d.metrology.spirals.track import Track
from eclips4d.physics.scenes.scene import of_one_material
from eclips4d.pipeline.bench.metrology.spirals.dusted import dusted
from eclips4d.pipeline.bench.metrology.spirals.part import _covered_rows, _error_rows, _found_rows
from eclips4d.pipeline.bench.metrology.spirals.trials import Trials, judged

LABELS = {"spacing_nm": 100.0, "rotation_per_s": 0.02, "steps_per_core": 1.0}


def _track(x, y, sense=1, spacing=100.2, rotation=0.02, arms=1):
    empty = dict.fromkeys(Track.__dataclass_fields__)
    known = {
        "core_id": 0,
        "seen": (),
        "sense": sense,
        "arms": arms,
        "x_nm": Quantity(x, 1.0),
        "y_nm": Quantity(y, 1.0),
        "spacing_nm": Quantity(spacing, 0.5),
        "bend_nm": Quantity(100.0 / 18.99, 0.2),
        "rotation_per_s": Quantity(rotation, 1e-4),
        "shape_random": np.eye(2) * 0.01,
        "shape_model": np.zeros((2, 2)),
    }
    return Track(**{**empty, **known})


def _judged(*tracks, cores=((50.0, 60.0, 1.0), (300.0, 60.0, -1.0))):
    taken = SimpleNamespace(cores=np.array(cores), labels=LABELS, dose=300)
    return judged(Trials([], 0), taken, SimpleNamespace(tracks=tracks))


def _values(rows):
    return {row.what.split(",")[0]: row for row in rows}


def test_each_core_has_the_track_nearest_to_it():
    found = _judged(_track(301.0, 62.0, sense=-1), _track(50.0, 63.0))
    assert [trial.off_px for trial in found.cores] == pytest.approx([0.75, np.hypot(1.0, 2.0) / 4.0])
    assert all(trial.sense_right and trial.arms_right for trial in found.cores) and found.false == 0
    assert all(row.met is not False for row in _found_rows(found))


def test_missed_false_and_wrong_ones_are_counted():
    found = _judged(_track(50.0, 60.0, sense=-1, arms=2), _track(180.0, 180.0))
    rows = _values(_found_rows(found))
    assert (rows["not found"].value, rows["found where there is none"].value) == (1, 1)
    assert (rows["wrong sense"].value, rows["wrong number of arms"].value) == (1, 1)
    assert not any(rows[name].met for name in ("not found", "wrong sense", "wrong number of arms"))


def test_bars_hold_for_the_worst_core():
    found = _judged(_track(50.0, 60.0), _track(300.0, 63.0, sense=-1, spacing=101.5, rotation=0.0197))
    place, spacing, rotation = _error_rows(300, found.cores)
    assert (place.met, spacing.met, rotation.met) == (False, False, False)
    assert (place.value, spacing.value, rotation.value) == pytest.approx((0.75, 1.5, 1.5))
    assert _covered_rows(found.cores)[-1].value == pytest.approx(5 / 8)


class _Plain:
    @property
    def side_units(self):
        return {}

    def lines(self, x0_nm, step_nm, count, y_nm, t_s):
        return of_one_material(np.zeros((len(y_nm), count)) + np.asarray(t_s)[:, None])

    def labels(self):
        return {"cores": np.array([[0.0, 0.0, 1.0]])}

    def side(self, t_s):
        return {}


def test_particles_stay_and_leave_cores_free():
    scene = dusted(_Plain(), (1000.0, 1000.0), 3)
    assert len(scene.particles) >= 20
    assert np.hypot(*scene.particles[:, :2].T).min() > 60.0
    lines = np.linspace(-500.0, 500.0, 101)
    now, later = (scene.lines(np.full(101, -500.0), 10.0, 101, lines, np.full(101, at)).height for at in (0.0, 7.0))
    np.testing.assert_allclose(later - now, 7.0)
    at = scene.particles[0]
    (high,) = scene.lines(at[:1], 1.0, 1, at[1:2], np.zeros(1)).height
    assert high[0] >= at[2]
