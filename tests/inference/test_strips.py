"""Previews from the rows so far: what they differ from the whole frame by, and that they leave it alone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_frames import clean_frame, make_calibration, make_instrument
from made_networks import silent_network, small_unet, write_network

from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray
from eclips4d.inference.analytic import analytic_model
from eclips4d.inference.models import Model, load_model
from eclips4d.inference.strips import NETWORK_REACH, StripPreview

ROWS, COLUMNS = 96, 40
INSTRUMENT = make_instrument()
CALIBRATION = make_calibration(INSTRUMENT)


def raw_of(rows: int, columns: int = COLUMNS, seed: int = 0) -> RawArray:
    y, x = np.mgrid[:rows, :columns] / 7.0
    slope = np.stack([0.2 * np.sin(x + 0.3 * y), 0.15 * np.cos(y)]).astype(np.float32)
    mean = clean_frame(INSTRUMENT, slope)
    raw: RawArray = np.random.default_rng(seed).poisson(mean).astype(np.uint16)
    return raw


RAW = raw_of(ROWS)
ANALYTIC = analytic_model(INSTRUMENT)


def levelled(height: np.ndarray) -> np.ndarray:
    """Without its plane, which an integral over part of the rows has of its own."""
    y, x = np.mgrid[: height.shape[0], : height.shape[1]]
    design = np.stack([np.ones(height.size), x.ravel(), y.ravel()], axis=1)
    found = height.astype(np.float64).ravel()
    return (found - design @ np.linalg.lstsq(design, found, rcond=None)[0]).reshape(height.shape)


def previews(model: Model, raw: RawArray, ends: list[int], strip_rows: int = 32) -> list[np.ndarray]:
    preview = StripPreview(model, strip_rows)
    return [preview("frame", raw[:, :end], raw.shape[1], CALIBRATION) for end in ends]


@given(ends=st.sets(st.integers(1, ROWS - 1), max_size=12))
@settings(max_examples=40)
def test_any_partition_of_the_rows_gives_the_same_heights(ends: set[int]) -> None:
    *_, last = previews(ANALYTIC, RAW, [*sorted(ends), ROWS])
    np.testing.assert_allclose(last, ANALYTIC(RAW, CALIBRATION).height, atol=2e-3)


def test_heights_of_rows_so_far_are_those_of_the_whole_frame_but_for_their_plane() -> None:
    whole = ANALYTIC(RAW, CALIBRATION).height
    size = np.ptp(levelled(whole))
    for end, height in zip((24, 48, 72), previews(ANALYTIC, RAW, [24, 48, 72]), strict=True):
        assert height.shape == (end, COLUMNS)
        off = levelled(height) - levelled(whole[:end])
        # What noise there is beyond the open edge changes the long waves a little.
        assert np.sqrt(np.mean(off**2)) < 0.02 * size


@dataclass(frozen=True)
class Case:
    model: Model
    raw: RawArray


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A small network with random weights that corrects a little, on a frame of some windows."""
    path = write_network(tmp_path_factory.mktemp("weights"), small_unet(scale=0.02))
    return Case(load_model(str(path), INSTRUMENT, "openvino"), raw_of(320))


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A network that corrects nothing."""
    path = write_network(tmp_path_factory.mktemp("quiet"), silent_network())
    return Case(load_model(str(path), INSTRUMENT, "openvino"), raw_of(320))


def slopes_by_strips(case: Case, ends: list[int]) -> np.ndarray:
    preview = StripPreview(case.model, 32)
    for end in ends:
        preview("frame", case.raw[:, :end], case.raw.shape[1], CALIBRATION)
    return preview._slope


def test_networks_read_strips_as_they_read_the_frame(networks: Case) -> None:
    whole = networks.model.read(networks.raw, CALIBRATION)  # type: ignore[attr-defined]
    found = slopes_by_strips(networks, list(range(32, 321, 32)))
    typical = float(np.median(whole.slope_sd))
    closed = ANALYTIC(networks.raw, CALIBRATION).slope
    assert np.sqrt(np.mean((whole.slope - closed) ** 2)) > 0.1 * typical, "the network does something"
    assert np.sqrt(np.mean((found - whole.slope) ** 2)) < 0.05 * typical, "16-bit arithmetic rounds differently"


@pytest.mark.parametrize("ends", [[320], [31, 319, 320], [100, 320], [*list(range(5, 316, 5)), 320]])
def test_no_row_is_left_out_however_many_come_at_once(quiet: Case, ends: list[int]) -> None:
    whole = quiet.model.read(quiet.raw, CALIBRATION)  # type: ignore[attr-defined]
    np.testing.assert_allclose(slopes_by_strips(quiet, ends), whole.slope, atol=2e-3)


def test_the_frame_is_the_same_bits_whether_or_not_its_rows_were_looked_at(networks: Case) -> None:
    before = networks.model(networks.raw, CALIBRATION)
    previews(networks.model, networks.raw, [32, 200, 300])
    after = networks.model(networks.raw, CALIBRATION)
    for name, plane in before.planes().items():
        np.testing.assert_array_equal(plane, after.planes()[name], err_msg=name)


def test_another_frame_or_calibration_begins_anew() -> None:
    preview, other = StripPreview(ANALYTIC), raw_of(ROWS, seed=9)
    preview("one", RAW[:, :50], ROWS, CALIBRATION)
    found = preview("two", other[:, :60], ROWS, CALIBRATION)
    np.testing.assert_array_equal(found, StripPreview(ANALYTIC)("two", other[:, :60], ROWS, CALIBRATION))


def test_a_model_of_another_kind_has_no_previews() -> None:
    with pytest.raises(InputError, match="no previews"):
        StripPreview(object())  # type: ignore[arg-type]


def test_windows_of_networks_are_of_one_height_and_leave_no_row_out(networks: Case) -> None:
    reader = StripPreview(networks.model, 64)._readers[0]
    assert reader.height is not None
    for ends in ([64 * k for k in range(1, 9)], [512], [200, 210, 512]):
        known, kept = 0, []
        for end in ends:
            for first, stop, keep in reader.windows(known, end):
                assert stop - first == reader.height and first >= 0 and stop <= end
                assert keep <= known, "no row is left out"
                assert keep == 0 or keep - first >= NETWORK_REACH // 2, "far from the window's edge"
                known = stop
                kept.append(keep)
        assert known == 512
        assert all(a <= b for a, b in pairwise(kept))
