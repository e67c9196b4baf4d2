"""The catalogue follows the stores: new ones, grown ones, moved ones, gone ones, damaged ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from campaign_runs import write_run

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.core.results import Status
from eclips4d.pipeline.campaign import renewing
from eclips4d.pipeline.campaign.renewing import add, renew


def names(paths) -> list[str]:
    return sorted(Path(path).name for path in paths)


def test_all_stores_below_are_found_and_read_once(catalogue, folder, monkeypatch):
    found = add(catalogue, [folder, folder / "april"])
    assert names(found.new) == ["a.zarr", "b.zarr", "c.zarr"]
    monkeypatch.setattr(renewing, "read_entry", lambda path: pytest.fail(f"{path} read again"))
    again = renew(catalogue)
    assert (again.unchanged, again.line) == (3, "3 unchanged")


def test_a_store_that_has_grown_is_read_again(catalogue, folder):
    add(catalogue, [folder])
    shutil.rmtree(folder / "a.zarr")
    write_run(folder / "a.zarr", states=(Status.GAP,) * 5, side=({},) * 5)
    assert names(renew(catalogue).changed) == ["a.zarr"]
    assert [run.frames for run in catalogue.find("path LIKE '%a.zarr'")] == [5]


def test_a_moved_store_is_known_at_its_new_place_only(catalogue, folder):
    add(catalogue, [folder])
    (folder / "a.zarr").rename(folder / "april" / "moved.zarr")
    found = renew(catalogue)
    assert (names(found.new), names(found.gone)) == (["moved.zarr"], ["a.zarr"])
    assert [Path(run.path).name for run in catalogue.find("run_id = 'a1'")] == ["moved.zarr"]


def test_what_lies_on_a_disk_that_is_away_stays_known(catalogue, folder):
    add(catalogue, [folder / "april", folder / "a.zarr"])
    folder.rename(folder.with_name("elsewhere"))
    found = renew(catalogue)
    assert len(found.away) == 2
    assert (found.gone, len(catalogue.find())) == ([], 3)


def test_a_damaged_store_is_named_and_stays_known(catalogue, folder):
    add(catalogue, [folder])
    (folder / "a.zarr" / "zarr.json").write_text('{"zarr_format": 3')
    (folder / "foreign").mkdir()
    (folder / "foreign" / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group", "attributes": {}}')
    found = renew(catalogue)
    assert (names(found.unreadable), found.foreign, found.unchanged) == (["a.zarr"], 1, 2)
    assert len(catalogue.find()) == 3


def test_stores_are_not_walked_into(catalogue, folder):
    shutil.copytree(folder / "april" / "b.zarr", folder / "a.zarr" / "inner.zarr")
    assert len(add(catalogue, [folder]).new) == 3


def test_a_missing_folder_is_said_before_anything_is_read(catalogue, folder):
    with pytest.raises(MissingInputError, match="no such folder"):
        add(catalogue, [folder, folder / "nowhere"])
    assert catalogue.find() == catalogue.folders == []


def test_a_bucket_is_refused_with_what_to_do(catalogue):
    with pytest.raises(InputError, match=r"s3://lab/2026: runs in buckets are not looked for; add the folder"):
        add(catalogue, [Path("s3://lab/2026")])
    assert not catalogue.folders
