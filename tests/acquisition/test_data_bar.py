"""The strip below an image is found where there is one, and nothing else is taken for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from eclips4d.acquisition.data_bar import rows_above_bar


def with_bar(rows: int, bar: int, seed: int = 0, grey: int = 8) -> np.ndarray:
    """Noise, and below it one grey with writing on a third of it and a rule on top."""
    random = np.random.default_rng(seed)
    planes = random.integers(20, 240, (4, rows + bar, 200), dtype=np.uint8)
    planes[:, rows:] = grey
    planes[:, rows] = 250
    planes[:, rows + 3 : rows + bar - 2, 20:90] = random.integers(0, 2, (bar - 5, 70), dtype=np.uint8) * 255
    return planes


@pytest.mark.parametrize("bar", [10, 16, 40])
def test_bar_is_found(bar: int) -> None:
    assert rows_above_bar(with_bar(200, bar)) == 200


def test_no_bar() -> None:
    assert rows_above_bar(with_bar(200, 16)[:, :200]) is None


def test_a_bar_in_one_segment_only_is_none() -> None:
    planes = with_bar(200, 16)
    planes[2, 200:] = np.random.default_rng(5).integers(20, 240, (16, 200))
    assert rows_above_bar(planes) is None


@pytest.mark.parametrize("bar", [4, 120])
def test_strips_of_other_heights_are_none(bar: int) -> None:
    planes = with_bar(200, max(bar, 8))
    assert rows_above_bar(planes[:, : 200 + bar]) is None


def test_a_quiet_image_is_no_bar() -> None:
    """Flat, with few grey levels, down to the last row: most of it has one grey, and there is no edge."""
    planes = np.random.default_rng(1).choice([100, 101], p=[0.7, 0.3], size=(4, 200, 200)).astype(np.uint8)
    assert rows_above_bar(planes) is None


@pytest.mark.parametrize("name", ["vickers", "facets"])
def test_real_bars(shared_data: Path, name: str) -> None:
    planes = np.stack([tifffile.imread(shared_data / "real" / name / f"{segment}.tif") for segment in "ABC"])
    assert rows_above_bar(planes) == 1024
    assert rows_above_bar(planes[:, :1024]) is None


@pytest.mark.parametrize("name", ["granular_afm", "frusta", "spiral", "stepflow"])
def test_recordings_have_none(shared_data: Path, name: str) -> None:
    frame = tifffile.imread(shared_data / "recordings" / f"{name}.ome.tif", key=range(4))
    assert rows_above_bar(frame) is None
