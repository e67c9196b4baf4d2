"""`eclips4d calibrate`: the file it writes makes heights of other recordings calibrated; checks tell what changed."""

import numpy as np
import pytest
import tifffile
from made_artefacts import image, instrument, pyramids

from eclips4d.acquisition.open import open_source
from eclips4d.core.instrument import load_instrument, parse_instrument
from eclips4d.core.instrument_text import to_toml
from eclips4d.pipeline.cli import main


@pytest.fixture
def artefact(tmp_path):
    return folder(tmp_path / "artefact", pyramids((22.0,), sign=-1.0), 1)


def folder(path, height, seed, lost=0.0, **said):
    """One frame as a folder of segments, with its instrument file."""
    path.mkdir()
    blank = instrument(4, **said)
    dark = np.array([300.0, 350.0, 400.0, 450.0])
    frame = image(
        height, blank.detector.azimuths_deg, gain=(1.0, 1.02 * (1.0 - lost), 0.99, 1.01), dark=dark, seed=seed
    )
    for name, plane in zip("ABCD", frame, strict=True):
        tifffile.imwrite(path / f"{name}.tif", plane)
    (path / "instrument.toml").write_text(to_toml(blank), encoding="utf-8")
    return path


def test_calibrate_writes_what_another_recording_uses_and_check_tells_a_change(artefact, tmp_path, capsys):
    out = tmp_path / "calibrated.toml"
    assert main(["calibrate", str(artefact), "--artefact", "pyramid:22", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "contrast times gain is fixed at 22 degrees only" in said and "valid for 10 keV" in said
    assert out.with_suffix(".png").stat().st_size > 5000
    known = load_instrument(out)
    assert known.calibration.artefact == "pyramid:22" and known.scan.frame_times_s is None

    other = folder(tmp_path / "other", pyramids((22.0,), turn_deg=50.0), 2, distance_mm=6.5)
    with open_source(str(other), instrument=out) as source:
        used = parse_instrument(source.info.instrument_toml)
    assert used.detector == known.detector
    assert used.calibration_differences() == ["distance is 6.5 mm, calibrated at 6 mm"]

    same = folder(tmp_path / "same", pyramids((22.0,), sign=-1.0), 3)
    assert main(["calibrate", str(same), "--artefact", "pyramid:22", "--check", str(out)]) == 0
    drifted = folder(tmp_path / "drifted", pyramids((22.0,), sign=-1.0), 4, lost=0.05)
    assert main(["calibrate", str(drifted), "--artefact", "pyramid:22", "--check", str(out)]) == 1
    assert "OUT OF LIMITS" in capsys.readouterr().out
    history = out.with_suffix(".control.csv")
    lines = history.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 2 * 20 and lines[0].startswith("time_utc,recording,parameter")
    assert history.with_suffix(".png").exists()


def test_wrong_calls_are_one_line(artefact, tmp_path, capsys):
    there = tmp_path / "there.toml"
    there.write_text("", encoding="utf-8")
    for words, line in (
        (["--artefact", "pyramid:22"], "nowhere to write to"),
        (["--artefact", "pyramid:22", "--out", str(there)], "exists already"),
        (["--artefact", "pyramid:22", "--out", str(tmp_path / "no" / "f.toml")], "no such folder"),
        (["--artefact", "cone:3", "--out", str(tmp_path / "f.toml")], "no artefact 'cone:3'"),
    ):
        assert main(["calibrate", str(artefact), *words]) == 2
        assert line in capsys.readouterr().err
