"""A store on its way into a bucket: what is refused at once, what is waited for, when the disk's copy goes."""

from __future__ import annotations

import shutil
from pathlib import Path
from threading import Timer

import pytest
from growing_store import create_store

import eclips4d.storage as storage
from eclips4d.core.errors import InputError, OtherSourceError, StoreError
from eclips4d.core.results import Status
from eclips4d.pipeline.bucket_run.delivery import Delivery
from eclips4d.pipeline.bucket_run.local_store import check_options, local_store
from eclips4d.storage.mirror import Mirror
from eclips4d.storage.objects import Objects


def refused(held) -> bool:
    raise AssertionError(f"{held.path} was taken for something that is there")


def same(local: Path, place: str) -> None:
    with storage.open(local) as here, storage.open(place) as there:
        assert all(here[name].values.tobytes() == there[name].values.tobytes() for name in here.variables)


def test_a_place_has_always_the_same_local_store(tmp_path):
    place = "s3://lab/in/run.zarr"
    assert local_store(place, tmp_path) == local_store(Path(place), tmp_path) == tmp_path / "lab" / "in" / "run.zarr"
    with pytest.raises(InputError, match="is no path"):
        local_store("s3://lab/../../run.zarr", tmp_path)


def test_options_for_buckets_are_refused_elsewhere(tmp_path):
    check_options(Path("s3://lab/run.zarr"), tmp_path, keep_local=True)
    check_options(tmp_path / "run.zarr", None, keep_local=False)
    with pytest.raises(InputError, match="--staging: is no folder on a disk"):
        check_options(Path("s3://lab/run.zarr"), Path("s3://lab"), keep_local=False)
    with pytest.raises(InputError, match="--staging: is for stores in buckets"):
        check_options(None, tmp_path, keep_local=False)
    with pytest.raises(InputError, match="--keep-local: is for stores in buckets"):
        check_options(tmp_path / "run.zarr", None, keep_local=True)


def test_an_empty_place_is_tried_and_left_empty(delivery, place, told):
    made = delivery()
    assert made.begin(refused)
    assert Objects(place).sizes() == {} and not made.local.exists()
    assert str(told) == f"{place}: written to {made.local} first, and mirrored into the bucket meanwhile\n"


def test_what_cannot_be_used_is_refused_before_the_run(s3, tmp_path, told, monkeypatch):
    with Delivery(Path("s3://nowhere/run.zarr"), tmp_path, keep_local=False, console=told.console) as made:
        with pytest.raises(InputError, match=r"s3://nowhere/run.zarr: no such bucket"):
            made.begin(refused)
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        with pytest.raises(InputError, match="no key is given"):
            made.begin(refused)


def test_a_place_that_somebody_writes_is_refused(grown, delivery, place):
    with Mirror(grown.path, place) as other:
        other.copy()
        with pytest.raises(StoreError, match="is being written by process"):
            delivery().begin(refused)


def test_another_run_in_that_place_is_refused(grown, delivery, place, tmp_path):
    other = create_store(tmp_path / "other.zarr")
    other.grow(1)
    other.writer.close()
    text = (other.path / "zarr.json").read_text()
    (other.path / "zarr.json").write_text(
        text.replace('"run_id":"run"', '"run_id":"other"').replace('"run"', '"other"')
    )
    with Mirror(other.path, place) as made:
        made.copy()
    with pytest.raises(OtherSourceError, match="holds another run"):
        delivery().begin(refused)


def test_a_whole_run_is_sent_verified_and_removed(grown, delivery, place, told, tmp_path):
    made = delivery()
    assert made.begin(refused)
    shutil.copytree(grown.path, tmp_path / "copy.zarr")
    assert made.finish(0) == 0
    assert not grown.path.exists()
    assert "3 committed frames; sent" in str(told)
    assert "verified to hold all of it, and the local store is removed" in str(told)
    same(tmp_path / "copy.zarr", place)
    again = delivery()
    assert not again.begin(lambda held: held.ended and held.committed == 3)
    assert f"{place}: complete, nothing to do" in str(told) and not again.local.exists()


def test_a_run_that_may_go_on_is_fetched_back(grown, delivery, place, tmp_path):
    made = delivery()
    shutil.copytree(grown.path, tmp_path / "copy.zarr")
    assert made.begin(refused) and made.finish(0) == 0 and not made.local.exists()
    again = delivery()
    assert again.begin(lambda held: False)
    same(again.local, place)
    same(again.local, str(tmp_path / "copy.zarr"))


def test_the_local_store_is_kept_where_that_is_asked_for(grown, delivery, place, told):
    made = delivery(keep_local=True)
    assert made.begin(refused) and made.finish(0) == 0
    assert f"the local store is kept: {grown.path}" in str(told)
    same(grown.path, place)


def test_the_local_store_stays_while_the_run_may_go_on(delivery, place, told):
    made = delivery()
    store = create_store(made.local)
    store.grow(2)
    store.writer.close()
    assert made.begin(refused) and made.finish(130) == 130
    assert f"the local store stays, as it goes on: {store.path}" in str(told)
    same(store.path, place)


def test_the_local_store_stays_while_frames_wait_for_results(delivery, told):
    made = delivery()
    store = create_store(made.local)
    store.grow(1)
    store.record()
    store.settle(status=Status.DEFERRED)
    store.finish()
    store.writer.close()
    assert made.begin(refused) and made.finish(0) == 0
    assert "the local store stays" in str(told) and store.path.exists()


def test_what_the_bucket_does_not_hold_is_not_removed(grown, delivery, place, monkeypatch):
    made = delivery()
    assert made.begin(refused)
    put = Objects.put

    def damaged(objects, key, content):
        put(objects, key, content.read_bytes()[:-1] + b"?" if key == "raw/c.1.0.0.0" else content)

    monkeypatch.setattr(Objects, "put", damaged)
    with pytest.raises(StoreError, match=r"1 objects are not what was sent, raw/c.1.0.0.0 first; the store is in "):
        made.finish(0)
    assert grown.path.exists()


def test_a_server_that_is_away_is_waited_for(grown, delivery, place, s3, told, impatient):
    made = delivery()
    s3.tell("cut")
    healing = Timer(1.0, s3.tell, ("heal",))
    try:
        assert made.begin(refused)
        assert "the server does not answer" in str(told) and "what is written is sent when it does" in str(told)
        healing.start()
        assert made.finish(0) == 0
    finally:
        healing.join()
    said = str(told)
    assert f"eclips4d mirror {grown.path} {place} --follow" in said and "the server answers again" in said
    assert not grown.path.exists()
    with storage.open(place) as run:
        assert run.sizes["time"] == 3


def test_after_a_ctrl_c_no_server_is_waited_for(grown, delivery, place, s3, told):
    made = delivery()
    assert made.begin(refused)
    s3.tell("cut")
    try:
        assert made.finish(130) == 130
    finally:
        s3.tell("heal")
    assert f"{place}: not all is there; the store is in {grown.path}" in str(told)
    assert f"eclips4d mirror {grown.path} {place} --follow" in str(told)


def test_a_ctrl_c_while_the_rest_is_sent_leaves_the_store(grown, delivery, place, told, monkeypatch):
    made = delivery()
    assert made.begin(refused)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Mirror, "copy", interrupted)
    assert made.finish(0) == 130
    assert f"{place}: stopped; the store is in {grown.path}" in str(told)
    monkeypatch.undo()


def test_a_key_that_is_refused_in_the_end_is_told_with_where_the_run_is(grown, delivery, monkeypatch):
    made = delivery()
    assert made.begin(refused)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(StoreError, match=f"no key is given; the store is in {grown.path}; the same command"):
        made.finish(0)
