"""Bad input is one clear line that names what, where and the cure, and exit code 2."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
import tifffile

from eclips4d.core.errors import DiskFullError
from eclips4d.pipeline import plan_run
from eclips4d.pipeline.cli import main

TOML = """
[beam]
energy_kev = 10
[scan]
pixel_size_nm = 4
frame_times_s = [0, 5]
[detector]
distance_mm = 6
inner_radius_mm = 1.75
outer_radius_mm = 7
azimuths_deg = [45, 135, 225, 315]
"""


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A sound recording of two frames, to be spoilt."""
    return write(tmp_path, np.random.default_rng(1).poisson(900, (2, 4, 48, 40)).astype(np.uint16), TOML)


def write(folder: Path, data: np.ndarray, toml: str, name: str = "small") -> Path:
    path = folder / f"{name}.ome.tif"
    tifffile.imwrite(path, data, photometric="minisblack", metadata={"axes": "TCYX"})
    (folder / f"{name}.toml").write_text(toml)
    return path


def refused(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    code = main([str(word) for word in words])
    err = capsys.readouterr().err
    assert code == 2, err
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    return err


def test_missing_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "nowhere.ome.tif" in refused(capsys, "run", tmp_path / "nowhere.ome.tif")


def test_truncated_tiff(capsys: pytest.CaptureFixture[str], recording: Path, tmp_path: Path) -> None:
    whole = recording.read_bytes()
    recording.write_bytes(whole[: len(whole) // 2])
    assert recording.name in refused(capsys, "run", recording, "--out", tmp_path / "o.zarr")
    assert not (tmp_path / "o.zarr").exists()


def test_wrong_channel_count(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = write(tmp_path, np.random.default_rng(1).poisson(900, (2, 3, 48, 40)).astype(np.uint16), TOML)
    line = refused(capsys, "run", path)
    assert "3" in line and "4" in line


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("energy_kev = 10", "energy_kev = 10\nenergy_ev = 3", "energy_ev"),
        ("[45, 135, 225, 315]", "[45, 135, 225, 315]\ngain = [1, 1, 1]", "gain"),
        ("distance_mm = 6", "distance_mm = -6", "distance_mm"),
        ("distance_mm = 6", "distance_mm = 6\ngap_mm = 12", "gap_mm"),
        ("distance_mm = 6", "distance_mm = 6\noffset_adu = [90000, 0, 0, 0]", "dark level"),
        ("frame_times_s = [0, 5]", "frame_times_s = [0, 5, 10]", "frame_times_s"),
        ("[beam]", "[beam", "small.toml"),
    ],
)
def test_spoilt_toml(capsys: pytest.CaptureFixture[str], recording: Path, before: str, after: str, named: str) -> None:
    toml = recording.with_name("small.toml")
    toml.write_text(TOML.replace(before, after))
    assert named in refused(capsys, "run", recording)


def test_missing_toml(capsys: pytest.CaptureFixture[str], recording: Path) -> None:
    recording.with_name("small.toml").unlink()
    assert "small.toml" in refused(capsys, "run", recording)


def test_an_empty_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "empty.ome.tif"
    path.write_bytes(b"")
    (tmp_path / "empty.toml").write_text(TOML)
    assert "empty.ome.tif" in refused(capsys, "run", path)


def test_pixels_that_are_all_zero(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    line = refused(capsys, "run", write(tmp_path, np.zeros((2, 4, 48, 40), np.uint16), TOML))
    assert "0" in line and "small.ome.tif" in line


def test_an_image_without_pixels(capsys: pytest.CaptureFixture[str], recording: Path) -> None:
    whole = recording.read_bytes()
    assert whole.count(b'SizeY="48"') == 1
    recording.write_bytes(whole.replace(b'SizeY="48"', b'SizeY="00"'))
    assert "small.ome.tif" in refused(capsys, "run", recording)


def test_all_equal_segment(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data = np.random.default_rng(1).poisson(900, (2, 4, 48, 40)).astype(np.uint16)
    data[:, 2] = 512
    assert "C" in refused(capsys, "run", write(tmp_path, data, TOML))


def test_full_disk(capsys: pytest.CaptureFixture[str], recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> object:
        raise DiskFullError("0.001 GB are free", where="here", cure="free some space")

    monkeypatch.setattr(plan_run, "check_space", full)
    assert "free some space" in refused(capsys, "run", recording)


def test_store_of_another_source(capsys: pytest.CaptureFixture[str], recording: Path, tmp_path: Path) -> None:
    from eclips4d.acquisition.open import open_source
    from eclips4d.storage.writer import StoreWriter

    out = tmp_path / "held.zarr"
    with open_source(str(recording)) as source, StoreWriter.create(out, source.info, "r"):
        pass
    other = write(tmp_path, np.random.default_rng(2).poisson(900, (2, 4, 48, 40)).astype(np.uint16), TOML, "other")
    assert "held.zarr" in refused(capsys, "run", other, "--out", out)


def test_store_begun_with_other_products(capsys: pytest.CaptureFixture[str], recording: Path, tmp_path: Path) -> None:
    from eclips4d.acquisition.open import open_source
    from eclips4d.storage.writer import StoreWriter

    out = tmp_path / "held.zarr"
    with open_source(str(recording)) as source, StoreWriter.create(out, source.info, "r", keep=("height",)):
        pass
    assert "--keep raw,height" in refused(capsys, "run", recording, "--out", out, "--keep", "slope")


def test_simulate_overwrites_nothing(capsys: pytest.CaptureFixture[str], recording: Path) -> None:
    before = recording.read_bytes()
    assert "exists already" in refused(capsys, "simulate", "copper-redox", "--out", recording)
    assert recording.read_bytes() == before


def test_a_disk_that_fills_up_in_a_command_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eclips4d.acquisition import recording_writer

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "a.ome.tif")

    monkeypatch.setattr(recording_writer, "write_recording", full)
    assert "disk is full" in refused(
        capsys, "simulate", "copper-redox", "--out", tmp_path / "a.ome.tif", "--frames", "1"
    )


def test_output_that_is_no_store(capsys: pytest.CaptureFixture[str], recording: Path) -> None:
    assert "small.ome.tif" in refused(capsys, "run", recording, "--out", recording)


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("--engine", "abacus", "abacus"),
        ("--model", "oracle", "oracle"),
        ("--speed", "-3x", "--speed"),
        ("--lag", "skip:soon", "soon"),
        ("--keep", "raw,depth", "depth"),
        ("--keep", "", "--keep"),
        ("--workers", "0", "--workers"),
        ("--out", "no/such/folder/o.zarr", "no/such/folder"),
        ("--bogus", "1", "bogus"),
    ],
)
def test_spoilt_option(
    capsys: pytest.CaptureFixture[str], recording: Path, option: str, value: str, named: str
) -> None:
    assert named in refused(capsys, "run", recording, option, value)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("moon", ("run", "sim://moon")),
        ("colour", ("run", "sim://copper-redox?colour=red")),
        ("gopher", ("run", "gopher://host")),
        ("nowhere.zarr", ("view", "nowhere.zarr")),
        ("nowhere.zarr", ("info", "nowhere.zarr")),
        ("everything", ("bench", "everything")),
        ("nowhere", ("bench", "accuracy", "--data", "nowhere")),
        ("nowhere", ("doctor", "nowhere")),
        ("nowhere.toml", ("stage", "storage", "--config", "nowhere.toml")),
        ("no-recording.png", ("simulate", "copper-redox", "--out", "no-recording.png")),
        ("--frames", ("demo", "--frames", "0")),
        ("dance", ("dance",)),
        ("SOURCE", ("run",)),
    ],
)
def test_spoilt_words(capsys: pytest.CaptureFixture[str], named: str, words: tuple[str, ...]) -> None:
    assert named in refused(capsys, *words)


def test_help_of_every_command_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    from eclips4d.pipeline.cli import COMMANDS

    for command in COMMANDS:
        assert main([command, "--help"]) == 0
        assert "Example" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_the_list_of_commands_says_what_each_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    from eclips4d.pipeline.cli import COMMANDS

    monkeypatch.setenv("COLUMNS", "160")
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    for command, said in COMMANDS.items():
        assert any(line.startswith(f"│ {command} ") and said[1:] in line for line in lines), command
