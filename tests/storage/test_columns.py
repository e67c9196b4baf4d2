"""Columns behave like an array in memory, whatever is written, cleared and trimmed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.storage.columns import Column
from eclips4d.storage.layout import ArraySpec, check_keep, tile_length

BLOCK = 4
steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 11), st.floats(-1e9, 1e9)),
        st.tuples(st.just("clear"), st.integers(0, 12), st.just(0.0)),
    ),
    max_size=12,
)


def column(folder: Path, dtype: str = "float64", row: tuple[int, ...] = (2,)) -> Column:
    made = Column(ArraySpec("drift", dtype, ("time", "component")[: 1 + len(row)], row, BLOCK), folder)
    made.extend(12)
    return made


@settings(max_examples=40, deadline=None)
@given(steps)
def test_a_column_is_an_array(todo):
    with tempfile.TemporaryDirectory() as folder:
        tested, model = column(Path(folder)), np.full((12, 2), np.nan)
        for action, place, value in todo:
            if action == "write":
                tested.write(place, (value, -value))
                model[place] = (value, -value)
            else:
                tested.clear(place)
                model[place:] = np.nan
        assert np.array_equal(tested.read_range(0, 12), model, equal_nan=True)
        tested.trim(6)
        assert sorted(p.name for p in Path(folder).iterdir()) == ["c.0.0", "c.1.0"]
        tested.extend(12)
        model[6:] = np.nan
        assert np.array_equal(tested.read_range(0, 12), model, equal_nan=True)


def test_extending_leaves_what_is_there(tmp_path):
    tested = column(tmp_path, "int64", ())
    tested.write(3, 7)
    tested.extend(20)
    assert tested.read_range(0, 20).tolist() == [0, 0, 0, 7] + [0] * 16
    assert not list(tmp_path.glob("*.partial"))


def test_a_shortened_file_is_noticed(tmp_path):
    tested = column(tmp_path)
    (tmp_path / "c.1.0").write_bytes(b"short")
    with pytest.raises(OSError, match="shorter"):
        tested.read(5)


@given(st.integers(1, 5000))
def test_tiles_cover_the_image_and_hardly_more(pixels):
    tile = tile_length(pixels)
    pieces = -(-pixels // tile)
    assert tile * pieces - pixels < pieces
    assert pixels < 400 or 170 <= tile <= 384


def test_products_keep_their_order():
    assert check_keep(["trust", "raw", "height"]) == ("height", "trust")
    assert check_keep([]) == ()
