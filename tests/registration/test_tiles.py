"""Tiles of large frames: where they lie, and that a shift is read from them wherever the content has gone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from shifted_frames import calibration, header

from eclips4d.registration.channels import form_channels, segment_means
from eclips4d.registration.look import Eye, Look, open_eye
from eclips4d.registration.registrar import Registrar, frames_needed
from eclips4d.registration.relation import shift_between_steps, trusted
from eclips4d.registration.robust import BLOCK_PX
from eclips4d.registration.tiles import FEW, MARGIN_PX, STEP_PX, TILE_PX, WHOLE_PX, Tile, tiles_of

SIDE = 512


@given(st.integers(1, 3000), st.integers(1, 3000))
def test_tiles_lie_in_the_frame_and_apart(rows: int, columns: int) -> None:
    tiles = tiles_of((rows, columns))
    if rows * columns <= WHOLE_PX:
        assert tiles == (Tile((0, 0), (rows, columns), 0),)
        return
    seen = np.zeros((rows, columns), np.uint8)
    for tile in tiles:
        assert all(
            f % BLOCK_PX == 0 and f + s <= n for f, s, n in zip(tile.first, tile.shape, (rows, columns), strict=True)
        )
        seen[tile.first[0] : tile.first[0] + tile.shape[0], tile.first[1] : tile.first[1] + tile.shape[1]] += 1
    assert seen.max() == 1


def test_the_first_tiles_reach_both_ends_of_the_scan_and_all_columns() -> None:
    few = tiles_of((1024, 1024))[:FEW]
    rows, columns = (sorted(tile.first[k] for tile in few) for k in range(2))
    assert rows[0] == columns[0] == 0
    assert rows[-1] == columns[-1] > 1024 - TILE_PX - BLOCK_PX
    assert len(set(rows)) == len(set(columns)) == FEW
    assert abs(np.corrcoef([tile.first for tile in few], rowvar=False)[0, 1]) < 0.5


@given(st.integers(-300, 300), st.integers(-300, 300))
def test_what_is_read_shows_a_place_nearby_with_its_surroundings(down: int, right: int) -> None:
    tile = Tile((160, 208), (TILE_PX, TILE_PX))
    place = tile.read_at((down, right))
    assert max(abs(place[0] - down), abs(place[1] - right)) <= STEP_PX // 2
    for k, part in enumerate(tile.around(place, (SIDE, SIDE))):
        wanted = set(range(tile.first[k] + place[k] - MARGIN_PX, tile.first[k] + place[k] + TILE_PX + MARGIN_PX))
        assert set(range(SIDE)[part]) == wanted & set(range(SIDE))


def flowing(drift: tuple[int, int], advance: float, seed: int, side: int = 704) -> np.ndarray:
    """Roughness that stays, strong vertical steps that move, drift of both."""
    wide = side + 160
    rough = gaussian_filter(np.random.default_rng(0).normal(size=(wide, wide)), 1.2)
    gy, gx = np.gradient(rough)
    x = (np.arange(wide) - advance) % 60 - 30
    gx = 0.08 * gx / gx.std() + 0.5 * np.exp(-0.5 * (x / 2.5) ** 2)
    gy = 0.08 * gy / gy.std()
    azimuth = np.pi / 2 * (np.arange(4) + 0.5)
    scene = 3000 * (1 - 0.5 * (np.cos(azimuth)[:, None, None] * gx - np.sin(azimuth)[:, None, None] * gy))
    cut = scene[:, 80 - drift[0] : 80 - drift[0] + side, 80 - drift[1] : 80 - drift[1] + side]
    return np.random.default_rng(seed).poisson(cut).astype(np.uint16)


def looks(*frames: np.ndarray) -> tuple[Eye, list[Look]]:
    eye = open_eye(frames[0].shape, segment_means(frames[0]), calibration())
    return eye, [eye.look(frame) for frame in frames]


@pytest.mark.parametrize(
    ("drift", "expected", "sd"),
    [((1, -2), (0, 0), 2.0), ((40, -71), (40, -71), 0.1), ((-33, 25), (-31, 22), 2.0), ((30, -40), (0, 0), 3.0)],
)
def test_a_shift_is_read_from_tiles(drift: tuple[int, int], expected: tuple[int, int], sd: float) -> None:
    eye, (first, second) = looks(flowing((0, 0), 0.0, 1), flowing(drift, 1.5, 2))
    first.settle()
    found = shift_between_steps(eye, first, second, np.tile(expected, 2).astype(float), np.eye(4) * sd**2, rates=False)
    assert trusted(found, np.tile(drift, 2).astype(float), np.eye(4))
    assert found.ends == pytest.approx(np.tile(drift, 2), abs=0.05)
    assert found.blocks <= len(eye.few) * (TILE_PX // BLOCK_PX) ** 2


def faint(drift: tuple[int, int], advance: float, seed: int) -> np.ndarray:
    bright = flowing(drift, advance, seed).astype(np.float64)
    return np.random.default_rng(seed).binomial(bright.astype(np.int64), 0.012).astype(np.uint16)


def test_where_few_tiles_do_not_say_enough_all_are_asked() -> None:
    eye, (first, second) = looks(faint((0, 0), 0.0, 1), faint((1, 1), 1.0, 2))
    found = shift_between_steps(eye, first, second, np.ones(4), np.eye(4) * 0.01, rates=False)
    assert found.aligned
    assert found.sums is not None and len(found.sums[0]) == len(eye.tiles) * TILE_PX // BLOCK_PX


@pytest.mark.parametrize("off", [0.0, 0.4, -1.7])
def test_what_all_tiles_say_does_not_depend_on_where_a_few_began(off: float) -> None:
    eye, (first, second) = looks(faint((0, 0), 0.0, 1), faint((2, -1), 1.0, 2))
    right = np.array([2.0, -1.0, 2.0, -1.0])
    near = shift_between_steps(eye, first, second, right, np.eye(4) * 0.01, rates=True)
    found = shift_between_steps(eye, first, second, right + off, np.eye(4) * 4.0, rates=True)
    assert found.sums is not None and len(found.sums[0]) == len(eye.tiles) * TILE_PX // BLOCK_PX
    assert found.ends == pytest.approx(near.ends, abs=0.1 * near.middle_sd[0])
    assert found.covariance == pytest.approx(near.covariance, rel=0.05, abs=1e-6)


def test_a_settled_frame_shows_its_tiles_as_before() -> None:
    frame = flowing((0, 0), 0.0, 1)
    eye, (kept, settled) = looks(frame, frame)
    settled.settle()
    means = frame.mean(axis=(1, 2))
    for tile in eye.tiles:
        rows, columns = tile.around((0, 0), eye.detail_shape)
        wanted = form_channels(frame[:, rows, columns], eye.matrix, eye.offset, 1, means)
        assert np.array_equal(settled.detail(tile).channels, wanted)
        assert np.array_equal(kept.detail(tile).channels, wanted)


def test_a_large_scene_that_evolves_goes_on_with_the_same_bits() -> None:
    frames = {k: flowing((k, -2 * k), 1.5 * k, k, side=544) for k in range(6)}
    registrar = Registrar.start(header(0, frames[0]), frames[0], calibration())
    drifts, states = [], []
    for k, frame in frames.items():
        drifts.append(registrar.locate(header(k, frame), frame))
        states.append(registrar.state())
    assert registrar.memory.evolving and registrar.memory.staying.between[0] == FEW
    assert drifts[-1].start == pytest.approx((5.0, -10.0), abs=0.1)
    for k in (1, 3):
        again = Registrar.resume(states[k], {s: frames[s] for s in frames_needed(states[k])}, calibration())
        for later in range(k + 1, len(frames)):
            assert again.locate(header(later, frames[later]), frames[later]) == drifts[later]
            assert again.state() == states[later]
