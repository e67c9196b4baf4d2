"""The store is valid OME-Zarr 0.5: by the validator yaozarrs where it is installed, and by the specification's text."""

from __future__ import annotations

import json

import numpy as np
import pytest
import zarr
from made_stores import STAGES, make_frame, make_source, settle, write_run

from eclips4d.storage import StoreWriter


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("ome") / "run.zarr"
    write_run(path, make_source(3, (4, 24, 40)), 3)
    return path


def test_yaozarrs_accepts_it(store):
    yaozarrs = pytest.importorskip("yaozarrs", reason="the independent OME-Zarr validator is not installed")
    pytest.importorskip("fsspec", reason="yaozarrs needs fsspec to open a store")
    yaozarrs.validate_zarr_store(str(store))
    metadata = yaozarrs.validate_ome_json(json.dumps(json.loads((store / "zarr.json").read_bytes())["attributes"]))
    assert [image.name for image in metadata.ome.multiscales] == ["height", "raw"]


def test_what_the_specification_says(store):
    document = json.loads((store / "zarr.json").read_bytes())
    ome = document["attributes"]["ome"]
    assert ome["version"] == "0.5"
    for image in ome["multiscales"]:
        axes = image["axes"]
        names, kinds = [axis["name"] for axis in axes], [axis["type"] for axis in axes]
        assert 2 <= len(axes) <= 5 and len(set(names)) == len(names)
        assert kinds == sorted(kinds, key=["time", "channel", "space"].index) and kinds.count("space") == 2
        assert all(axis["unit"] == "nanometer" for axis in axes if axis["type"] == "space")
        (level,) = image["datasets"]
        array = json.loads((store / level["path"] / "zarr.json").read_bytes())
        assert array["dimension_names"] == names and len(array["shape"]) == len(names)
        (scale,) = level["coordinateTransformations"]
        assert scale["type"] == "scale" and scale["scale"][-2:] == [5.0, 4.0] and set(scale["scale"][:-2]) == {1.0}


def test_without_heights_the_raw_frames_are_the_image(tmp_path):
    with StoreWriter.create(tmp_path / "run.zarr", make_source(3), "run", keep=()):
        document = json.loads((tmp_path / "run.zarr" / "zarr.json").read_bytes())
    assert [image["name"] for image in document["attributes"]["ome"]["multiscales"]] == ["raw"]


def test_it_is_valid_while_it_grows(tmp_path):
    """At every commit of a live run, with and without consolidated metadata."""
    yaozarrs = pytest.importorskip("yaozarrs", reason="the independent OME-Zarr validator is not installed")
    pytest.importorskip("fsspec", reason="yaozarrs needs fsspec to open a store")
    source, path = make_source(None, (4, 24, 40)), tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer:
        yaozarrs.validate_zarr_store(str(path))
        for sequence in range(3):
            writer.write_frame(make_frame(source, sequence)).result()
            settle(writer, source, sequence)
            yaozarrs.validate_zarr_store(str(path))
        for consolidated in (True, False):
            group = zarr.open_group(path, mode="r", use_consolidated=consolidated)
            for image in group.attrs["ome"]["multiscales"]:
                (level,) = image["datasets"]
                pixels = group[level["path"]]
                assert [axis["name"] for axis in image["axes"]] == list(pixels.metadata.dimension_names)
                assert np.isfinite(pixels[2]).all() and pixels.attrs["units"]
