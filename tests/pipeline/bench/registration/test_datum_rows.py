"""The datum of a store is judged by the plane that its heights really lie off the reference frame's."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from eclips4d.pipeline.bench.registration.recordings.datum import datum_rows


def store(planes: np.ndarray, stated: np.ndarray, truth: np.ndarray) -> xr.Dataset:
    y, x = np.meshgrid(np.linspace(-1, 1, 30), np.linspace(-1, 1, 40), indexing="ij")
    height = truth + planes[:, :1, None] + planes[:, 1:2, None] * x + planes[:, 2:, None] * y
    height[:, :3] = np.nan
    sd = np.full((len(stated), 3), 0.1)
    terms = np.column_stack([stated, np.zeros((len(stated), 2))])
    return xr.Dataset(
        {
            "height": (("time", "y", "x"), height),
            "datum": (("time", "term"), terms),
            "datum_sd": (("time", "term"), sd),
        }
    )


def test_the_error_is_that_of_the_offset_between_planes() -> None:
    truth = np.random.default_rng(0).normal(size=(4, 30, 40))
    truth[3] += 5.0
    planes = np.array([[1.0, 0.3, 0.1], [2.0, -0.4, 0.2], [-1.0, 0.0, 0.7], [0.5, 0.2, 0.0]])
    stated = planes[:, 0] - planes[0, 0] + [0.0, 0.3, -0.3, np.nan]
    (row,) = datum_rows("made", store(planes, stated, truth), truth)
    assert row.value == pytest.approx(0.3, abs=1e-6)
    assert "observable in 2 of 3 frames, over the stated sd 3.00, grown by 5" in row.what


def test_what_is_never_observable_has_no_error() -> None:
    truth = np.zeros((3, 30, 40))
    (row,) = datum_rows("made", store(np.zeros((3, 3)), np.full(3, np.nan), truth), truth)
    assert np.isnan(row.value)
    assert "observable in 0 of 2" in row.what
