"""Places in a bucket: how they are written, and what is said when one cannot be used."""

from __future__ import annotations

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from made_stores import make_frame, make_source, write_run

import eclips4d.storage as storage
from eclips4d.core.errors import InputError
from eclips4d.storage import StoreWriter, objects
from eclips4d.storage.folder import load_record
from eclips4d.storage.glance import Glance
from eclips4d.storage.mirror import Mirror
from eclips4d.storage.objects import BucketCutError, Objects, TakenError, address, is_object, split
from eclips4d.storage.planes import Planes
from eclips4d.storage.stamp import Stamp


def test_a_path_names_the_same_place_as_an_address():
    written = "s3://bucket/in/run.zarr"
    for place in (written, Path(written), Path(written) / "raw" / ".."):
        assert is_object(place)
    assert address(Path(written)) == written
    assert split(written) == split(Path(written)) == ("bucket", "in/run.zarr")
    assert not is_object("run.zarr") and not is_object(Path("/data/s3:/run.zarr"))
    with pytest.raises(InputError, match=r"give s3://BUCKET/RUN\.zarr"):
        split("s3://bucket/")


def test_every_way_to_read_reads_there_too(tmp_path, s3):
    source = make_source(3, shape=(4, 16, 16))
    local, place = tmp_path / "run.zarr", f"s3://bucket/{tmp_path.name}/run.zarr"
    write_run(local, source, 3)
    with Mirror(local, place) as made:
        made.copy()
    there = storage.StoredFrames(place)
    assert np.array_equal(there.raw(1), make_frame(source, 1).data)
    assert there.header(2) == storage.StoredFrames(local).header(2)
    assert storage.summary(place).committed == 3
    record = load_record(Path(place))
    glance = Glance(Path(place), record, Planes(Path(place), record.planes().values()))
    with storage.open(local, datum=True) as here, storage.open(place, datum=True) as run:
        assert np.array_equal(here["height"].values, run["height"].values, equal_nan=True)
        assert np.array_equal(glance["drift"].values, here["drift"].values)
        assert np.array_equal(glance["trust"][1].values, here["trust"][1].values)


def test_a_stamp_tells_a_new_object_and_asks_once_a_second(tmp_path, s3, monkeypatch):
    place = Path(f"s3://bucket/{tmp_path.name}/zarr.json")
    stamp, held, now = Stamp(place), Objects(place.parent), [100.0]
    monkeypatch.setattr("eclips4d.storage.stamp.time.monotonic", lambda: now[0])
    assert stamp.look() is None
    held.put("zarr.json", b"one")
    assert stamp.look() is None  # not asked again yet
    now[0] += 1.0
    first = stamp.look()
    held.put("zarr.json", b"two")
    now[0] += 1.0
    assert first is not None and stamp.look() != first


def test_nothing_is_written_there_directly(tmp_path, s3):
    with pytest.raises(InputError, match=r"mirror it: eclips4d mirror RUN\.zarr s3://bucket/run\.zarr --follow"):
        StoreWriter.create(Path("s3://bucket/run.zarr"), make_source(2), "run")


@pytest.mark.parametrize(
    "place, said",
    [
        ("s3://bucket/nothing.zarr", "s3://bucket/nothing.zarr: is not a store: it has no zarr.json"),
        ("s3://nowhere/run.zarr", "no such bucket; check its name and AWS_ENDPOINT_URL"),
    ],
)
def test_what_is_not_there_is_told_in_a_line(s3, place, said):
    with pytest.raises(InputError, match=said):
        storage.open(place)


def test_no_key_is_told_in_a_line(s3, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(InputError, match="no key is given; set AWS_ACCESS_KEY_ID"):
        storage.open("s3://bucket/run.zarr")


def test_a_key_that_is_refused_is_told_in_a_line(s3, monkeypatch):
    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(403)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(InputError, match="the server refuses this key; check AWS_ACCESS_KEY_ID"):
            storage.open("s3://bucket/run.zarr")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_server_that_is_not_there_is_told_in_a_line(s3, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(
        BucketCutError, match="the server does not answer: Connection refused; check AWS_ENDPOINT_URL and"
    ):
        storage.open("s3://bucket/run.zarr")


def test_the_missing_package_is_told_in_a_line(s3, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "obstore"]:
        monkeypatch.setitem(sys.modules, name, None)
    objects._connected.cache_clear()
    with pytest.raises(InputError, match=r"pip install 'eclips4d\[cloud\]'"):
        storage.open("s3://bucket/run.zarr")


@pytest.mark.skipif("ECLIPS4D_TEST_S3" in os.environ, reason="that server compares as it does")
def test_a_server_that_compares_tags_without_quotes(tmp_path, s3, monkeypatch):
    import obstore
    from obstore.exceptions import PreconditionError

    put = obstore.put

    def as_ceph_does(store, key, data, *, mode="overwrite", **how):
        if isinstance(mode, dict):
            if '"' in mode["e_tag"]:
                raise PreconditionError("412 Precondition Failed")
            mode = {"e_tag": f'"{mode["e_tag"]}"'}
        return put(store, key, data, mode=mode, **how)

    monkeypatch.setattr(obstore, "put", as_ceph_does)
    held, other = (Objects(f"s3://bucket/{tmp_path.name}") for _ in range(2))
    first = held.put_if("one", b"first", None)
    second = held.put_if("one", b"second", first)
    assert held.put_if("one", b"third", second) != second
    for stale in (first, second, None):
        with pytest.raises(TakenError):
            held.put_if("one", b"late", stale)
        with pytest.raises(TakenError):
            other.put_if("one", b"late", stale)
    assert held.read("one") == b"third"
    path = tmp_path / "run.zarr"
    write_run(path, make_source(3, shape=(4, 16, 16)), 3)
    for _ in range(2):
        with Mirror(path, f"s3://bucket/{tmp_path.name}/run.zarr") as made:
            made.copy()


def test_a_large_file_is_sent_in_parts(tmp_path, s3, monkeypatch):
    monkeypatch.setattr(objects, "PART", 5 << 20)  # the least that servers take
    data = np.random.default_rng(0).bytes((5 << 20) + 1000)
    (tmp_path / "large").write_bytes(data)
    held = Objects(f"s3://bucket/{tmp_path.name}")
    held.put("large", tmp_path / "large")
    assert held.read("large") == data
    assert held.tagged("large").tag.endswith('-2"')  # so S3 tags what came in two parts
