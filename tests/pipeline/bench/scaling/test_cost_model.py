"""The cost model, held against sums done by hand, and against files and messages whose sizes are known otherwise."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.core.results import Drift, Registered
from eclips4d.pipeline.bench.document import write_tables
from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.bench.scaling.costs.frames import raw_message_bytes, surface_message_bytes
from eclips4d.pipeline.bench.scaling.costs.model import (
    Campaign,
    CostModel,
    FrameCosts,
    Host,
    Line,
    fit,
    fitted,
    needs,
)
from eclips4d.pipeline.bench.scaling.costs.part import AGAINST, FRAMES, STORED, TOTAL, campaign_rows
from eclips4d.pipeline.bench.scaling.costs.stores import endless, store_costs
from eclips4d.storage.layout import column_specs
from eclips4d.storage.measure import synthetic_frame, synthetic_source

MEGAPIXEL = 1e6
PER_MEGAPIXEL = FrameCosts(
    invert_s=0.8,
    follow_s=0.2,
    raw_bytes=6e6,
    product_bytes=4e6,
    raw_wire=8e6,
    surface_wire=25e6,
    memory_bytes=2e9,
)
MODEL = CostModel({f.name: Line(0.0, getattr(PER_MEGAPIXEL, f.name) / MEGAPIXEL) for f in fields(FrameCosts)})


@given(
    st.floats(0.0, 10.0),
    st.floats(0.001, 10.0),
    st.lists(st.floats(0.1, 100.0), min_size=2, max_size=5, unique=True).filter(lambda x: max(x) > 1.1 * min(x)),
)
def test_a_line_is_found_again(fixed: float, slope: float, places: list[float]) -> None:
    found = fitted(places, [fixed + slope * x for x in places])
    for x in (*places, 1000.0):
        assert found.at(x) == pytest.approx(fixed + slope * x, rel=1e-6)


def test_no_part_of_a_line_is_negative() -> None:
    assert fitted([1.0, 2.0], [1.0, 3.0]).fixed == 0.0
    falling = fitted([1.0, 2.0], [3.0, 1.0])
    assert falling.slope == 0.0 and 1.0 < falling.fixed < 3.0
    with pytest.raises(ValueError, match="at two places"):
        fitted([1.0, 1.0], [1.0, 2.0])


def test_small_frames_count_as_much_as_large_ones() -> None:
    """Relative distances: with absolute ones the largest frame alone would decide."""
    line = fitted([1.0, 4.0, 16.0, 64.0], [2.0, 5.0, 17.0, 80.0])
    assert abs(line.at(1.0) / 2.0 - 1.0) < 0.15


def test_a_fit_gives_measured_frames_back() -> None:
    measured = {side**2: MODEL.frame(side**2) for side in (256, 512, 1024)}
    again = fit(measured, overhead=1.2, column_bytes=165.0).frame(4096**2)
    for field in fields(FrameCosts):
        assert getattr(again, field.name) == pytest.approx(getattr(MODEL.frame(4096**2), field.name))


def test_needs_are_those_worked_out_by_hand() -> None:
    """100 instruments, 1000² at 2/s: 200 frames/s of 1 s, 10 MB stored, 3 · 8 + 2 · 25 MB sent."""
    found = needs(MODEL, Campaign(frames=172_800, side=1000, rate_fps=2.0, instruments=100))
    assert found.days == pytest.approx(1.0)
    assert found.cores == pytest.approx(200.0)
    assert found.processor_hours == pytest.approx(200.0 * 24)
    assert found.disk_mb_s == pytest.approx(2000.0)
    assert found.disk_tb == pytest.approx(172.8)
    assert found.incoming_mb_s == pytest.approx(200 * 8)
    assert found.between_mb_s == pytest.approx(200 * 74)
    assert found.memory_gb == pytest.approx(400.0)
    host = Host(cores=100, memory_gb=1000, network_mb_s=160, disk_mb_s=1000)
    assert found.hosts(host) == pytest.approx({"processors": 2.0, "memory": 0.4, "network": 10.0, "disk": 2.0})


def test_frames_and_instruments_add_up_and_segments_scale_what_is_raw() -> None:
    one = needs(MODEL, Campaign(frames=1000, side=1000, rate_fps=1.0))
    longer = needs(MODEL, Campaign(frames=10_000, side=1000, rate_fps=1.0))
    assert longer.disk_tb == pytest.approx(10 * one.disk_tb) and longer.cores == one.cores
    several = needs(MODEL, Campaign(frames=1000, side=1000, rate_fps=1.0, instruments=7))
    assert several.between_mb_s == pytest.approx(7 * one.between_mb_s)
    assert MODEL.frame(MEGAPIXEL, 8).raw_bytes == 2 * MODEL.frame(MEGAPIXEL, 4).raw_bytes
    assert MODEL.frame(MEGAPIXEL, 8).product_bytes == MODEL.frame(MEGAPIXEL, 4).product_bytes


def test_messages_are_their_pixels_and_little_more() -> None:
    frame, registered = synthetic_frame(synthetic_source(64, 1), 0)
    assert 0 <= raw_message_bytes(frame) - frame.data.nbytes < 1000
    planes = Registered(registered.surface, Drift((0.0, 0.0)))
    assert 0 <= surface_message_bytes(planes) - 25 * 64**2 < 1000


def test_a_store_of_names_is_looked_at_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    costs = store_costs(20)
    columns = column_specs(endless(), (), {}, 4096).values()
    per_frame = sum(int(np.prod(spec.row)) * np.dtype(spec.dtype).itemsize for spec in columns)
    assert costs.column_bytes == per_frame and costs.files == len(columns)
    assert costs.commit_ms > 0 and 1e3 < costs.metadata_bytes < 1e5
    assert not list(tmp_path.iterdir())


def test_every_campaign_names_what_it_runs_out_of_first() -> None:
    said = [row.what for row in campaign_rows(MODEL) if "hosts (" in row.what]
    assert len(said) == 3 and all(line.endswith(("processors", "memory", "network", "disk")) for line in said)


def test_the_page_has_a_place_for_each_table(repository: Path, tmp_path: Path) -> None:
    page = tmp_path / "scaling.md"
    page.write_text((repository / "docs" / "scaling.md").read_text(encoding="utf-8"), encoding="utf-8")
    for title in (FRAMES, STORED, AGAINST, TOTAL):
        write_tables(page, [Row(title, f"a row of {title}", 1.0)])
        assert f"a row of {title}" in page.read_text(encoding="utf-8")
