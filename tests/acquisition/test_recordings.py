"""Recordings: what is written comes back bit for bit, whatever the order of axes, byte order or compression."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import tifffile

from eclips4d.acquisition import open_source
from eclips4d.acquisition.ome_tiff import page_order
from eclips4d.acquisition.recording_writer import instrument_toml, write_recording
from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.acquisition.truth import read_truth, truth_path
from eclips4d.core.errors import InputError
from eclips4d.core.instrument import load_instrument, parse_instrument

from .conftest import TOML


def stack(path: Path, **options: object) -> np.ndarray:
    with open_source(str(path), **options) as source:
        return np.stack([frame.data for frame in source.frames()])


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"byteorder": ">"}, {"bigtiff": True}])
def test_pixels_come_back(write_tiff, pixels: np.ndarray, dtype: str, options: dict[str, object]) -> None:
    data = (pixels >> 4).astype(dtype)
    got = stack(write_tiff(data, **options))
    assert got.dtype == dtype and got.dtype.isnative
    assert np.array_equal(got, data)


@pytest.mark.parametrize("axes", ["TCYX", "CTYX"])
def test_axes_in_the_order_of_the_file(write_tiff, pixels: np.ndarray, axes: str) -> None:
    data = pixels if axes == "TCYX" else np.ascontiguousarray(pixels.swapaxes(0, 1))
    assert np.array_equal(stack(write_tiff(data, axes=axes)), pixels)


def test_one_frame_without_a_time_axis(write_tiff, pixels: np.ndarray) -> None:
    path = write_tiff(pixels[0], axes="CYX", toml=TOML.replace("[0, 5, 10]", "[0]"))
    assert np.array_equal(stack(path), pixels[:1])


@pytest.mark.parametrize("leading", list(permutations("TCZ")))
def test_page_order_against_brute_force(leading: tuple[str, ...]) -> None:
    sizes = {"T": 3, "C": 4, "Z": 1, "Y": 5, "X": 6, "S": 1}
    axes = "".join(leading) + "YXS"
    order = page_order(axes, tuple(sizes[a] for a in axes), Path("x"))
    for number, index in enumerate(np.ndindex(*(sizes[a] for a in leading))):
        place = dict(zip(leading, index, strict=True))
        assert order[place["T"], place["C"]] == number


def test_header_says_what_the_files_say(write_tiff, pixels: np.ndarray) -> None:
    with open_source(str(write_tiff(pixels)), run_id="r1") as source:
        headers = [frame.header for frame in source.frames()]
    assert [h.start_s for h in headers] == [0.0, 5.0, 10.0]
    assert all(h.end_s == pytest.approx(h.start_s + 10 * 0.001) for h in headers)
    last = headers[-1]
    assert (last.run_id, last.pixel_size_nm, last.rotation_deg) == ("r1", (4.0, 5.0), 12.0)
    assert last.shape == (4, 10, 14) and last.segments == ("A", "B", "C", "D")


def test_data_bar_is_cut_off(write_tiff, pixels: np.ndarray) -> None:
    path = write_tiff(pixels, toml=TOML.replace("rotation_deg = 12", "rows = 7"))
    assert np.array_equal(stack(path), pixels[:, :, :7])


def test_channel_names_and_time_increment_of_the_file(tmp_path: Path, pixels: np.ndarray) -> None:
    path = tmp_path / "named.ome.tif"
    metadata = {"axes": "TCYX", "Channel": {"Name": ["NE", "NW", "SW", "SE"]}, "TimeIncrement": 250.0,
                "TimeIncrementUnit": "ms"}  # fmt: skip
    tifffile.imwrite(path, pixels, metadata=metadata)
    (tmp_path / "named.toml").write_text(TOML.replace("frame_times_s = [0, 5, 10]", ""))
    with open_source(str(path)) as source:
        assert source.info.segments == ("NE", "NW", "SW", "SE")
        assert [f.header.start_s for f in source.frames()] == [0.0, 0.25, 0.5]


def test_instrument_of_another_place(write_tiff, pixels: np.ndarray, tmp_path: Path) -> None:
    path = write_tiff(pixels)
    other = tmp_path / "other.toml"
    other.write_text(TOML.replace("energy_kev = 10", "energy_kev = 5"))
    with open_source(str(path), instrument=other) as source, open_source(str(path)) as usual:
        assert parse_instrument(source.info.instrument_toml).beam.energy_kev == 5.0
        assert source.info.identity != usual.info.identity


def test_identity_is_that_of_pixels_and_instrument(write_tiff, pixels: np.ndarray) -> None:
    def identity(data: np.ndarray, toml: str = TOML, **options: object) -> str:
        with open_source(str(write_tiff(data, toml=toml, **options))) as source:
            return source.info.identity

    usual = identity(pixels)
    assert identity(pixels, compression="zlib") == usual
    assert identity(pixels, TOML + "# a remark\n") == usual
    assert identity(pixels, TOML.replace("distance_mm = 6", "distance_mm = 7")) != usual
    pixels[0, 0, 0, 0] += 1
    assert identity(pixels) != usual


def test_a_simulated_recording_comes_back_bit_exact(recording: Path) -> None:
    microscope = simulated_microscope("sim://copper-redox?size=24&fps=20&seed=3")
    with open_source(str(recording)) as source:
        for t, frame in enumerate(source.frames()):
            wanted = microscope.frame(t)
            assert frame.data.tobytes() == wanted.data.tobytes()
            assert frame.header.start_s == wanted.header.start_s
            assert frame.header.line_time_s == wanted.header.line_time_s
            assert frame.header.instrument == wanted.header.instrument
    truth = read_truth(truth_path(recording))
    wanted_truth = microscope.truth(4)
    assert np.array_equal(truth.height_nm, wanted_truth.height_nm)
    assert np.array_equal(truth.drift_px, wanted_truth.drift_px)


def test_written_metadata_is_ome(recording: Path) -> None:
    with tifffile.TiffFile(recording) as tif:
        assert tif.is_ome and tif.series[0].axes == "TCYX" and tif.series[0].shape == (4, 4, 24, 24)
        assert 'PhysicalSizeX="4.0" PhysicalSizeXUnit="nm"' in tif.ome_metadata
        assert 'TimeIncrement="0.05"' in tif.ome_metadata
    assert load_instrument(recording.with_name("redox.toml")).scan.frame_times_s == (0.0, 0.05, 0.1, 0.15)


def test_instrument_survives_as_toml() -> None:
    specimen = '[specimen]\nmaterial = "Cu \\"OFHC\\""\ntilt_deg = 0.5\n'
    calibration = (
        '[calibration]\nartefact = "pyramid:22"\ntilt_deg = [0, 30]\nkappa = [0.6, 0.5]\nkappa_u = [0.01, 0.01]\n'
        "tilt_range_deg = [20, 24]\nscale_u = 0.013\n[calibration.valid]\nenergy_kev = 5\n"
        '[calibration.valid.side]\n"contrast_A" = 82.5\n[calibration.gas.per_unit]\npressure_h2 = 1e-4\n'
    )
    instrument = parse_instrument(TOML + specimen + calibration)
    assert parse_instrument(instrument_toml(instrument, (0, 5, 10))) == instrument


def test_no_frames_leave_no_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no frames"):
        write_recording(tmp_path / "none.ome.tif", iter(()), parse_instrument(TOML))
    assert list(tmp_path.iterdir()) == []


def test_frames_of_different_shapes_are_refused(tmp_path: Path) -> None:
    frames = [simulated_microscope(f"sim://copper-redox?size={n}").frame(0) for n in (16, 18)]
    with pytest.raises(InputError, match="one shape"):
        write_recording(tmp_path / "mixed.ome.tif", frames, parse_instrument(TOML))
    assert list(tmp_path.iterdir()) == []
