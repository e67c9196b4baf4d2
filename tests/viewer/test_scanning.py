"""The frame that is being scanned, in the window: over the newest height until it is whole, and never measured."""

from __future__ import annotations

import numpy as np
import pytest
from growing_store import COLUMNS, ROWS, GrowingStore, height_of
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.core.results import Drift
from eclips4d.core.strip_messages import StripMade
from eclips4d.storage.scanning import scanning_path, write_scanning
from eclips4d.viewer.colours import UNSEEN, height_colours
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.height import HeightPanel
from eclips4d.viewer.picture import Picture
from eclips4d.viewer.remote.parcel import packed, unpacked
from eclips4d.viewer.remote.pieces import Pieces
from eclips4d.viewer.scanning import BEAM, composed
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.theme import DARK


class Watched:
    """A store, a model on it, and a clock."""

    def __init__(self, store: GrowingStore) -> None:
        self.store, self.frames, self.now = store, StoreFrames(store.path), 1000.0
        self.model = Model(clock=lambda: self.now)

    def scan(self, sequence: int, rows: int, offset: float = 0.0, at_s: float = 999.0) -> None:
        height = height_of(sequence)[:rows] + np.float32(offset)
        made = StripMade(sequence=sequence, rows=rows, stamps={"acquired": int(at_s * 1e9)})
        assert write_scanning(self.store.path, made, height)

    def look(self) -> Model:
        self.model.accept(self.frames.look(self.model.wanted))
        return self.model


@pytest.fixture
def watched(store: GrowingStore) -> Watched:
    return Watched(store)


def test_rows_so_far_stand_over_the_newest_height_in_its_colours(watched: Watched) -> None:
    watched.store.grow(2)
    watched.look()
    watched.scan(2, 10, offset=70.0)
    model = watched.look()
    scan = model.scan
    assert scan is not None
    assert (scan.sequence, scan.rows, scan.frame_rows) == (2, 10, ROWS)
    assert model.scan_late_s == pytest.approx(1.0)
    assert scan.words == "preview of frame 2: 10 of 30 rows"
    levels = model.picture.scales.height
    assert levels is not None
    # Put onto the newest height: mean and tilt are nothing that a part of a scan tells.
    before = height_colours(height_of(1), levels)
    off = np.abs(scan.painted[:10].astype(int) - before[:10])
    assert np.median(off) <= 2
    assert tuple(scan.painted[10, 5]) == BEAM
    assert (scan.painted[11:] < before[11:] + 1).all() and scan.painted[11:].mean() < 0.6 * before[11:].mean()


def test_numbers_are_still_those_of_the_newest_whole_frame(watched: Watched) -> None:
    watched.store.grow(2)
    before = watched.look().profile()
    watched.scan(2, 15, offset=500.0)
    model = watched.look()
    assert model.scan is not None
    after = model.profile()
    assert before is not None and after is not None
    np.testing.assert_array_equal(before[0].height_nm, after[0].height_nm)
    assert model.picture.surface is not None and model.picture.surface.sequence == 1


def test_the_whole_frame_takes_its_place(watched: Watched) -> None:
    watched.store.grow(2)
    watched.scan(2, 20)
    assert watched.look().scan is not None
    watched.store.grow()
    assert watched.look().scan is None
    watched.scan(1, 20)
    assert watched.look().scan is None, "an old one"


def test_nothing_new_is_the_same_picture_and_new_rows_are_another(watched: Watched) -> None:
    watched.store.grow()
    watched.look()
    watched.scan(1, 5)
    assert watched.model.accept(watched.frames.look(watched.model.wanted))
    watched.look()
    assert not watched.model.accept(watched.frames.look(watched.model.wanted))
    watched.scan(1, 12)
    assert watched.model.accept(watched.frames.look(watched.model.wanted))
    assert watched.model.scan is not None and watched.model.scan.rows == 12


def test_who_looks_at_a_chosen_frame_or_at_its_change_sees_that(watched: Watched) -> None:
    watched.store.grow(2)
    watched.scan(2, 5)
    watched.look()
    watched.model.select(0)
    assert watched.look().scan is None
    watched.model.set_follow(True)
    assert watched.look().scan is not None
    watched.model.change_wanted = True
    assert watched.look().scan is None


def test_before_there_is_a_height_the_preview_has_its_own_colours(watched: Watched) -> None:
    watched.store.record()
    watched.scan(1, 12)
    scan = watched.look().scan
    assert scan is not None
    assert scan.levels[0] < scan.levels[1]
    assert (scan.painted[14:] == (np.array(UNSEEN) * 0.45).astype(np.uint8)).all()


def test_it_is_moved_to_where_the_drift_will_have_taken_it(watched: Watched) -> None:
    watched.store.grow(1)
    watched.store.grow(1, drift=Drift((3.0, -2.0), (1.0, 0.0), (0.1, 0.1)))
    watched.look()
    watched.scan(2, 12)
    scan = watched.look().scan
    assert scan is not None
    assert tuple(scan.painted[12 - 4, 20]) == BEAM, "the content lies four rows further down than on the grid"


@pytest.mark.parametrize("damage", [b"", b"x" * 7, b"E4D" * 100])
def test_a_damaged_preview_is_none(watched: Watched, damage: bytes) -> None:
    watched.store.grow()
    scanning_path(watched.store.path).write_bytes(damage)
    model = watched.look()
    assert model.scan is None and not model.picture.trouble
    watched.scan(1, 6)
    assert watched.look().scan is not None


def test_a_preview_of_another_width_is_none(watched: Watched) -> None:
    watched.store.grow()
    made = StripMade(sequence=1, rows=4, stamps={"acquired": 1})
    assert write_scanning(watched.store.path, made, np.zeros((4, COLUMNS + 1), np.float32))
    assert watched.look().scan is None


def known_differences(shape: tuple[int, int], rows: int, shift: tuple[int, int]) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (y + shift[0] >= 0) & (y + shift[0] < rows) & (x + shift[1] >= 0) & (x + shift[1] < shape[1])


def test_what_grew_meanwhile_is_not_levelled_away() -> None:
    older = np.zeros((20, 24), np.float32)
    seen = older[:10] + 0.3 * np.arange(24, dtype=np.float32)
    seen[3:7, 5:9] += 40.0
    found, _ = composed(seen, older, (20, 24), (0, 0))
    np.testing.assert_allclose(found[3:7, 5:9], 40.0, atol=0.01)
    np.testing.assert_allclose(found[8:], 0.0, atol=0.01)


@given(
    rows=st.integers(3, 20),
    shift=st.tuples(st.integers(-30, 30), st.integers(-30, 30)),
    known=st.booleans(),
)
def test_any_rows_lie_where_they_belong_or_nowhere(rows: int, shift: tuple[int, int], known: bool) -> None:
    shape = (20, 24)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    older = 1000.0 + 10.0 * y + x if known else None
    # The same surface but for a plane, seen where it has moved to.
    tilt = 0.5 * x[:rows] - 0.25 * y[:rows] if known else 0.0
    seen = 10.0 * (y[:rows] - shift[0]) + (x[:rows] - shift[1]) + tilt
    found, beam = composed(seen.astype(np.float32), older, shape, shift)
    assert 0 <= beam <= shape[0]
    for row in range(shape[0]):
        for column in range(shape[1]):
            inside = 0 <= row + shift[0] < rows and 0 <= column + shift[1] < shape[1]
            if known and np.count_nonzero(known_differences(shape, rows, shift)) >= 8:
                assert found[row, column] == pytest.approx(1000.0 + 10.0 * row + column, abs=1e-2)
            elif known:
                assert np.isfinite(found[row, column])
            elif inside:
                assert found[row, column] == pytest.approx(10.0 * row + column)
            else:
                assert np.isnan(found[row, column])


def test_it_travels_to_windows_elsewhere(watched: Watched) -> None:
    watched.store.grow(2)
    watched.scan(2, 10)
    picture = watched.frames.look(watched.model.wanted)
    sent = packed(picture)
    came = unpacked(Picture, sent.root, sent.parts, Pieces())
    assert came.scan is not None and picture.scan is not None
    assert (came.scan.words, came.scan.acquired_s) == (picture.scan.words, picture.scan.acquired_s)
    np.testing.assert_array_equal(came.scan.painted, picture.scan.painted)


def test_the_height_panel_shows_it_and_says_so(watched: Watched, qtbot) -> None:
    panel = HeightPanel(DARK, lambda line: None)
    qtbot.addWidget(panel.widget)
    watched.store.grow(2)
    panel.draw(watched.look())
    assert "preview" not in panel.widget._info.text()
    watched.scan(2, 10)
    model = watched.look()
    panel.draw(model)
    assert model.scan is not None
    assert panel.map._shown is model.scan.painted
    assert panel.widget._info.text().startswith("preview of frame 2: 10 of 30 rows   1.0 s late")
    watched.store.grow()
    panel.draw(watched.look())
    assert panel.map._shown is model.picture.painted.height
    assert "frame 2" in panel.widget._info.text()
