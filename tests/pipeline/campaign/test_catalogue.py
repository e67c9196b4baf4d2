"""The catalogue's file: what goes in comes out, whoever else writes, and damage costs nothing but reading again."""

from __future__ import annotations

import sqlite3
import threading

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eclips4d.core.errors import InputError, StoreError
from eclips4d.pipeline.campaign.catalogue import open_catalogue
from eclips4d.pipeline.campaign.entry import ModelShare, RunEntry, SideRange
from eclips4d.pipeline.campaign.read_entry import read_entry

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
COUNT = st.integers(0, 1 << 53)
KINDS = {str: TEXT, float: NUMBER, int: COUNT, bool: st.booleans(), float | None: st.none() | NUMBER}
SIDE = st.builds(SideRange, name=TEXT, unit=TEXT, least=st.none(), mean=NUMBER, most=NUMBER)
MODEL = st.builds(ModelShare, name=TEXT, fingerprint=TEXT, engine=TEXT, frames=COUNT)
PLAIN = {field.name: KINDS[field.type] for field in msgspec.structs.fields(RunEntry) if field.type in KINDS}
ENTRY = st.builds(
    RunEntry, **PLAIN, side=st.lists(SIDE, max_size=3).map(tuple), models=st.lists(MODEL, max_size=2).map(tuple)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40)
@given(entries=st.lists(ENTRY, max_size=4, unique_by=lambda entry: entry.path))
def test_what_goes_in_comes_out(catalogue, entries):
    catalogue.forget(catalogue.stamps)
    for entry in entries:
        catalogue.put(entry)
        catalogue.put(entry)  # in its own place
    key = lambda entry: entry.path  # noqa: E731
    assert sorted(catalogue.find(), key=key) == sorted(entries, key=key)
    assert catalogue.ask("SELECT count(*) FROM side")[1] == [(sum(len(entry.side) for entry in entries),)]


def test_forgetting_forgets_the_parts(catalogue, folder):
    entry = read_entry(folder / "a.zarr")
    catalogue.put(entry)
    catalogue.forget([entry.path])
    for table in ("runs", "side", "models"):
        assert catalogue.ask(f"SELECT count(*) FROM {table}") == (["count(*)"], [(0,)])


@pytest.mark.parametrize("sql", ["DELETE FROM runs", "DROP TABLE runs", "nonsense", "", "SELECT 1; SELECT 2"])
def test_questions_only_read(catalogue, folder, sql):
    catalogue.put(read_entry(folder / "a.zarr"))
    if sql:
        with pytest.raises(InputError, match="only read"):
            catalogue.ask(sql)
    else:
        assert catalogue.ask(sql) == ([], [])
    assert len(catalogue.find()) == 1
    catalogue.forget(catalogue.stamps)  # and afterwards it is written as before
    assert catalogue.find() == []


@pytest.mark.parametrize("damage", ["no database", "cut", "other version"])
def test_a_damaged_file_is_put_aside(tmp_path, folder, damage):
    file = tmp_path / "here" / "runs.sqlite"
    with open_catalogue(file) as made:
        made.put(read_entry(folder / "a.zarr"))
    before = file.read_bytes()
    if damage == "no database":
        file.write_bytes(b"no database" * 1000)
    elif damage == "cut":
        file.write_bytes(before[: len(before) // 2])
    else:
        with sqlite3.connect(file) as other:
            other.execute("PRAGMA user_version = 99")
        other.close()
    kept = file.read_bytes()
    with open_catalogue(file) as again:
        assert again.begun_anew
        assert again.find() == []
        again.put(read_entry(folder / "a.zarr"))
    assert (file.parent / "runs.sqlite.unusable-1").read_bytes() == kept
    with open_catalogue(file) as third:
        assert not third.begun_anew
        assert len(third.find()) == 1


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"), open_catalogue(tmp_path / "file" / "runs.sqlite"):
        pass


def test_many_write_at_once(tmp_path, folder):
    file, entry = tmp_path / "fresh" / "runs.sqlite", read_entry(folder / "a.zarr")
    failed = []

    def write(who: int) -> None:
        try:
            for k in range(5):
                with open_catalogue(file) as catalogue:
                    catalogue.put(msgspec.structs.replace(entry, path=f"/{who}/{k}"))
        except Exception as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with open_catalogue(file) as catalogue:
        assert len(catalogue.find()) == 20
        assert not catalogue.begun_anew
