"""A store replayed gives the recording that went into it, gaps included."""

from __future__ import annotations

from pathlib import Path

import pytest

from eclips4d.acquisition import FrameAccountant, Gap, open_source
from eclips4d.acquisition.fakes import FakeSource, FaultPlan
from eclips4d.core.errors import InputError
from eclips4d.storage.writer import StoreWriter


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Eight frames from a source that lost two of them; none is inferred."""
    path = tmp_path / "run.zarr"
    fake = FakeSource(8, plan=FaultPlan(lost=frozenset({2, 5})), first_frame_id=40)
    accountant = FrameAccountant()
    with StoreWriter.create(path, fake.info, "r") as writer:
        items = [item for frame in fake.frames() for item in accountant.take(frame)]
        for item in [*items, *accountant.finish(8)]:
            if isinstance(item, Gap):
                writer.write_gap(item.sequence, item.frame_id, item.start_s)
            else:
                writer.write_frame(item).result()
        writer.commit(committed=0, recorded=8)
    return path


def test_frames_numbers_times_and_side_values(store: Path) -> None:
    fake = FakeSource(8)
    with open_source(str(store)) as source:
        assert source.info.kind == "store" and source.info.frames == 8
        frames = list(source.frames())
    assert [f.header.sequence for f in frames] == [0, 1, 3, 4, 6, 7]
    for frame in frames:
        wanted = fake.frame(frame.header.sequence)
        assert frame.data.tobytes() == wanted.data.tobytes()
        assert frame.header.frame_id == 40 + frame.header.sequence
        assert frame.header.start_s == pytest.approx(wanted.header.start_s)
        assert frame.header.side == wanted.header.side
        assert frame.header.line_time_s == wanted.header.line_time_s


def test_gaps_are_found_again(store: Path) -> None:
    accountant = FrameAccountant()
    with open_source(str(store)) as source:
        out = [item for frame in source.frames() for item in accountant.take(frame)]
    out += accountant.finish(8)
    assert [isinstance(item, Gap) for item in out] == [k in (2, 5) for k in range(8)]


def test_a_store_without_frames_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.zarr"
    with StoreWriter.create(path, FakeSource(3).info, "r"):
        pass
    with pytest.raises(InputError, match="no raw frames"):
        open_source(str(path))
