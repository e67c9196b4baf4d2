"""A live run one of whose frames claims an impossible time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eclips4d.core.results import Status
from eclips4d.pipeline.bench.reliability.chain import completed
from eclips4d.storage.reader import open as open_store

FRAMES, WRONG = 10, 5
ADDRESS = f"sim://copper-redox?size=96&fps=2&frames={FRAMES}&seed=5"
ABSURD_S = ("1e300", "-1e300", "-1000")
"""Seconds beyond the truth."""


def with_absurd_time(late_by_s: str, folder: Path) -> tuple[int, int, float]:
    """Run it.

    Returns
    -------
    int
        Exit code.
    int
        Frames without results.
    float
        Largest difference that the other frames' drift has to that of the same frames with right times, over the
        standard deviation that both state.
    """
    right, wrong = folder / "right.zarr", folder / "wrong.zarr"
    completed(ADDRESS, right, "--lag", "keep")
    code = completed(f"{ADDRESS}&faults=clock:{late_by_s}@{WRONG}", wrong, "--lag", "keep")
    with open_store(right) as a, open_store(wrong) as b:
        others = np.arange(FRAMES) != WRONG
        sd = np.hypot(a["drift_sd"].values, b["drift_sd"].values)
        apart = (np.abs(a["drift"].values - b["drift"].values) / np.maximum(sd, 1e-6))[others].max()
        return code, int((~(b["status"].values & Status.DONE).astype(bool)).sum()), float(apart)
