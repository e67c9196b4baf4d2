"""Staged files: whole or as good as absent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.core.errors import StoreError
from eclips4d.pipeline.cluster.staging import stage, staged, staged_path, staging_folder, sweep

ARRAYS = {
    "height": np.arange(12, dtype=np.float32).reshape(3, 4).T,
    "trust": np.arange(6, dtype=np.uint8).reshape(2, 3),
    "nothing": np.zeros((0, 3), np.uint16),
}


def test_what_was_staged_is_read(tmp_path: Path) -> None:
    path = staged_path(tmp_path, 7, "key")
    stage(path, "key", b"facts", ARRAYS)
    found = staged(path, "key")
    assert found is not None and found.facts == b"facts"
    assert list(found.arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(found.arrays[name], array)


def test_another_key_or_nothing_there_is_nothing(tmp_path: Path) -> None:
    path = staged_path(tmp_path, 7, "key")
    assert staged(path, "key") is None
    stage(path, "key", b"", ARRAYS)
    assert staged(path, "other") is None


@given(st.data())
def test_no_change_of_a_byte_and_no_missing_end_is_believed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("staged") / "x.staged"
    stage(path, "key", b"facts", ARRAYS)
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = bytes([whole[place] ^ data.draw(st.integers(1, 255))])
    path.write_bytes(whole[:place] + changed + whole[place + 1 :])
    assert staged(path, "key") is None
    path.write_bytes(whole[:place])
    assert staged(path, "key") is None


def test_a_folder_that_is_gone_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="gone"):
        stage(tmp_path / "gone" / "x.staged", "key", b"", ARRAYS)


def test_sweeping_takes_staged_files_only(tmp_path: Path) -> None:
    folder = staging_folder(tmp_path / "new.zarr")
    sweep(folder)
    folder.mkdir()
    stage(staged_path(folder, 1, "key"), "key", b"", ARRAYS)
    (folder / "1.staged.abc.partial").touch()
    sweep(folder)
    assert not folder.exists()
    folder.mkdir()
    (folder / "mine").touch()
    sweep(folder)
    assert (folder / "mine").exists()
