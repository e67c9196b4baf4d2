"""Scenes in which risers bury roughness: what is buried changes, particles do not; and what forgetting does."""

import numpy as np
import pytest

from eclips4d.pipeline.bench.registration.scenes.burying import burying
from eclips4d.pipeline.bench.registration.staying import part, scenes, trials
from eclips4d.registration.staying import AT_REST, Staying


def test_only_places_that_a_riser_has_passed_look_different() -> None:
    scene, size, advance = burying(96, 128, 1), 96, 6.0
    before, after = (scene.still((0.0, 0.0), a, size) for a in (0.0, advance))
    y, x = np.arange(size)[:, None] + 0.0, np.arange(size)[None, :]
    ways = zip(scene.risers.places(y, 0.0), scene.risers.places(y, advance), strict=True)
    passed = np.zeros((size, size), bool)
    near = np.zeros((size, size), bool)
    for old, new in ways:
        passed |= (x > old + 2) & (x < new - 2)
        near |= (x > old - 10) & (x < new + 10)
    change = np.abs(after - before).max(axis=0)
    assert change[~near].max() < 1e-4 * np.abs(before).max()
    assert passed.any() and np.median(change[passed]) > 0.3


def test_particles_stay_and_drift_moves_everything() -> None:
    scene = burying(96, 128, 2)
    lying = scene.particles.at((0.0, 0.0), 96)
    steepest = np.unravel_index(np.abs(lying[0]).argmax(), lying[0].shape)
    for advance in (0.0, 3.0, 30.0):
        rough = (scene.still((0.0, 0.0), advance, 96) - lying)[0]
        assert rough.std() == pytest.approx(1.0, abs=0.2)
        assert abs(lying[0][steepest]) > 2.0
    moved, here = scene.still((3.0, -2.0), 5.0, 96), scene.still((0.0, 0.0), 5.0, 96)
    assert moved[:, 13:80, 10:80] == pytest.approx(here[:, 10:77, 12:82], abs=1e-9)


def test_forgetting_keeps_what_it_should() -> None:
    known = Staying((1, 1, 2), b"aaaaaaaa", b"dd", b"\x90\x20", (1, 1), b"s")
    assert trials.nothing(known) == known
    kept = trials.unrest(known)
    assert kept.unrest == bytes([AT_REST] * 2) and (kept.stray, kept.doubt, kept.still) == (b"aaaaaaaa", b"dd", b"s")
    assert trials.strays_and_unrest(known) == Staying(blocks=(1, 1), still=b"s")


def test_a_run_that_remembers_is_the_run_itself_and_forgetting_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "FRAMES", 5)
    movie = scenes.movie.__wrapped__(0.5, 2.0, 4)
    errors = [trials.error_of(movie, forget) for forget in (trials.nothing, trials.strays_and_unrest)]
    assert 0.0 < errors[0] < 1.0
    assert errors[0] != errors[1]


def test_rows_say_what_learning_brings(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = {kind: np.array(values) for kind, values in {"all": [1, 2], "strays": [2, 2], "nothing": [4, 4]}.items()}
    row = part._row("some", errors)
    assert row.value == pytest.approx(np.sqrt(2.0))
    assert "strays alone 2 px, nothing learned 4 px" in row.what
