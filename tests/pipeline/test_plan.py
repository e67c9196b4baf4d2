"""`eclips4d plan`: what it prints, what it refuses, and whether its predictions come true."""

import json

import pytest
from cyclopts import App

from eclips4d.core.errors import InputError
from eclips4d.physics.signal.gas_skirt import gas_dilution
from eclips4d.pipeline.bench.physics.plan import WITHIN, ratios
from eclips4d.pipeline.bench.physics.plan_cases import CASES, trial
from eclips4d.pipeline.commands.plan import plan

GEOMETRY = ["--distance-mm", "6", "--inner-mm", "1.5", "--outer-mm", "5.4", "--energy-kev", "10", "--pixel-nm", "2"]
LAMBERT = ["--law", "lambert", "--size", "256"]
DOSE = ["--current-na", "1", "--dwell-us", "10"]


def called(*words):
    app = App()
    app.default(plan)
    return app([*words], exit_on_error=False, print_error=False, result_action="return_value")


def numbers(capsys, *words):
    assert called(*words, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_the_examples_of_the_noise_limit_come_out(capsys):
    """1 nA, 10 µs on copper, 14-42°, Lambert: 7532 electrons in all, 1.8° per pixel, 80 pixels for 0.2°."""
    found = numbers(capsys, *GEOMETRY, *LAMBERT, *DOSE)
    assert 4 * found["electrons_per_pixel"] == pytest.approx(7532, rel=0.01)
    assert found["slope_sd"] == pytest.approx(0.031, rel=0.02)
    assert (found["slope_sd_deg"] / 0.2) ** 2 == pytest.approx(80, rel=0.05)
    assert found["fluence_frame_nm2"] == pytest.approx(62415.1 / 4.0)
    assert found["frame_s"] == pytest.approx(256 * 256 * 1e-5)
    assert found["disk_gb_per_hour"] > 0.0


def test_the_table_names_every_limit_with_advice(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert called(*GEOMETRY, *LAMBERT, *DOSE, "--spacing-nm", "60", "--velocity-nm-s", "200") == 0
    said = capsys.readouterr().out
    for name in ("dose", "slope noise", "height noise", "smallest step", "smallest tilt", "slowest edge", "disk"):
        assert any(line.startswith(name) for line in said.splitlines()), name
    assert "ALIASED" in said


def test_a_file_gives_what_the_command_line_does_not(tmp_path, capsys):
    file = tmp_path / "microscope.toml"
    file.write_text(
        "[beam]\nenergy_kev = 10\nelectrons_per_pixel = 1000\n[scan]\npixel_size_nm = 4\nframe_times_s = [0, 5]\n"
        "[detector]\ndistance_mm = 6\ninner_radius_mm = 1.5\nouter_radius_mm = 5.4\n"
        "azimuths_deg = [45, 135, 225, 315]\n"
    )
    found = numbers(capsys, "--instrument", str(file), *LAMBERT)
    assert found["electrons_per_pixel"] == pytest.approx(1000.0)
    assert found["frame_s"] == 5.0
    finer = numbers(capsys, "--instrument", str(file), *LAMBERT, "--pixel-nm", "2")
    assert finer["fluence_frame_nm2"] == pytest.approx(4.0 * found["fluence_frame_nm2"])


def test_a_material_emits_in_its_own_way(capsys):
    lambert = numbers(capsys, *GEOMETRY, "--size", "256", *DOSE, "--law", "lambert")
    copper = numbers(capsys, *GEOMETRY, "--size", "256", *DOSE)
    assert copper["kappa_lambert"] == pytest.approx(lambert["kappa"])
    assert copper["kappa"] > 1.2 * copper["kappa_lambert"]
    assert copper["scale_law_u"] == pytest.approx(copper["kappa"] / copper["kappa_lambert"] - 1.0)
    calibrated = numbers(capsys, *GEOMETRY, "--size", "256", *DOSE, "--scale-u-percent", "1.3")
    assert calibrated["facet_scale_deg"] < 0.1 * copper["facet_scale_deg"]


def test_a_picture_is_drawn(tmp_path, capsys):
    target = tmp_path / "plan.png"
    assert called(*GEOMETRY, *LAMBERT, *DOSE, "--plot", str(target)) == 0
    assert target.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([*GEOMETRY, *DOSE, "--frame-s", "0.5"], "256 × 256 pixels of 10 µs take 0.655 s, a frame only 0.5 s"),
        ([*GEOMETRY, *DOSE, "--electrons", "100"], "--electrons and --current-na both give the dose"),
        ([*GEOMETRY], "--current-na: the dose is not known"),
        ([*GEOMETRY, "--current-na", "1"], "--dwell-us: the dose is not known"),
        ([*GEOMETRY, "--electrons", "100"], "--frame-s: the frame time is not known"),
        ([*DOSE], "--distance-mm: the detector is not known"),
        ([*GEOMETRY[:6], *DOSE], "--energy-kev: this is needed"),
        ([*GEOMETRY, *DOSE, "--segments", "2"], "2 segments cannot tell two slopes"),
        ([*GEOMETRY, *DOSE, "--line-nm", "600"], "--line-nm: 600 nm do not fit into a field of 512 nm"),
        ([*GEOMETRY, *DOSE, "--spacing-nm", "3"], "--spacing-nm: steps 3 nm apart fall below two pixels"),
        ([*GEOMETRY, *DOSE, "--facet-deg", "90"], "--facet-deg: 90°"),
        ([*GEOMETRY, "--current-na", "1", "--dwell-us=-1"], "--dwell-us: -1 is no number above 0"),
        ([*GEOMETRY, *DOSE, "--frames", "1"], "--frames: a velocity needs two frames"),
        ([*GEOMETRY, *DOSE, "--excess-noise", "0.5"], "--excess-noise: 0.5"),
        ([*GEOMETRY, *DOSE, "--gas", "h2"], "--gas: a gas and its pressure belong together"),
        ([*GEOMETRY, *DOSE, "--gas", "o2", "--pressure-pa", "1e9"], "scatter 100.0000% of the beam"),
        ([*GEOMETRY, *DOSE, "--velocity-nm-s", "3"], "give --spacing-nm too"),
        ([*GEOMETRY, *DOSE, "--segments", "100000"], "--segments: 100000 segments"),
        ([*GEOMETRY, *DOSE, "--distance-u-mm", "nan"], "--distance-u-mm: nan"),
        ([*GEOMETRY, "--current-na", "1e300", "--dwell-us", "1"], "electrons in the beam per pixel"),
        ([*GEOMETRY, "--current-na", "inf", "--dwell-us", "1"], "--current-na: inf is no number above 0"),
        ([*GEOMETRY[4:], *DOSE, "--distance-mm", "1e-9", "--inner-mm", "1"], "--distance-mm: 1e-09 mm"),
        ([*GEOMETRY, *DOSE, "--gas", "xe", "--pressure-pa", "50"], "no gas 'xe'"),
        ([*GEOMETRY, *DOSE, "--material", "Pb"], "no material 'Pb'"),
        (
            [*GEOMETRY[4:], *DOSE, "--distance-mm", "6", "--inner-mm", "7"],
            "outer_radius_mm must exceed inner_radius_mm",
        ),
        ([*GEOMETRY, *DOSE, "--instrument", "x.toml"], "--distance-mm and --instrument both describe the detector"),
        ([*GEOMETRY, *DOSE, "--plot", "plan.pdf"], "plan.pdf: not a file that can be made"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(words, line):
    with pytest.raises(InputError) as caught:
        called(*LAMBERT, *words)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_law_that_is_neither_is_refused():
    with pytest.raises(InputError, match="no law 'cosine'"):
        called(*GEOMETRY, *DOSE, "--law", "cosine")


def test_gas_lowers_the_contrast_by_the_share_it_scatters(capsys):
    gas = ["--gas", "O2", "--pressure-pa", "100", "--gas-path-mm", "2"]
    clean, thick = numbers(capsys, *GEOMETRY, *LAMBERT, *DOSE), numbers(capsys, *GEOMETRY, *LAMBERT, *DOSE, *gas)
    share = gas_dilution(2.0, 10.0).share({"pressure_o2": 100.0})
    assert 0.02 < share < 0.3
    assert thick["kappa"] == pytest.approx((1.0 - share) * clean["kappa"])


@pytest.mark.parametrize("index", [0, 2, 5, 11], ids=lambda i: CASES[i].name)
def test_simulation_finds_what_was_predicted(index):
    for what, ratio in ratios(trial(CASES[index], seed=7), repeats=8).items():
        assert abs(ratio - 1.0) <= WITHIN, what
