"""One writer per place in a bucket: what becomes of two, and of requests that arrive late or are not answered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import obstore
import pytest
from made_stores import STAGES, make_frame, make_source, settle, write_run
from mirrored import look, same

from eclips4d.core.errors import StoreError
from eclips4d.storage import StoreWriter, lease, sending
from eclips4d.storage.lease import Lease
from eclips4d.storage.mirror import Mirror
from eclips4d.storage.objects import BucketCutError, Objects, TakenError


@pytest.mark.parametrize("dead", ["height/zarr.json", "zarr.json"])
def test_an_answer_that_was_lost_is_no_second_writer(tmp_path, place, monkeypatch, dead):
    source = make_source(3, shape=(4, 16, 16))
    path = tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer, Mirror(path, place) as made:
        write = Objects.put_if

        def lost(objects, key, data, tag):
            tag = write(objects, key, data, tag)
            if key == dead:
                raise BucketCutError("the line went dead behind the last byte")
            return tag

        with monkeypatch.context() as patched:
            patched.setattr(Objects, "put_if", lost)
            with pytest.raises(BucketCutError):
                made.copy()
        for sequence in range(3):
            writer.write_frame(make_frame(source, sequence)).result()
            settle(writer, source, sequence)
        made.copy()
        same(path, place)
        writer.finish(3)


def test_a_second_writer_is_refused(tmp_path, place):
    path = tmp_path / "run.zarr"
    write_run(path, make_source(2, shape=(4, 16, 16)), 2)
    with Mirror(path, place) as made:
        made.copy()
        with pytest.raises(StoreError, match=r"is being written by process \d+ on .* s ago; stop that"):
            Mirror(path, place)
    Mirror(path, place).close()  # it was let go of


def commit_one(writer, source):
    sequence = writer.committed
    writer.write_frame(make_frame(source, sequence)).result()
    settle(writer, source, sequence)


def test_who_rested_too_long_cannot_commit_any_more(tmp_path, place):
    source = make_source(4, shape=(4, 16, 16))
    path = tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer:
        more = partial(commit_one, writer, source)
        more()
        with Mirror(path, place) as first:
            first.copy()
            more()
            with Mirror(path, place, lease_s=0.0) as second:
                second.copy()
                more()
                with pytest.raises(TakenError, match="somebody else"):
                    first.copy()
                assert look(place, source) == 2
                second.copy()
                same(path, place)


def test_what_a_suspended_mirror_still_had_on_its_way_changes_nothing(tmp_path, place, monkeypatch):
    source, path = make_source(6, shape=(4, 16, 16)), tmp_path / "run.zarr"
    written, suspended, wakes = Objects.put_if, Event(), Event()

    def held(objects, key, *rest):
        if objects is asleep and key.startswith("time/c"):
            suspended.set()
            assert wakes.wait(60)
        return written(objects, key, *rest)

    with StoreWriter.create(path, source, "run", stages=STAGES) as writer, ThreadPoolExecutor(1) as thread:
        more = partial(commit_one, writer, source)
        more()
        with Mirror(path, place) as first:
            first.copy()
            more()
            asleep = first._objects
            monkeypatch.setattr(Objects, "put_if", held)
            copying = thread.submit(first.copy)
            assert suspended.wait(60)
            with Mirror(path, place, lease_s=0.0) as second:
                more()
                second.copy()
                wakes.set()
                with pytest.raises(TakenError):
                    copying.result(60)
                assert look(place, source) == 3
                same(path, place)


def test_who_takes_over_replaces_what_arrives_late(tmp_path, place, monkeypatch):
    """Between looking at what is there and writing it, a request of the mirror before comes in."""
    source, path = make_source(3, shape=(4, 16, 16)), tmp_path / "run.zarr"
    write_run(path, source, 3)
    (path / "events.jsonl").write_text("{}\n")
    column = next(f"time/{file.name}" for file in (path / "time").iterdir() if file.name != "zarr.json")
    with Mirror(path, place) as made:
        made.copy()
    with Mirror(path, place) as made:
        for key in (column, "height/zarr.json", "events.jsonl"):
            Objects(place).put(key, b"of before")
        made.copy()
        Objects(place).delete(["journal/lock"])  # by somebody who tidies up
        made._lease.renew(every_s=0.0)
        assert Objects(place).read("journal/lock")
    same(path, place)
    for key in ("height/zarr.json", "events.jsonl"):
        assert Objects(place).read(key) == (path / key).read_bytes()


def test_a_bucket_that_somebody_empties_is_told(tmp_path, place):
    path = tmp_path / "run.zarr"
    write_run(path, make_source(2, shape=(4, 16, 16)), 2)
    with Mirror(path, place) as made:
        made.copy()
        Objects(place).delete(["zarr.json"])
        with pytest.raises(TakenError, match="somebody else"):
            made.copy()


def test_two_that_begin_at_once_do_not_both_begin(place):
    objects = Objects(place)
    objects.put_if("journal/lock", b"one", None)
    with pytest.raises(TakenError):
        objects.put_if("journal/lock", b"two", None)
    assert objects.read("journal/lock") == b"one"


@pytest.mark.parametrize("ignored", [("create", "update"), ("update",)])
def test_a_server_that_does_not_check_both_conditions_is_refused(tmp_path, place, monkeypatch, ignored):
    path, put = tmp_path / "run.zarr", obstore.put
    write_run(path, make_source(2, shape=(4, 16, 16)), 2)

    def careless(*args, mode=None, **more):
        asked = "update" if isinstance(mode, dict) else mode
        return put(*args, **more) if asked in ignored else put(*args, mode=mode, **more)

    monkeypatch.setattr(obstore, "put", careless)
    with pytest.raises(StoreError, match="does not check conditions of writes"):
        Mirror(path, place)
    assert not Objects(place).sizes("raw")


def test_the_lease_is_renewed_while_a_file_takes_long(tmp_path, place, monkeypatch):
    path, put, renewed = tmp_path / "run.zarr", Objects.put, Event()
    write_run(path, make_source(2, shape=(4, 16, 16)), 2)
    monkeypatch.setattr(sending, "LOOK_S", 0.01)

    def slow(objects, key, content):
        if key == "raw/c.1.0.0.0":
            renewed.clear()
            assert renewed.wait(60.0)
        put(objects, key, content)

    with Mirror(path, place) as made:
        monkeypatch.setattr(Objects, "put", slow)
        monkeypatch.setattr(Lease, "renew", lambda lease: renewed.set())
        made.copy()
    same(path, place)


def test_two_of_one_name_are_two(place, monkeypatch):
    """As containers may be: host, process number, second and command are the same."""
    one = lease.myself()
    monkeypatch.setattr(lease, "myself", lambda: one)
    first = Lease.take(Objects(place))
    second = Lease.take(Objects(place), lease_s=0.0)
    with pytest.raises(TakenError):
        first.renew(every_s=0.0)
    second.renew(every_s=0.0)


def test_a_renewed_lease_says_so(place):
    objects = Objects(place)
    held = Lease.take(objects)
    before = objects.read("journal/lock")
    held.renew()
    assert objects.read("journal/lock") == before  # not due yet
    held.renew(every_s=0.0)
    assert objects.read("journal/lock") != before
    held.release()
    assert objects.read("journal/lock") == b""
