"""Series of files in one folder: frames by their names, gaps where one is not complete, times by their headers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from eclips4d.acquisition import open_source
from eclips4d.acquisition.conformance import check_source
from eclips4d.core.errors import InputError

from .conftest import TOML

SERIES_TOML = TOML.replace("frame_times_s = [0, 5, 10]", "")


@pytest.fixture
def write_series(tmp_path: Path, pixels: np.ndarray):
    """Write pixels [frame, segment, row, column] as one file each; returns the folder."""

    def write(form: str = "BSE_{s}_{f:04d}.tif", first: int = 1, segments: str = "ABCD", clock: bool = False) -> Path:
        for f, frame in enumerate(pixels, first):
            for s, plane in zip(segments, frame, strict=True):
                said = f"[User]\nDate=08/18/2023\nTime=03:23:{(7 * f) % 60:02d} PM\n".encode()
                tags = [(34682, 1, len(said), said, True)] if clock else []
                tifffile.imwrite(tmp_path / form.format(s=s, f=f), plane, extratags=tags)
        (tmp_path / "instrument.toml").write_text(SERIES_TOML)
        return tmp_path

    return write


def read(address: object) -> list:
    with open_source(str(address)) as source:
        return list(source.frames())


@pytest.mark.parametrize("form", ["BSE_{s}_{f:04d}.tif", "{f}-{s}.tif", "x_{s}{f:03d}.TIF"])
def test_frames_by_names(write_series, pixels: np.ndarray, form: str) -> None:
    frames = read(write_series(form))
    assert [frame.header.sequence for frame in frames] == [0, 1, 2]
    assert [frame.header.frame_id for frame in frames] == [1, 2, 3]
    assert np.array_equal(np.stack([frame.data for frame in frames]), pixels)


def test_pattern_given(write_series, pixels: np.ndarray) -> None:
    folder = write_series("shot_{f}_take2_{s}.tif")
    tifffile.imwrite(folder / "overview.tif", np.zeros((5, 5), np.uint8))
    with pytest.raises(InputError):
        read(folder)
    frames = read(f"{folder}::shot_{{frame}}_take2_{{segment}}.tif")
    assert np.array_equal(np.stack([frame.data for frame in frames]), pixels)


def test_a_pattern_that_fits_nothing(write_series) -> None:
    with pytest.raises(InputError, match="fits no file"):
        read(f"{write_series()}::other_{{segment}}.tif")


@pytest.mark.parametrize("missing", ["BSE_C_0002.tif", "BSE_?_0002.tif"])
def test_an_incomplete_frame_is_a_gap(write_series, pixels: np.ndarray, missing: str) -> None:
    folder = write_series()
    for path in folder.glob(missing):
        path.unlink()
    frames = read(folder)
    with open_source(str(folder)) as source:
        assert any("as BSE_{segment}_{frame}.tif" in remark for remark in source.info.remarks)
        assert any("not complete, and so gaps: 2" in remark for remark in source.info.remarks)
    assert [frame.header.sequence for frame in frames] == [0, 2]
    assert np.array_equal(frames[1].data, pixels[2])


def test_numbers_that_are_times(write_series) -> None:
    folder = write_series("{s}_{f}00000.tif")
    assert [frame.header.sequence for frame in read(folder)] == [0, 1, 2]


def test_whole_frames_in_pages(tmp_path: Path, pixels: np.ndarray) -> None:
    for f, frame in enumerate(pixels):
        tifffile.imwrite(tmp_path / f"f{f}.tif", frame, photometric="minisblack", metadata=None)
    (tmp_path / "instrument.toml").write_text(SERIES_TOML)
    frames = read(tmp_path)
    assert frames[0].header.segments == ("A", "B", "C", "D")
    assert np.array_equal(np.stack([frame.data for frame in frames]), pixels)


def test_whole_frames_in_samples(tmp_path: Path, pixels: np.ndarray) -> None:
    """Four segments as red, green, blue and opacity."""
    for f, frame in enumerate(pixels):
        tifffile.imwrite(tmp_path / f"f{f}.tif", np.moveaxis(frame, 0, -1), photometric="rgb", metadata=None)
    (tmp_path / "instrument.toml").write_text(SERIES_TOML)
    assert np.array_equal(np.stack([frame.data for frame in read(tmp_path)]), pixels)


def test_grey_saved_in_colour(tmp_path: Path, pixels: np.ndarray) -> None:
    for s, plane in zip("ABCD", pixels[0], strict=True):
        tifffile.imwrite(tmp_path / f"{s}.tif", np.stack([plane] * 3, axis=-1), photometric="rgb")
    (tmp_path / "instrument.toml").write_text(SERIES_TOML)
    assert np.array_equal(read(tmp_path)[0].data, pixels[0])


def test_colours_are_refused(tmp_path: Path, pixels: np.ndarray) -> None:
    for s in "ABCD":
        tifffile.imwrite(tmp_path / f"{s}.tif", np.moveaxis(pixels[0, :3], 0, -1), photometric="rgb")
    (tmp_path / "instrument.toml").write_text(SERIES_TOML)
    with pytest.raises(InputError, match="3 planes"):
        read(tmp_path)


def test_times_by_the_headers_clock(write_series) -> None:
    assert [frame.header.start_s for frame in read(write_series(clock=True))] == [0.0, 7.0, 14.0]


def test_segments_of_different_scans_are_refused(write_series) -> None:
    folder = write_series()
    for s, kv in zip("ABCD", (5, 5, 7, 5), strict=True):
        said = f"[EBeam]\nHV={kv}000\n".encode()
        path = folder / f"BSE_{s}_0001.tif"
        tifffile.imwrite(path, tifffile.imread(path), extratags=[(34682, 1, len(said), said, True)])
    with pytest.raises(InputError, match="high_voltage goes from 5 to 7 kV from A to C"):
        read(folder)


def test_a_broken_file_is_named_before_the_run(write_series) -> None:
    folder = write_series()
    path = folder / "BSE_B_0003.tif"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match=r"BSE_B_0003\.tif"):
        read(folder)


def test_a_bar_that_is_seen_is_cut_and_told(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    for s in "ABCD":
        plane = random.integers(20, 240, (100, 90), dtype=np.uint8)
        plane[88:] = 7
        tifffile.imwrite(tmp_path / f"{s}.tif", plane)
    (tmp_path / "instrument.toml").write_text(SERIES_TOML)
    with open_source(str(tmp_path)) as source:
        assert source.info.shape == (4, 88, 90)
        assert any("scan.rows = 100 would keep it" in remark for remark in source.info.remarks)
    (tmp_path / "instrument.toml").write_text(SERIES_TOML.replace("[scan]", "[scan]\nrows = 100"))
    with open_source(str(tmp_path)) as source:
        assert source.info.shape == (4, 100, 90) and source.info.remarks == ()


def test_conformance(write_series) -> None:
    folder = write_series()
    (folder / "BSE_A_0002.tif").unlink()
    check_source(lambda: open_source(str(folder)))
