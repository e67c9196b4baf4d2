"""Whatever is wrong with an input is said in one line, before a run starts."""

from __future__ import annotations

import builtins
import importlib
from pathlib import Path

import numpy as np
import pytest
import tifffile

from eclips4d.acquisition import open_source
from eclips4d.core.errors import EclipsError

from .conftest import TOML


def refused(address: Path | str) -> str:
    with pytest.raises(EclipsError) as caught, open_source(str(address)) as source:
        list(source.frames())
    assert caught.value.exit_code == 2
    line = str(caught.value)
    assert line and "\n" not in line
    return line


def test_missing_file(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "gone.ome.tif")


def test_other_kind_of_file(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    assert ".txt" in refused(tmp_path / "notes.txt")


@pytest.mark.parametrize("content", [b"", b"II*\0", b"II*\0\x08\0\0\0", b"GIF89a" + bytes(100), b"MM\0*" + bytes(200)])
def test_not_a_tiff(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "made.ome.tif"
    path.write_bytes(content)
    path.with_name("made.toml").write_text(TOML)
    assert "made.ome.tif" in refused(path)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.97])
def test_truncated_file(write_tiff, pixels: np.ndarray, compression: str | None, share: float) -> None:
    large = np.repeat(np.repeat(pixels, 8, axis=2), 8, axis=3)
    path = write_tiff(large, compression=compression)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert "made.ome.tif" in refused(path)


def test_the_last_missing_byte_is_noticed(write_tiff, pixels: np.ndarray) -> None:
    path = write_tiff(pixels)
    with tifffile.TiffFile(path) as tif:
        end = max(o + n for p in tif.pages for o, n in zip(p.dataoffsets, p.databytecounts, strict=True))
    path.write_bytes(path.read_bytes()[: end - 1])
    assert "truncated" in refused(path)


def test_random_damage_never_escapes_as_another_error(write_tiff, pixels: np.ndarray) -> None:
    path = write_tiff(pixels, compression="zlib")
    whole = path.read_bytes()
    random = np.random.default_rng(3)
    for _ in range(200):
        spoilt = bytearray(whole)
        for place in random.integers(0, len(whole), 4):
            spoilt[place] = random.integers(0, 256)
        path.write_bytes(bytes(spoilt))
        try:
            with open_source(str(path)) as source:
                list(source.frames())
        except EclipsError as error:
            assert error.exit_code == 2 and "\n" not in str(error)


def test_wrong_channel_count(write_tiff, pixels: np.ndarray) -> None:
    line = refused(write_tiff(pixels[:, :3]))
    assert "3 channels" in line and "4 azimuths" in line


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("line_time_s", "line_time", "line_time"),
        ("[0, 5, 10]", "[0, 5]", "frame_times_s"),
        ("[0, 5, 10]", "[0, 5, 5]", "frame_times_s"),
        ("distance_mm = 6", "distance_mm = -6", "distance_mm"),
        ("[45, 135, 225, 315]", "[45, 135, 225, 315]\ngain = [1, 1]", "gain"),
        ("[detector]", "[detector", "made.toml"),
        ("pixel_size_nm = [4, 5]", "", "pixel_size_nm"),
        ("rotation_deg = 12", "rows = 11", "rows"),
    ],
)
def test_spoilt_instrument_file(write_tiff, pixels: np.ndarray, before: str, after: str, named: str) -> None:
    assert named in refused(write_tiff(pixels, toml=TOML.replace(before, after)))


def test_missing_instrument_file(write_tiff, pixels: np.ndarray) -> None:
    path = write_tiff(pixels)
    path.with_name("made.toml").unlink()
    assert "made.toml" in refused(path)


def test_dead_segment(write_tiff, pixels: np.ndarray) -> None:
    pixels[0, 2] = 77
    line = refused(write_tiff(pixels))
    assert "segment C" in line and "77" in line


@pytest.mark.parametrize("dtype", ["float32", "int16", "uint32"])
def test_pixel_type(write_tiff, pixels: np.ndarray, dtype: str) -> None:
    line = refused(write_tiff(pixels.astype(dtype)))
    assert dtype in line and "uint16" in line


def test_stack_in_depth(write_tiff, pixels: np.ndarray) -> None:
    assert "ZCYX" in refused(write_tiff(pixels, axes="ZCYX")).replace("T", "")


def test_missing_codec(write_tiff, pixels: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """An uncompressed file whose header says LZW, on a machine without the codecs."""
    imports = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        if name.split(".")[0] == "imagecodecs":
            raise ImportError(name)
        return imports(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(tifffile.tifffile, "imagecodecs", importlib.import_module("tifffile._imagecodecs"))
    path = write_tiff(pixels)
    with tifffile.TiffFile(path, mode="r+b") as tif:
        for page in tif.pages:
            page.tags["Compression"].overwrite(5)
    assert "eclips4d[formats]" in refused(path)


def test_empty_folder(tmp_path: Path) -> None:
    assert "no TIFF files" in refused(tmp_path)


def test_segments_of_different_sizes(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    for name, rows in (("A", 10), ("B", 10), ("C", 9)):
        tifffile.imwrite(tmp_path / f"{name}.tif", random.integers(0, 9, (rows, 8), dtype=np.uint16))
    (tmp_path / "instrument.toml").write_text(TOML)
    assert "C.tif" in refused(tmp_path)


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("ftp://somewhere", "sim://"),
        ("sim://gold-foil", "copper-redox"),
        ("sim://copper-redox?sise=12", "size, fps"),
        ("sim://copper-redox?size=wide", "size"),
        ("sim://copper-redox?segments=2", "segments"),
        ("sim://copper-redox?fps=0", "fps"),
        ("sim://copper-redox?dose=nan", "dose"),
    ],
)
def test_bad_address(address: str, named: str) -> None:
    assert named in refused(address)
