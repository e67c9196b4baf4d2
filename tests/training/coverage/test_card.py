"""The card's table: written beside the weights, everything else of the card as it was, and what a model then states."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from eclips4d.core.errors import MissingInputError
from eclips4d.inference.networks.card import read_card
from eclips4d.inference.networks.weights import FOLDER
from eclips4d.training.coverage.card import cover
from eclips4d.training.coverage.held_out import HeldOut, held_out
from eclips4d.training.coverage.models import recalibrated
from eclips4d.training.coverage.slopes import pooled
from eclips4d.training.coverage.twice import SURFACES, Twice, taken_twice
from eclips4d.training.coverage.varied import Varied, varied


@pytest.fixture(scope="module")
def frames() -> list[HeldOut]:
    return held_out(seed=1, count=2, size=64)


@pytest.fixture(scope="module")
def others() -> list[Varied]:
    return list(varied(seed=1, count=1, size=64))


@pytest.fixture(scope="module")
def twice() -> list[Twice]:
    return list(taken_twice(seed=1, count=1, size=64))


def copied(folder: Path) -> Path:
    for ending in (".onnx", ".toml"):
        shutil.copy(FOLDER / f"slopes-live{ending}", folder)
    return folder / "slopes-live.onnx"


def test_a_seed_gives_the_same_frames_and_faults_only_where_slopes_are_compared(frames: list[HeldOut]) -> None:
    again = held_out(seed=1, count=1, size=64)[0]
    np.testing.assert_array_equal(again.for_slopes[1].raw, frames[0].for_slopes[1].raw)
    first, second = again.for_heights
    np.testing.assert_array_equal(first.raw, frames[0].for_heights[0].raw)
    np.testing.assert_array_equal(first.truth, second.truth)
    assert first.calibration == second.calibration and not np.array_equal(first.raw, second.raw)
    assert not np.array_equal(first.truth, frames[1].for_heights[0].truth)
    assert frames[0].for_slopes[0].truth.shape == (2, 64, 64) and first.truth.shape == (64, 64)


def test_surfaces_for_heights_are_taken_twice_with_other_noise(twice: list[Twice], frames: list[HeldOut]) -> None:
    assert len(twice) == SURFACES
    for one in twice:
        first, second = one.seen
        np.testing.assert_array_equal(first.truth, second.truth)
        assert not np.array_equal(first.raw, second.raw)
    assert twice[0].instrument == twice[1].instrument != frames[0].instrument
    again = next(taken_twice(seed=1, count=1, size=64))
    np.testing.assert_array_equal(again.seen[0].raw, twice[0].seen[0].raw)


@pytest.mark.slow
def test_the_card_gets_all_factors_and_keeps_the_rest(
    frames: list[HeldOut], others: list[Varied], twice: list[Twice], tmp_path: Path
) -> None:
    path = copied(tmp_path)
    before = read_card(path.with_suffix(".toml"))
    table = cover(path, frames, others, twice)
    after = read_card(path.with_suffix(".toml"))
    assert after.coverage == table
    assert set(table) == {
        "slope_sd",
        "sd_power",
        "unit_power",
        "steep_sd",
        "shade_sd",
        "long_wave",
        "reach",
        "beyond",
        "patch_px",
        "held_px",
        "pixels_alike",
    }
    assert after.surroundings != before.surroundings
    assert after.model_copy(update={"coverage": before.coverage, "surroundings": before.surroundings}) == before
    assert cover(path, frames, others, twice) == table  # what the card said before does not count
    assert sorted(file.name for file in tmp_path.iterdir()) == ["slopes-live.onnx", "slopes-live.toml"]


def test_stated_sd_follows_the_factors(frames: list[HeldOut], tmp_path: Path) -> None:
    bare = recalibrated(copied(tmp_path))
    seen, instrument = frames[0].for_slopes[0], frames[0].instrument
    plain, twice, steep = (
        bare.saying(said).model(instrument)(seen.raw, seen.calibration)
        for said in ({}, {"slope_sd": 2.0}, {"steep_sd": 0.1})
    )
    np.testing.assert_allclose(twice.slope_sd, 2.0 * plain.slope_sd, rtol=1e-5)
    more = np.square(steep.slope_sd) - np.square(plain.slope_sd)
    square = np.square(plain.slope).sum(axis=0)
    assert more.min() > -1e-6 and np.corrcoef(np.sqrt(np.maximum(more, 0.0)).ravel(), square.ravel())[0, 1] > 0.8
    assert all(np.isfinite(pool.error).all() and (pool.said > 0.0).all() for pool in pooled(bare, frames).values())


def test_weights_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError):
        recalibrated(tmp_path / "slopes-live.onnx")
