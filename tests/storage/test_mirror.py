"""Mirrors in a bucket: whoever reads there sees whole commits, whatever happens to the mirror or to the line."""

from __future__ import annotations

import random

import numpy as np
import pytest
import zarr
from made_stores import STAGES, make_frame, make_registered, make_source, settle, write_run
from mirrored import look, same
from zarr.storage import ObjectStore

import eclips4d.storage as storage
from eclips4d.core.errors import InputError, OtherSourceError, StoreError
from eclips4d.core.results import Status
from eclips4d.storage import StoreWriter, mirror, sending
from eclips4d.storage.compact import compact
from eclips4d.storage.mirror import Mirror
from eclips4d.storage.objects import BucketCutError, Objects, connected
from eclips4d.storage.pyramids import make_pyramids


class Watching:
    """Looks into the bucket after some of the writes, and stops the mirror dead at one of them."""

    def __init__(self, monkeypatch, source, place: str) -> None:
        self.lengths, self.count, self.kill_at = [0], 0, -1
        self._source, self._place = source, place
        for name in ("put", "put_if"):
            monkeypatch.setattr(Objects, name, self._seen(getattr(Objects, name)))
        monkeypatch.setattr(sending, "AT_A_TIME", 1)

    def _seen(self, write):
        def seen(objects, key, *rest):
            self.count += 1
            if self.count == self.kill_at:
                raise KilledError
            written = write(objects, key, *rest)
            if key == "zarr.json" or (self.lengths[-1] and random.random() < 0.1):
                self.lengths.append(look(self._place, self._source))
            return written

        return seen


class KilledError(BaseException):
    """As abrupt as a signal."""


@pytest.mark.parametrize("live", [False, True])
def test_whoever_reads_sees_a_prefix_at_any_point(tmp_path, place, monkeypatch, live):
    source = make_source(None if live else 5, shape=(4, 16, 16))
    watching = Watching(monkeypatch, source, place)
    path = tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer, Mirror(path, place) as made:
        for sequence in range(5):
            writer.write_frame(make_frame(source, sequence)).result()
            settle(writer, source, sequence)
            if sequence % 2 == 0:
                made.copy()
                same(path, place)
        writer.finish(5)
        made.copy()
    assert watching.lengths == sorted(watching.lengths) and set(watching.lengths) == {0, 1, 3, 5}
    same(path, place)
    group = zarr.open_group(ObjectStore(connected("bucket", f"{tmp_path.name}/run.zarr"), read_only=True), mode="r")
    assert group["height"].shape == (5, 16, 16)  # without our own reader


def test_a_killed_mirror_goes_on_from_what_the_bucket_holds(tmp_path, place, monkeypatch):
    source = make_source(6, shape=(4, 16, 16))
    path = tmp_path / "run.zarr"
    write_run(path, source, 6)
    monkeypatch.setattr(mirror, "FRAMES_PER_COMMIT", 2)
    watching = Watching(monkeypatch, source, place)
    killed = list[Mirror]()
    for kill_at in (1, 9, 40, 70, 60):
        watching.count, watching.kill_at = 0, kill_at
        with pytest.raises(KilledError):
            killed.append(Mirror(path, place, lease_s=0.0))
            killed[-1].copy()
    for dead in killed:
        dead._sending.close()  # threads of a process that is really killed end by themselves
    watching.kill_at = -1
    before = look(place, source)
    assert 0 < before < 6
    with Mirror(path, place, lease_s=0.0) as made:
        made.copy()
    same(path, place)
    assert watching.lengths == sorted(watching.lengths)
    shards = 7 * (6 - before)
    assert shards < made.sent.objects < shards + 60  # small files again, but no shard of frames that were there


def test_cuts_are_told_and_heal(tmp_path, place, s3):
    source = make_source(4, shape=(4, 16, 16))
    path = tmp_path / "run.zarr"
    write_run(path, source, 4)
    with Mirror(path, place) as made:
        s3.tell("cut")
        with pytest.raises(BucketCutError, match=f"{place}: the server does not answer.*check AWS_ENDPOINT_URL"):
            made.copy()
        s3.tell("heal")
        made.copy()
    same(path, place)


def test_what_arrived_before_a_cut_is_not_sent_again_and_the_rest_comes_singly(tmp_path, place, monkeypatch):
    path, put = tmp_path / "run.zarr", Objects.put
    write_run(path, make_source(4, shape=(4, 16, 16)), 4)
    arrived, under_way, most = list[str](), set[str](), list[int]()

    def passing(objects, key, content):
        if len(arrived) >= 9 and not healed:
            raise BucketCutError("the line went dead")
        under_way.add(key)
        most.append(len(under_way))
        put(objects, key, content)
        under_way.discard(key)
        arrived.append(key)

    monkeypatch.setattr(Objects, "put", passing)
    with Mirror(path, place) as made:
        healed = False
        for _ in range(2):
            with pytest.raises(BucketCutError):
                made.copy()
        before, healed = len(arrived), True
        made.copy()
    assert 9 <= before < 9 + sending.AT_A_TIME < len(arrived) == len(set(arrived))
    assert set(most[before:]) == {1}
    same(path, place)


def test_files_of_many_frames_are_sent_once(tmp_path, place, monkeypatch):
    path = tmp_path / "run.zarr"
    write_run(path, make_source(5, shape=(4, 16, 16)), 5)
    compact(path, linger_s=0.0)
    sent, put = list[str](), Objects.put
    monkeypatch.setattr(Objects, "put", lambda objects, key, content: (sent.append(key), put(objects, key, content)))
    monkeypatch.setattr(mirror, "FRAMES_PER_COMMIT", 2)
    with Mirror(path, place) as made:
        made.copy()
        assert made.sent.commits == 3
    assert sent.count("raw/0.0.0.0") == 1
    same(path, place)


def test_files_put_together_and_pyramids_follow(tmp_path, place, monkeypatch):
    source = make_source(3, shape=(4, 8, 260))  # just wide enough for a pyramid
    path = tmp_path / "run.zarr"
    write_run(path, source, 3)
    with Mirror(path, place) as made:
        made.copy()
        with storage.open(place) as opened_before:
            make_pyramids(path)
            compact(path, linger_s=0.0)
            made.copy()
            same(path, place)
            assert np.array_equal(opened_before["raw"][1], make_frame(source, 1).data)
        assert Objects(place).sizes("pyramids")
        sent = made.sent.objects
        made.copy()
        assert made.sent.objects == sent  # nothing is new
    Mirror(path, place).close()
    assert "raw/c.0.0.0.0" in Objects(place).sizes()  # somebody may have it open
    monkeypatch.setattr(mirror, "LINGER_S", 0.0)
    Mirror(path, place).close()
    assert set(Objects(place).sizes("raw")) == {"raw/zarr.json", "raw/0.0.0.0"}
    same(path, place)


def test_a_frame_made_up_for_replaces_what_was_deferred(tmp_path, place):
    source = make_source(2, shape=(4, 16, 16))
    path = tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer, Mirror(path, place) as made:
        for sequence in range(2):
            writer.write_frame(make_frame(source, sequence)).result()
        writer.set_status(0, Status.DEFERRED)
        writer.commit(committed=1, recorded=2)
        settle(writer, source, 1)
        made.copy()
        with storage.open(place) as run:
            assert np.isnan(run["height"][0]).all() and np.isfinite(run["height"][1]).all()
        settled = writer.write_registered(0, make_registered(source, 0), 0, 0)
        settled.result()
        writer.finish(2)
        made.copy()
    same(path, place)
    with storage.open(place) as run:
        assert np.isfinite(run["height"][0]).all()


def test_other_runs_and_places_are_refused(tmp_path, place):
    source = make_source(2, shape=(4, 16, 16))
    write_run(tmp_path / "run.zarr", source, 2)
    with Mirror(tmp_path / "run.zarr", place) as made:
        made.copy()
    write_run(tmp_path / "other.zarr", make_source(2, shape=(4, 16, 16), identity="other"), 2)
    with pytest.raises(OtherSourceError, match="holds another run"):
        Mirror(tmp_path / "other.zarr", place)
    StoreWriter.create(tmp_path / "less.zarr", source, "run", stages=STAGES).close()
    with pytest.raises(StoreError, match=r"holds 2 committed frames, more than .*less.zarr with 0"):
        Mirror(tmp_path / "less.zarr", place)
    with pytest.raises(InputError, match="is no place in a bucket"):
        Mirror(tmp_path / "run.zarr", str(tmp_path / "copy.zarr"))
    foreign = Objects(f"{place}.foreign")
    foreign.put("zarr.json", b'{"zarr_format": 3, "node_type": "group", "attributes": {}}')
    with pytest.raises(InputError, match="is not a store of eclips4d; choose another name"):
        Mirror(tmp_path / "run.zarr", f"{place}.foreign")
    assert set(foreign.sizes()) == {"zarr.json"}
    with pytest.raises(InputError, match="no such bucket"):
        Mirror(tmp_path / "run.zarr", "s3://nowhere/run.zarr")


def test_a_store_that_lacks_a_file_is_not_mirrored_over_the_gap(tmp_path, place):
    path = tmp_path / "run.zarr"
    write_run(path, make_source(2, shape=(4, 16, 16)), 2)
    (path / "height" / "c.1.0.0").unlink()
    with Mirror(path, place) as made, pytest.raises(StoreError, match=r"height/c.1.0.0: is missing; see what"):
        made.copy()
    with pytest.raises(InputError):
        storage.open(place)


def test_files_that_are_put_together_meanwhile_are_looked_for_anew(tmp_path, place, monkeypatch):
    path, put, seen = tmp_path / "run.zarr", Objects.put, []
    write_run(path, make_source(3, shape=(4, 16, 16)), 3)
    monkeypatch.setattr(sending, "AT_A_TIME", 1)

    def slow(objects, key, content):
        if key.startswith("raw/") and not seen:
            compact(path, linger_s=0.0)
        seen.append(key)
        put(objects, key, content)

    with Mirror(path, place) as made, monkeypatch.context() as patched:
        patched.setattr(Objects, "put", slow)
        made.copy()
    assert "raw/0.0.0.0" in seen
    same(path, place)


def test_a_mirror_that_is_fetched_back_is_a_store_that_goes_on(tmp_path, place):
    source, path, back = make_source(5, shape=(4, 16, 16)), tmp_path / "run.zarr", tmp_path / "back.zarr"
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer, Mirror(path, place) as made:
        for sequence in range(3):
            writer.write_frame(make_frame(source, sequence)).result()
        for sequence in range(2):
            settle(writer, source, sequence)
        writer.commit(committed=2, recorded=3)
        made.copy()
    for key in Objects(place).sizes():
        (back / key).parent.mkdir(parents=True, exist_ok=True)
        (back / key).write_bytes(Objects(place).read(key))
    with StoreWriter.resume(back) as writer:
        assert (writer.committed, writer.recorded, writer.state) == (2, 3, b"state after 1")
    write_run(back, source, 5)
    write_run(tmp_path / "undisturbed.zarr", source, 5)
    with storage.open(back) as run, storage.open(tmp_path / "undisturbed.zarr") as wanted:
        assert all(run[name].values.tobytes() == wanted[name].values.tobytes() for name in wanted.variables)
