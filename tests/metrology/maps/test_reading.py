"""Height maps from files."""

import gwyfile.objects
import numpy as np
import pytest
import tifffile
from made_maps import write_igor, write_nanoscope

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.metrology import optional
from eclips4d.metrology.maps.reading.files import read_map

HEIGHT = np.random.default_rng(1).normal(size=(12, 20)).round(3)


def gwy(path, channels):
    unit = gwyfile.objects.GwySIUnit
    made = gwyfile.objects.GwyContainer()
    for k, (title, data, z) in enumerate(channels):
        field = gwyfile.objects.GwyDataField(
            data, xreal=40e-9, yreal=36e-9, si_unit_xy=unit(unitstr="m"), si_unit_z=unit(unitstr=z)
        )
        made[f"/{k}/data"], made[f"/{k}/data/title"] = field, title
    made.tofile(str(path))
    return path


def test_npz_with_its_pixel_size(tmp_path):
    np.savez(tmp_path / "map.npz", height_nm=HEIGHT, pixel_size_nm=[2.0, 3.0])
    found = read_map(tmp_path / "map.npz")
    np.testing.assert_array_equal(found.height_nm, HEIGHT)
    assert found.pixel_size_nm == (2.0, 3.0) and found.size_nm == (40.0, 36.0)


def test_a_stack_of_heights_gives_the_page_asked_for(tmp_path):
    np.savez(tmp_path / "map.npz", height_nm=np.stack([HEIGHT, 2 * HEIGHT]), pixel_size_nm=2.0)
    np.testing.assert_array_equal(read_map(tmp_path / "map.npz", channel="1").height_nm, 2 * HEIGHT)
    with pytest.raises(InputError, match="no channel '2'"):
        read_map(tmp_path / "map.npz", channel="2")


def test_a_pixel_size_is_asked_for_where_the_file_tells_none_and_refused_where_it_does(tmp_path):
    tifffile.imwrite(tmp_path / "map.tif", HEIGHT.astype(np.float32))
    with pytest.raises(InputError, match="--pixel"):
        read_map(tmp_path / "map.tif")
    assert read_map(tmp_path / "map.tif", pixel_size_nm=2.5).pixel_size_nm == (2.5, 2.5)
    np.savez(tmp_path / "map.npz", height_nm=HEIGHT, pixel_size_nm=2.0)
    with pytest.raises(InputError, match="leave --pixel out"):
        read_map(tmp_path / "map.npz", pixel_size_nm=2.5)


def test_ome_tiff_tells_its_pixel_size_in_any_unit(tmp_path):
    said = {"axes": "YX", "PhysicalSizeX": 0.002, "PhysicalSizeY": 3.0, "PhysicalSizeYUnit": "nm"}
    tifffile.imwrite(tmp_path / "map.ome.tif", HEIGHT.astype(np.float32), ome=True, metadata=said)
    assert read_map(tmp_path / "map.ome.tif").pixel_size_nm == pytest.approx((2.0, 3.0))


def test_gwyddion_gives_lengths_in_nm_and_passes_over_other_quantities(tmp_path):
    path = gwy(
        tmp_path / "map.gwy", [("Phase", HEIGHT, "deg"), ("Adhesion", HEIGHT, "m"), ("Height", HEIGHT * 1e-9, "m")]
    )
    found = read_map(path)
    np.testing.assert_allclose(found.height_nm, HEIGHT)
    assert found.channel == "Height" and found.pixel_size_nm == pytest.approx((2.0, 3.0))
    assert read_map(path, channel="adhesion").channel == "Adhesion"
    with pytest.raises(InputError, match=r"no channel 'Phase'.*0 Adhesion, 1 Height"):
        read_map(path, channel="Phase")


@pytest.mark.parametrize("shape", [(16, 16), (12, 20), (20, 12)])
def test_nanoscope_images_are_upright_whatever_their_shape(tmp_path, shape):
    values = np.random.default_rng(2).integers(-3000, 3000, shape)
    write_nanoscope(tmp_path / "map.spm", values, (shape[1] * 2.0, shape[0] * 3.0), 0.01)
    found = read_map(tmp_path / "map.spm")
    assert found.channel == "Height" and found.pixel_size_nm == pytest.approx((2.0, 3.0))
    np.testing.assert_allclose(found.height_nm, values * 0.01, atol=1e-6)


def test_igor_images_are_upright(tmp_path):
    write_igor(tmp_path / "map.ibw", {"PhaseTrace": 0 * HEIGHT, "HeightTrace": HEIGHT * 1e-9}, (2e-9, 3e-9))
    found = read_map(tmp_path / "map.ibw")
    assert found.channel == "HeightTrace" and found.pixel_size_nm == pytest.approx((2.0, 3.0))
    np.testing.assert_allclose(found.height_nm, HEIGHT, rtol=1e-6)


def test_what_is_no_map_is_refused_in_one_line(tmp_path):
    with pytest.raises(MissingInputError):
        read_map(tmp_path / "none.gwy")
    for name in ("map.gwy", "map.spm", "map.ibw", "map.npz", "map.tif"):
        (tmp_path / name).write_bytes(b"GWYPGwyContainer\0\x10\0\0\0nothing of the kind")
        with pytest.raises(InputError) as error:
            read_map(tmp_path / name)
        assert name in error.value.line and "\n" not in error.value.line
    np.savez(tmp_path / "other.npz", depth=HEIGHT)
    with pytest.raises(InputError, match="it holds depth"):
        read_map(tmp_path / "other.npz")
    np.savez(tmp_path / "flat.npz", height_nm=np.zeros((20, 20)), pixel_size_nm=1.0)
    with pytest.raises(InputError, match="alike"):
        read_map(tmp_path / "flat.npz")


def test_a_cut_file_of_gwyddion_is_refused(tmp_path):
    whole = gwy(tmp_path / "map.gwy", [("Height", HEIGHT, "m")]).read_bytes()
    for length in (4, 30, len(whole) // 2, len(whole) - 9):
        (tmp_path / "cut.gwy").write_bytes(whole[:length])
        with pytest.raises(InputError):
            read_map(tmp_path / "cut.gwy")


@pytest.mark.parametrize(("name", "package"), [("map.gwy", "gwyfile"), ("map.spm", "SurfaceTopography")])
def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch, name, package):
    (tmp_path / name).write_bytes(b"any")
    monkeypatch.setattr(optional, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=rf"{package} is not installed.*eclips4d\[formats\]"):
        read_map(tmp_path / name)
