"""Files for other programs, read back by something else than what wrote them."""

import json
import struct

import h5py
import numpy as np
import pandas as pd
import pytest
import tifffile

from eclips4d.core.errors import InputError
from eclips4d.metrology import optional
from eclips4d.metrology.export.csv_table import frames_beside, write_csv, write_frames
from eclips4d.metrology.export.flattened import Flatten
from eclips4d.metrology.export.gwyddion import write_gwy
from eclips4d.metrology.export.hdf5 import write_hdf5
from eclips4d.metrology.export.ome_tiff import write_tiff

SIZES = {b"b": 1, b"c": 1, b"i": 4, b"q": 8, b"d": 8}
FORMS = {b"b": "<?", b"c": "<c", b"i": "<i", b"q": "<q", b"d": "<d"}


def parsed(data: bytes):
    """A serialised object of Gwyddion, by its documentation: name, size, components; returns (name, dict)."""
    name, rest = data.split(b"\0", 1)
    (size,) = struct.unpack("<I", rest[:4])
    body, found = rest[4 : 4 + size], {}
    assert len(body) == size
    while body:
        key, rest = body.split(b"\0", 1)
        kind, rest = rest[:1], rest[1:]
        if kind in SIZES:
            found[key.decode()], body = struct.unpack(FORMS[kind], rest[: SIZES[kind]])[0], rest[SIZES[kind] :]
        elif kind == b"s":
            text, body = rest.split(b"\0", 1)
            found[key.decode()] = text.decode()
        elif kind == b"D":
            (count,) = struct.unpack("<I", rest[:4])
            found[key.decode()], body = np.frombuffer(rest[4 : 4 + 8 * count], "<f8"), rest[4 + 8 * count :]
        else:
            assert kind == b"o", kind
            end = rest.index(b"\0") + 5 + struct.unpack("<I", rest[rest.index(b"\0") + 1 :][:4])[0]
            found[key.decode()], body = parsed(rest[:end])[1], rest[end:]
    return name.decode(), found


def image(field):
    return field["data"].reshape(field["yres"], field["xres"])


def test_gwyddion_finds_si_units_titles_and_where_it_comes_from(chosen, stored, tmp_path):
    write_gwy(chosen("0:2"), tmp_path / "run.gwy")
    data = (tmp_path / "run.gwy").read_bytes()
    assert data[:4] == b"GWYP"
    name, held = parsed(data[4:])
    assert name == "GwyContainer" and [k for k in held if k.endswith("/data")] == [f"/{k}/data" for k in range(10)]
    for frame, first in ((0, 0), (1, 5)):
        field = held[f"/{first}/data"]
        np.testing.assert_allclose(image(field), stored(frame) * 1e-9, rtol=1e-6)
        assert field["si_unit_xy"] == field["si_unit_z"] == {"unitstr": "m"}
        assert (field["xreal"], field["yreal"]) == pytest.approx((40 * 2e-9, 30 * 2e-9))
        assert held[f"/{first}/data/title"] == f"height, frame {frame}, {2 * frame} s"
        meta = held[f"/{first}/meta"]
        assert meta["frame"] == str(frame) and meta["run"] == "run" and meta["models"] == "analytic"
    np.testing.assert_allclose(image(held["/1/data"]), 0.1, rtol=0.02)
    np.testing.assert_allclose(image(held["/2/data"]), 0.05, rtol=0.02)
    assert held["/1/data"]["si_unit_z"] == {"unitstr": ""} and held["/3/data"]["si_unit_z"] == {"unitstr": "m"}
    np.testing.assert_allclose(image(held["/3/data"]), 0.5e-9, rtol=1e-2)
    assert [k for k in range(10) if held[f"/{k}/data/visible"]] == [0, 5]
    assert not any(key.endswith("/mask") for key in held)


def test_gwyddion_gets_a_mask_instead_of_nan_and_of_little_trust(chosen, tmp_path):
    one = chosen("1")
    holes = one.height(1).copy()
    holes[4:7, 5] = np.nan
    object.__setattr__(one, "run", one.run.assign(height=one.run["height"].copy(data=np.stack([holes] * 5))))
    write_gwy(one, tmp_path / "run.gwy")
    held = parsed((tmp_path / "run.gwy").read_bytes()[4:])[1]
    np.testing.assert_array_equal(image(held["/0/mask"]), np.isnan(holes))
    assert np.isfinite(image(held["/0/data"])).all()
    assert image(held["/0/data"])[4, 5] == pytest.approx(np.nanmean(holes) * 1e-9, rel=1e-5)
    write_gwy(one, tmp_path / "strict.gwy", trust=95)  # the run's trust is 90 everywhere
    assert image(parsed((tmp_path / "strict.gwy").read_bytes()[4:])[1]["/0/mask"]).all()


def test_gwyddion_files_end_at_four_gigabytes(chosen, tmp_path, monkeypatch):
    monkeypatch.setattr("eclips4d.metrology.export.gwyddion.LARGEST", 10_000)
    with pytest.raises(InputError, match="fewer --frames"):
        write_gwy(chosen(), tmp_path / "run.gwy")


def test_tiff_holds_heights_in_nm_with_pixel_size_and_times(chosen, stored, tmp_path):
    write_tiff(chosen(), tmp_path / "run.ome.tif")
    with tifffile.TiffFile(tmp_path / "run.ome.tif") as file:
        assert file.is_ome and file.series[0].axes == "TYX" and file.series[0].dtype == np.float32
        said = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]
        for page, frame in zip(file.series[0].asarray(), (0, 1, 3, 4), strict=True):
            np.testing.assert_array_equal(page, stored(frame))
    pixels = said["Pixels"]
    assert (pixels["PhysicalSizeX"], pixels["PhysicalSizeY"], pixels["PhysicalSizeXUnit"]) == (2.0, 2.0, "nm")
    assert [plane["DeltaT"] for plane in pixels["Plane"]] == [0.0, 2.0, 6.0, 8.0]
    assert "analytic" in said["Description"]


def test_a_single_frame_is_a_tiff_too(chosen, stored, tmp_path):
    write_tiff(chosen("3"), tmp_path / "run.ome.tif")
    np.testing.assert_array_equal(np.squeeze(tifffile.imread(tmp_path / "run.ome.tif")), stored(3))


def test_hdf5_has_the_arrays_under_their_names_with_scales_and_attributes(chosen, stored, tmp_path):
    write_hdf5(chosen(flatten=Flatten.OFFSET), tmp_path / "run.h5")
    with h5py.File(tmp_path / "run.h5") as file:
        assert file["height"].shape == (4, 30, 40) and file["height"].attrs["units"] == "nm"
        np.testing.assert_allclose(file["height"][2], stored(3) - np.median(stored(3)), atol=1e-5)
        assert file["slope"].shape == (4, 2, 30, 40) and file["height_sd"].dtype == np.float32
        assert [dim[0].name for dim in file["slope"].dims] == ["/time", "/component", "/y", "/x"]
        np.testing.assert_array_equal(file["time"], [0.0, 2.0, 6.0, 8.0])
        np.testing.assert_array_equal(file["frame_id"], [100, 101, 103, 104])
        np.testing.assert_array_equal(file["x"], 2.0 * np.arange(40))
        assert "raw" not in file and file.attrs["taken off the heights"] == "offset"
        assert "state" not in json.loads(file.attrs["eclips4d"])
        assert json.loads(file.attrs["instrument"])["beam"]["energy_kev"] == 10
    write_hdf5(chosen("1"), tmp_path / "raw.h5", raw=True)
    with h5py.File(tmp_path / "raw.h5") as file:
        assert (
            file["raw"].shape == (1, 4, 30, 40) and file["raw"].dtype == np.uint16 and file["raw"][0, 0, 0, 0] == 1001
        )


def test_csv_has_a_line_per_pixel_and_one_per_frame(chosen, stored, tmp_path):
    some = chosen("0:2")
    write_csv(some, tmp_path / "run.csv")
    table = pd.read_csv(tmp_path / "run.csv")
    assert list(table.columns) == (
        ["frame", "time_s", "x_nm", "y_nm", "height_nm", "slope_x", "slope_y", "height_sd_nm", "slope_sd", "trust"]
    )
    assert len(table) == 2 * 30 * 40
    second = table[table["frame"] == 1]
    np.testing.assert_allclose(second["height_nm"].to_numpy().reshape(30, 40), stored(1), rtol=1e-6)
    place = second[(second["x_nm"] == 6.0) & (second["y_nm"] == 10.0)]
    assert place["height_nm"].item() == pytest.approx(stored(1)[5, 3], rel=1e-6)
    write_frames(some, frames_beside(tmp_path / "run.csv"))
    frames = pd.read_csv(tmp_path / "run.frames.csv")
    assert frames["time_s"].tolist() == [0.0, 2.0] and frames["datum_offset_nm"].tolist() == [0.0, 1.0]


@pytest.mark.parametrize(("write", "package"), [(write_gwy, "gwyfile"), (write_hdf5, "h5py")])
def test_a_missing_package_is_named_with_its_extra(chosen, tmp_path, monkeypatch, write, package):
    some = chosen("1")
    monkeypatch.setattr(optional, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=rf"{package} is not installed.*eclips4d\[formats\]"):
        write(some, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_more_than_a_frame_is_read_at_a_time(chosen, tmp_path, monkeypatch):
    some, read = chosen(), []
    whole = type(some).height
    monkeypatch.setattr(type(some), "height", lambda self, frame: read.append(frame) or whole(self, frame))

    def values(array):
        assert array.size < 3 * 30 * 40, "more than a frame's maps at once"
        return array.to_numpy()

    monkeypatch.setattr(type(some.run["height"]), "values", property(values))
    for write, name in ((write_gwy, "a.gwy"), (write_tiff, "a.tif"), (write_hdf5, "a.h5"), (write_csv, "a.csv")):
        read.clear()
        write(some, tmp_path / name)
        assert sorted(set(read)) == [0, 1, 3, 4]
