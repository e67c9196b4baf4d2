"""A place in a bucket: whether it can be written, what it holds, whether that is all of a store, and back to a disk."""

from __future__ import annotations

import pytest
from made_stores import make_source, write_run
from mirrored import same

from eclips4d.core.errors import InputError, StoreError
from eclips4d.storage import objects, verified
from eclips4d.storage.bucket_place import check_writable, held_at
from eclips4d.storage.compact import compact
from eclips4d.storage.fetching import fetch
from eclips4d.storage.lease import Lease, new_word
from eclips4d.storage.mirror import Mirror
from eclips4d.storage.objects import BucketCutError, Objects
from eclips4d.storage.verified import differing


@pytest.fixture
def mirrored(tmp_path, place):
    path = tmp_path / "run.zarr"
    write_run(path, make_source(4, shape=(4, 16, 16)), 4)
    with Mirror(path, place) as made:
        made.copy()
    return path


def test_an_empty_place_holds_nothing_and_stays_empty(place):
    assert held_at(place) is None
    check_writable(place)
    assert Objects(place).sizes() == {}


def test_a_store_there_is_told_and_left_as_it_is(mirrored, place):
    before = Objects(place).sizes()
    told = held_at(place)
    assert told is not None and told.committed == 4 and told.ended
    check_writable(place)
    assert Objects(place).sizes() == before


def test_what_is_no_store_is_refused(place):
    Objects(place).put("zarr.json", b"{}")
    with pytest.raises(InputError, match="not a store of eclips4d"):
        held_at(place)
    with pytest.raises(InputError, match="no such bucket"):
        held_at("s3://nowhere/run.zarr")


def test_who_asks_again_with_the_same_word_is_let_in(place):
    held, word = Objects(place), new_word()
    Lease.take(held, word=word)
    with pytest.raises(StoreError, match="is being written by"):
        Lease.take(held)
    Lease.take(held, word=word).release()


def test_a_mirror_that_was_cut_off_while_it_began_begins_again(mirrored, place, monkeypatch):
    word = new_word()
    with monkeypatch.context() as patched:

        def cut(*_: object) -> object:
            raise BucketCutError("the line went dead")

        patched.setattr(Objects, "tags", cut)
        patched.setattr(Lease, "release", cut)
        with pytest.raises(BucketCutError):
            Mirror(mirrored, place, word=word)
    Mirror(mirrored, place, word=word).close()


def test_a_bucket_that_holds_all_is_verified_by_its_tags(mirrored, place, monkeypatch):
    def unread(*_: object) -> bytes:
        raise AssertionError("was read back")

    monkeypatch.setattr(Objects, "read_part", unread)
    told = list[tuple[int, int]]()
    assert differing(mirrored, place, lambda *counts: told.append(counts)) == []
    assert told[-1][0] == told[-1][1] == len(told)


def test_a_byte_that_differs_is_found(mirrored, place):
    held, key = Objects(place), "height/c.2.0.0"
    whole = held.read(key)
    held.put(key, whole[:-1] + bytes([whole[-1] ^ 1]))
    assert differing(mirrored, place) == [key]
    held.put(key, whole[:-1])
    assert differing(mirrored, place) == [key]
    held.delete([key])
    assert differing(mirrored, place) == [key]
    held.put(key, whole)
    assert differing(mirrored, place) == []


def test_where_tags_are_no_checksums_objects_are_read_back(mirrored, place, monkeypatch):
    listed = Objects.listed
    monkeypatch.setattr(Objects, "listed", lambda o, *u: {k: (n, '"x"') for k, (n, _) in listed(o, *u).items()})
    assert differing(mirrored, place) == []
    whole = Objects(place).read("raw/c.0.0.0.0")
    Objects(place).put("raw/c.0.0.0.0", bytes(len(whole)))
    assert differing(mirrored, place) == ["raw/c.0.0.0.0"]


def test_files_in_parts_are_verified_by_their_tags(tmp_path, place, monkeypatch):
    for module in (objects, verified):
        monkeypatch.setattr(module, "PART", 5 << 20)
    file = tmp_path / "large"
    file.write_bytes(bytes((5 << 20) + 1000))
    Objects(place).put("large", file)
    assert Objects(place).listed()["large"] == (file.stat().st_size, f'"{verified._tag_of(file)}"')


@pytest.mark.parametrize("together", [False, True])
def test_a_store_that_is_fetched_is_the_one_that_was_sent(mirrored, place, tmp_path, together):
    if together:
        compact(mirrored, linger_s=0.0)
        with Mirror(mirrored, place) as made:
            made.copy()
    back = tmp_path / "back.zarr"
    fetch(place, back)
    same(back, place)
    passing = {"journal/lock", "journal/clock", "journal/previous.json", "journal/scanning"}
    files = {f.relative_to(mirrored).as_posix() for f in mirrored.rglob("*") if f.is_file()} - passing
    assert {f.relative_to(back).as_posix() for f in back.rglob("*") if f.is_file()} == files
    assert all((back / key).read_bytes() == (mirrored / key).read_bytes() for key in files)


def test_what_is_fetched_in_part_only_is_not_there(mirrored, place, tmp_path, monkeypatch):
    taken = Objects.fetch

    def cut(held, key, file):
        if key == "zarr.json":
            raise BucketCutError("the line went dead")
        taken(held, key, file)

    monkeypatch.setattr(Objects, "fetch", cut)
    with pytest.raises(BucketCutError):
        fetch(place, tmp_path / "back.zarr")
    assert not list(tmp_path.glob("*back*"))
    Mirror(mirrored, place).close()  # it was let go of
