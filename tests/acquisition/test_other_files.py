"""HDF5, MRC and other programs' files, ImageJ stacks: what is written comes back, and damage is one line."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from eclips4d.acquisition import open_source
from eclips4d.acquisition.conformance import check_source
from eclips4d.acquisition.foreign import foreign_says
from eclips4d.core.errors import InputError

from .conftest import TOML

h5py = pytest.importorskip("h5py", reason="h5py is in the extra formats")
needs_rosetta = pytest.mark.skipif(
    __import__("importlib").util.find_spec("rsciio") is None, reason="RosettaSciIO is in the extra formats"
)


def read(address: object) -> np.ndarray:
    with open_source(str(address)) as source:
        return np.stack([frame.data for frame in source.frames()])


def refused(address: object) -> str:
    with pytest.raises(InputError) as caught:
        read(address)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def hdf5(tmp_path: Path, pixels: np.ndarray) -> Path:
    path = tmp_path / "made.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("entry/data", data=pixels, chunks=(1, 1, 10, 14), compression="gzip")
        file["entry/temperature"] = np.arange(3.0)
    (tmp_path / "made.toml").write_text(TOML)
    return path


@pytest.mark.parametrize("address", ["", "::/entry/data", "::entry/data"])
def test_hdf5(hdf5: Path, pixels: np.ndarray, address: str) -> None:
    assert np.array_equal(read(f"{hdf5}{address}"), pixels)
    check_source(lambda: open_source(f"{hdf5}{address}"))


def test_hdf5_of_one_frame(hdf5: Path, pixels: np.ndarray) -> None:
    with h5py.File(hdf5, "a") as file:
        file["one"] = pixels[1].astype(np.int32)
    hdf5.with_suffix(".toml").write_text(TOML.replace("[0, 5, 10]", "[0]"))
    got = read(f"{hdf5}::/one")
    assert got.dtype == np.uint16 and np.array_equal(got, pixels[1:2])
    assert "/entry/data (3, 4, 10, 14), /one (4, 10, 14)" in refused(hdf5)


def test_hdf5_that_cannot_be_used(hdf5: Path, pixels: np.ndarray) -> None:
    assert "/entry/data" in refused(f"{hdf5}::/entry/nothing")
    with h5py.File(hdf5, "a") as file:
        file["negative"] = pixels.astype(np.int16) - 5
        file["threes"] = pixels[:, :3]
    assert "frame 2: values from -2" in refused(f"{hdf5}::/negative")
    assert "4 segments" in refused(f"{hdf5}::/threes")
    hdf5.write_bytes(hdf5.read_bytes()[:700])
    assert "not a readable HDF5" in refused(hdf5)


def test_damaged_hdf5_is_one_line(hdf5: Path) -> None:
    whole, random = hdf5.read_bytes(), np.random.default_rng(3)
    for _ in range(200):
        spoilt = bytearray(whole)
        for place in random.integers(0, len(whole), 8):
            spoilt[place] = random.integers(0, 256)
        hdf5.write_bytes(bytes(spoilt))
        try:
            read(hdf5)
        except InputError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("axes", ["TCYX", "CTYX"])
def test_imagej_stack(tmp_path: Path, pixels: np.ndarray, axes: str) -> None:
    """ImageJ's own order is TZCYX; any other is written with a description of the library."""
    data = pixels if axes == "TCYX" else np.ascontiguousarray(pixels.swapaxes(0, 1))
    tifffile.imwrite(
        tmp_path / "made.tif", data, imagej=axes == "TCYX", photometric="minisblack", metadata={"axes": axes}
    )
    (tmp_path / "made.toml").write_text(TOML)
    assert np.array_equal(read(tmp_path / "made.tif"), pixels)


@pytest.mark.parametrize("options", [{"imagej": True}, {"compression": "zlib"}])
def test_one_frame_as_a_stack(tmp_path: Path, pixels: np.ndarray, options: dict[str, object]) -> None:
    tifffile.imwrite(tmp_path / "made.tif", pixels[0], photometric="minisblack", **options)
    (tmp_path / "made.toml").write_text(TOML.replace("[0, 5, 10]", "[0]"))
    assert np.array_equal(read(tmp_path / "made.tif"), pixels[:1])


def test_cut_imagej_stack(tmp_path: Path, pixels: np.ndarray) -> None:
    path = tmp_path / "made.tif"
    tifffile.imwrite(path, pixels, imagej=True)
    path.with_suffix(".toml").write_text(TOML)
    path.write_bytes(path.read_bytes()[:-2500])
    assert "truncated" in refused(path)


def write_mrc(path: Path, sections: np.ndarray) -> None:
    """The header of MRC2014: sizes, mode 6 (uint16), machine stamp, then the sections."""
    header = bytearray(1024)
    count, rows, columns = sections.shape
    struct.pack_into("<10i6f", header, 0, columns, rows, count, 6, 0, 0, 0, columns, rows, count,
                     columns * 40.0, rows * 40.0, count * 10.0, 90.0, 90.0, 90.0)  # fmt: skip
    struct.pack_into("<3i", header, 64, 1, 2, 3)
    header[208:212], header[212:216] = b"MAP ", b"DD\0\0"
    path.write_bytes(bytes(header) + sections.astype("<u2").tobytes())


@needs_rosetta
def test_mrc(tmp_path: Path, pixels: np.ndarray) -> None:
    path = tmp_path / "made.mrc"
    write_mrc(path, pixels[0])
    path.with_suffix(".toml").write_text(TOML.replace("[0, 5, 10]", "[0]"))
    assert np.array_equal(read(path), pixels[:1])
    check_source(lambda: open_source(str(path)))


@needs_rosetta
def test_cut_mrc(tmp_path: Path, pixels: np.ndarray) -> None:
    path = tmp_path / "made.mrc"
    write_mrc(path, pixels[0])
    path.with_suffix(".toml").write_text(TOML.replace("[0, 5, 10]", "[0]"))
    path.write_bytes(path.read_bytes()[:-100])
    assert "made.mrc" in refused(path)


@needs_rosetta
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it leaves files to be collected
def test_damaged_mrc_is_one_line(tmp_path: Path, pixels: np.ndarray) -> None:
    path = tmp_path / "made.mrc"
    write_mrc(path, pixels[0])
    path.with_suffix(".toml").write_text(TOML.replace("[0, 5, 10]", "[0]"))
    whole, random = path.read_bytes(), np.random.default_rng(8)
    for _ in range(150):
        spoilt = bytearray(whole)
        for place in random.integers(0, 256, 4):
            spoilt[place] = random.integers(0, 256)
        path.write_bytes(bytes(spoilt))
        try:
            read(path)
        except InputError as error:
            assert "\n" not in str(error)


@needs_rosetta
def test_unknown_ending(tmp_path: Path) -> None:
    (tmp_path / "made.xyz").write_bytes(b"?")
    assert ".xyz" in refused(tmp_path / "made.xyz")


def test_without_rosettasciio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "rsciio", None)
    (tmp_path / "made.mrc").write_bytes(b"?")
    assert "eclips4d[formats]" in refused(tmp_path / "made.mrc")


def test_metadata_of_rosettasciio() -> None:
    says = foreign_says(
        {
            "axes": [{"navigate": True, "units": "s", "scale": 2.0},
                     {"navigate": False, "units": "µm", "scale": 0.004},
                     {"navigate": False, "units": "nm", "scale": 5}],
            "metadata": {"General": {"date": "2026-01-02", "time": "03:04:05"},
                         "Acquisition_instrument": {"SEM": {"beam_energy": 10.0, "working_distance": 6.0,
                                                            "beam_current": 0.4, "dwell_time": 2e-6}}},
        }
    )  # fmt: skip
    assert says.side == pytest.approx({"high_voltage": 10.0, "working_distance": 6.0, "beam_current": 0.4,
                                       "dwell": 2.0, "pixel_height": 4.0, "pixel_width": 5.0})  # fmt: skip
    assert says.start_utc == "2026-01-02T03:04:05+00:00"
