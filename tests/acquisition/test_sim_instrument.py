"""What an address says of beam, specimen and instrument reaches the frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eclips4d.acquisition import open_source
from eclips4d.acquisition.sim_effects import parse_effects
from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.acquisition.truth import read_truth, write_truth
from eclips4d.core.errors import InputError
from eclips4d.physics.scenes import SCENES
from eclips4d.physics.signal.effects import TYPICAL, Effects

SMALL = "sim://copper-redox?size=16&seed=5"


def frame(query: str) -> np.ndarray:
    return simulated_microscope(f"{SMALL}&{query}").frame(1).data


def test_current_and_dose_say_the_same() -> None:
    """Against the plain product: electrons of the beam, copper's yield, the share of a cosine that an annulus sees."""
    sim = simulated_microscope(f"{SMALL}&current_na=2&dwell_us=3&fps=2&gap_mm=0")
    beam = 2e-9 * 3e-6 / 1.602176634e-19
    sines = [r**2 / (r**2 + 6.0**2) for r in (1.75, 7.0)]
    assert sim.dose == pytest.approx(beam * 0.309 * (sines[1] - sines[0]) / 4, rel=0.02)
    assert sim.instrument.beam.current_na == 2.0 and sim.instrument.beam.electrons_per_pixel == sim.dose
    twice = simulated_microscope(f"{SMALL}&current_na=4&dwell_us=3&fps=2&gap_mm=0")
    assert twice.dose == pytest.approx(2 * sim.dose, rel=1e-5)


def test_dose_and_current_together_are_refused() -> None:
    with pytest.raises(InputError, match="give one of them"):
        open_source(f"{SMALL}&dose=10&current_na=1")


def test_a_flat_area_shows_the_dose() -> None:
    sim = simulated_microscope("sim://flat?size=64&dose=400&drift_px=0")
    counted = (sim.frame(0).data - np.array(sim.offset_adu)[:, None, None]) / np.array(sim.gain)[:, None, None]
    assert counted.mean() / sim.instrument.beam.adu_per_electron == pytest.approx(400, rel=0.01)


@pytest.mark.parametrize(
    ("text", "effects"),
    [
        ("", Effects()),
        ("none", Effects()),
        ("typical", TYPICAL),
        ("all", TYPICAL.model_copy(update={"blur": True})),
        ("lag_px", Effects(lag_px=TYPICAL.lag_px)),
        ("none, lag_px:0.5,blur", Effects(lag_px=0.5, blur=True)),
        ("typical,lag_px:0,counting:false", TYPICAL.model_copy(update={"lag_px": 0.0, "counting": False})),
        ("blur,blur_material:Au", Effects(blur=True, blur_material="Au")),
    ],
)
def test_effects_in_words(text: str, effects: Effects) -> None:
    assert parse_effects(text, seed=effects.seed) == effects


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("glare", "unknown effect"), ("lag_px:-1", "lag_px"), ("grey_levels", "VALUE"), ("lag_px,all", "unknown effect")],
)
def test_other_effects_are_refused_in_one_line(text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as refused:
        open_source(f"{SMALL}&effects={text}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "query",
    [
        "effects=counting:false",
        "effects=all",
        "supersample=2",
        "distance_mm=9",
        "offset_mm=1,0",
        "switch_s=1",
        "drift_px=2",
        "energy_kev=20&effects=blur",
    ],
)
def test_every_choice_changes_the_frame(query: str) -> None:
    assert not np.array_equal(frame(query), frame("effects=none"))


def test_same_words_same_bytes() -> None:
    assert np.array_equal(frame("effects=all&supersample=2"), frame("effects=all&supersample=2"))


@pytest.mark.parametrize("name", SCENES)
def test_every_scene_streams(name: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "map.npz", height_nm=np.random.default_rng(1).normal(size=(30, 30)), pixel_size_nm=5.0)
    options = f"&path={tmp_path / 'map.npz'}" if name == "afm" else ""
    with open_source(f"sim://{name}?size=24&fps=100&frames=2&render=live{options}") as source:
        frames = list(source.frames())
    assert [f.data.shape for f in frames] == [(4, 24, 24)] * 2
    assert set(frames[0].header.side) == set(source.info.side_units)


def test_a_scenes_own_options_are_part_of_the_address() -> None:
    flat, steep = (simulated_microscope(f"sim://pyramid?size=24&face_deg={deg}").truth(1) for deg in (5, 40))
    assert np.ptp(steep.height_nm) > 3 * np.ptp(flat.height_nm) > 0
    with pytest.raises(InputError, match="face_deg"):
        open_source("sim://pyramid?face_deg=100")
    with pytest.raises(InputError, match=r"unknown parameter 'face_deg'; known are: .*size") as refused:
        open_source("sim://copper-redox?face_deg=10")
    assert "\n" not in str(refused.value)


def test_the_truth_tells_the_scenes_labels(tmp_path: Path) -> None:
    truth = simulated_microscope("sim://pyramid?size=24&face_deg=10,40").truth(1)
    assert list(truth.labels["face_deg"]) == [10.0, 40.0]
    write_truth(truth, tmp_path / "a.truth.npz")
    again = read_truth(tmp_path / "a.truth.npz")
    assert set(again.labels) == set(truth.labels)
    assert np.array_equal(again.labels["face_deg"], truth.labels["face_deg"])
    assert np.array_equal(again.height_nm, truth.height_nm)
