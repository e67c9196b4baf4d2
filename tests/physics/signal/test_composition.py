"""The whole microscope: every switch alone does what it says to a frame, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest

from eclips4d.core.instrument import parse_instrument
from eclips4d.physics.microscope import Exposure, Microscope
from eclips4d.physics.microscope.readout import levels_adu
from eclips4d.physics.scenes import Lines
from eclips4d.physics.signal.amplifier import lag
from eclips4d.physics.signal.effects import TYPICAL, Effects
from eclips4d.physics.signal.gas_skirt import gas_dilution

INSTRUMENT = parse_instrument("""
[beam]
energy_kev = 5
electrons_per_pixel = 1000
adu_per_electron = 8
[scan]
pixel_size_nm = 4
line_time_s = 0.01
[detector]
distance_mm = 6
inner_radius_mm = 1.75
outer_radius_mm = 7
gap_mm = 0.3
azimuths_deg = [45, 135, 225, 315]
""")
STILL = Exposure(start_s=3.0)


class Bumps:
    """Round bumps; the right half is another grain; hydrogen until 3.2 s, then oxygen, while the stage gets hotter."""

    def lines(self, x0_nm, step_nm, count, y_nm, t_s):
        x = x0_nm[:, None] + step_nm * np.arange(count)
        y = np.broadcast_to(y_nm[:, None], x.shape)
        height = 12.0 * np.sin(x / 22.0) * np.cos(y / 25.0)
        return Lines(height, np.where(y > 30.0, 0.8, 1.0), (x > 0.0).astype(np.int16))

    def side(self, t_s: float) -> dict[str, float]:
        oxygen = t_s > 3.2
        return {"temperature": 800.0 + t_s, "pressure_h2": 0.0 if oxygen else 100.0, "pressure_o2": 100.0 * oxygen}


@cache
def bare(supersample: int) -> Microscope:
    return Microscope(
        instrument=INSTRUMENT,
        shape=(40, 64),
        gain=(1.0, 1.02, 0.98, 1.0),
        offset_adu=(100.0, 110.0, 120.0, 130.0),
        excess_noise=(1.2,) * 4,
        supersample=supersample,
        azimuths=16,
        effects=Effects(counting=False),
    )


def microscope(effects: Mapping[str, float | bool | str] | None = None, supersample: int = 1) -> Microscope:
    return bare(supersample).with_effects(Effects.model_validate({"counting": False, **(effects or {})}))


def shot(effects: Mapping[str, float | bool | str] | None = None, seed: int = 1) -> np.ndarray:
    return microscope(effects).expose(Bumps(), STILL, np.random.default_rng(seed)).astype(float)


@pytest.fixture(scope="module")
def ideal() -> np.ndarray:
    return shot()


def test_the_default_is_ideal_but_for_counting(ideal: np.ndarray) -> None:
    electrons = microscope().expected_electrons(Bumps(), STILL)
    gain, dark = np.array(microscope().gain)[:, None, None] * 8.0, np.array(microscope().offset_adu)[:, None, None]
    wanted = gain * electrons + dark
    assert np.abs(ideal - wanted).max() <= 0.51
    assert Effects().counting


def test_same_seed_same_bytes_and_the_number_of_effects_does_not_matter_to_that() -> None:
    everything = microscope().with_effects(TYPICAL.model_copy(update={"blur": True}))
    one, two, other = (everything.expose(Bumps(), STILL, np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert (one == two).all() and (one != other).any()
    assert one.dtype == np.uint16 and one.flags.c_contiguous


def test_counting_leaves_the_mean(ideal: np.ndarray) -> None:
    frames = np.mean([shot({"counting": True}, seed) for seed in range(60)], axis=0)
    assert (frames - ideal).std() == pytest.approx(np.sqrt(8.0 * 1.2 * (ideal - 115.0).mean() / 60), rel=0.1)
    assert (frames - ideal).mean() == pytest.approx(0.0, abs=2.0)


@pytest.mark.parametrize("supersample", [1, 2])
def test_blur_softens_and_keeps_the_signal(supersample: int) -> None:
    sharp = microscope(supersample=supersample).expected_electrons(Bumps(), STILL)
    soft = microscope({"blur": True}, supersample).expected_electrons(Bumps(), STILL)
    assert soft.mean((1, 2)) == pytest.approx(sharp.mean((1, 2)), rel=1e-4)
    assert soft[0].std() < 0.8 * sharp[0].std()


def test_channelling_changes_whole_grains(ideal: np.ndarray) -> None:
    ratio = (shot({"channelling": 0.02}) - 115.0) / (ideal - 115.0)
    for half in (ratio[..., :32], ratio[..., 32:]):
        assert half.std(axis=(1, 2)).max() < 5e-4
    assert abs(ratio[0, :, :32].mean() - ratio[0, :, 32:].mean()) > 1e-3


def test_gas_follows_the_side_values_row_by_row() -> None:
    """From hydrogen to oxygen after half of the rows; each segment's contrast about its mean shrinks by 1 − f."""
    found = microscope({"gas_path_mm": 3.0}).expected_electrons(Bumps(), STILL)
    clean = microscope().expected_electrons(Bumps(), STILL)
    mean = clean.mean((1, 2), keepdims=True)
    dilution = gas_dilution(3.0, 5.0)
    for row, time in ((2, 3.02), (37, 3.37)):
        kept = ((found - mean)[:, row] * (clean - mean)[:, row]).sum() / ((clean - mean)[:, row] ** 2).sum()
        assert kept == pytest.approx(1.0 - dilution.share(Bumps().side(time)), abs=1e-3)


def test_row_jitter_moves_rows_and_not_columns(ideal: np.ndarray) -> None:
    shaken = shot({"row_jitter_px": 0.4})
    moved = shaken - ideal
    gradient = np.gradient(ideal, axis=2)
    shift = (moved * gradient).sum((0, 2)) / (gradient**2).sum((0, 2))
    assert shift.std() == pytest.approx(0.4, rel=0.35)
    rest = (moved - shift[:, None] * gradient)[:, :, 3:-3]
    assert rest.std() < 0.25 * moved.std()


def test_lag_is_the_amplifiers() -> None:
    electrons = microscope().expected_electrons(Bumps(), STILL)
    gain, dark = np.array(microscope().gain)[:, None, None] * 8.0, np.array(microscope().offset_adu)[:, None, None]
    assert shot({"lag_px": 1.5}) == pytest.approx(gain * lag(electrons, 1.5) + dark, abs=0.6)


def test_levels_and_gains_wander_from_their_start(ideal: np.ndarray) -> None:
    effects = Effects(dark_drift_adu=5.0, gain_drift=0.01)
    times = np.array([0.0, 40.0, 41.0])
    level = levels_adu((100.0, 110.0, 120.0), times, None, effects)
    assert level[:, 0] == pytest.approx([100.0, 110.0, 120.0])
    assert np.abs(level[:, 1] - level[:, 0]).max() > 1.0
    assert np.abs(level[:, 2] - level[:, 1]).max() < 2.0
    late = microscope({"gain_drift": 0.05}).expose(Bumps(), Exposure(start_s=40.0), np.random.default_rng(1))
    assert np.abs(late.mean((1, 2)) / ideal.mean((1, 2)) - 1.0).max() > 0.005


def test_light_adds_the_same_to_all_pixels_of_a_segment(ideal: np.ndarray) -> None:
    lit = shot({"laser_adu": 30.0, "glow_adu": 20.0}) - ideal
    assert lit.std(axis=(1, 2)).max() < 0.6
    assert lit.mean() == pytest.approx(30.0 + 20.0 * 1.034, abs=1.0), "the stage is at 803 degrees"


def test_unknown_effects_and_wrong_sizes_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="fog"):
        Effects.model_validate({"fog": 1.0})
    with pytest.raises(ValueError, match="lag_px"):
        Effects(lag_px=-1.0)
