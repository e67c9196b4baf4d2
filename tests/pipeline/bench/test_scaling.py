"""The benchmark's own measuring: what is recorded for it, and what it notes while a run is made again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eclips4d import storage
from eclips4d.pipeline.bench.document import write_tables
from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.bench.scaling.reprocess.part import left_to_workers
from eclips4d.pipeline.bench.scaling.trial import DIFFERENT, Watched, recorded_run


def test_frames_come_again_with_numbers_and_times_of_their_own(tmp_path: Path) -> None:
    run = recorded_run(tmp_path / "run.zarr", DIFFERENT + 2, 32)
    with storage.open(run, recorded=True) as data:
        assert data["frame_id"].values.tolist() == list(range(DIFFERENT + 2))
        assert (np.diff(data["time"].values) > 0).all()
        np.testing.assert_array_equal(data["raw"].values[0], data["raw"].values[DIFFERENT])
        assert not np.array_equal(data["raw"].values[0], data["raw"].values[1])


def test_a_rate_leaves_the_beginning_out() -> None:
    watched = Watched(done=[(1, 10.0), (4, 20.0), (10, 23.0)])
    assert watched.rate(4) == pytest.approx(2.0)


def test_memory_is_seen_by_tenths(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched()
    for done in range(101):
        watched.see(done, 100)
        watched.see(done, 100)
    assert len(watched.client_mb) == len(watched.worker_mb) == 11 and watched.client_mb[0] > 1.0
    assert [done for done, _ in watched.done] == list(range(1, 101))


def test_processor_times_leave_the_beginning_out() -> None:
    watched = Watched(cpu_s=[(1, 30.0, 5.0), (4, 31.0, 9.0), (10, 31.6, 12.0)])
    assert watched.processor_s(4) == pytest.approx((0.1, 0.5))


def test_what_is_left_to_workers() -> None:
    assert left_to_workers(0.1, 0.3, 2) == pytest.approx(0.75), "two processors do 0.4 s of work a frame"
    assert left_to_workers(0.1, 0.3, 3) == 1.0, "the command has one of its own"
    assert left_to_workers(0.3, 0.1, 2) == pytest.approx(0.25)


def test_the_page_has_a_place_for_each_table(repository: Path, tmp_path: Path) -> None:
    page = tmp_path / "scaling.md"
    page.write_text((repository / "docs" / "scaling.md").read_text(encoding="utf-8"), encoding="utf-8")
    for title in ("Workers that make a run again, `live`, 4 × 512²", "Many frames"):
        write_tables(page, [Row(title, f"a row of {title}", 1.0)])
        assert f"a row of {title}" in page.read_text(encoding="utf-8")
