"""The page has a place for every table."""

from __future__ import annotations

import pytest

from eclips4d.pipeline.bench.registration.jitter import part as jitter
from eclips4d.pipeline.bench.registration.long import part as long_part
from eclips4d.pipeline.bench.registration.moving import part as moving
from eclips4d.pipeline.bench.registration.recordings import heights
from eclips4d.pipeline.bench.registration.recordings import part as recordings
from eclips4d.pipeline.bench.registration.resampling import part as resampling
from eclips4d.pipeline.bench.registration.speed import part as speed
from eclips4d.pipeline.bench.registration.stacking import part as stacking
from eclips4d.pipeline.bench.registration.static import part as static
from eclips4d.pipeline.bench.registration.staying import part as staying
from eclips4d.pipeline.bench.registration.trust import part as trust

TITLES = (
    *(static.OVER_BOUND, static.BIAS, static.EDGES),
    *(recordings.ERRORS, recordings.RATES, recordings.COVERED, heights.CHAIN, heights.METRIC),
    *(moving.RISERS, moving.RISERS_PX, moving.BUMPS, moving.BUMPS_PX),
    *(long_part.LONG, long_part.EVENTS, speed.TIMES, speed.RATIO),
    *(jitter.ROWS, jitter.HEIGHTS, jitter.REFERENCE),
    *(resampling.CONTRAST, resampling.EDGES, resampling.TIMES),
    *(stacking.GAIN, stacking.BLUR, trust.TRUST, staying.STAYING),
)


@pytest.mark.parametrize("title", TITLES)
def test_table_has_a_place(repository, title) -> None:
    page = (repository / "docs" / "registration.md").read_text(encoding="utf-8")
    assert page.count(f"<!-- table: {title} -->\n") == 1
