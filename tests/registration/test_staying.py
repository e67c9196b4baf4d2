"""What has proved to stay: learned over frames, forgotten again, remembered bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.registration.staying import LEAST_SAY, Staying, disagreed, passed, say, still_at, still_plane, strayed

SHAPE, BLOCK = (6, 8), 16
HERE = np.zeros(2)

WHOLE = (1, SHAPE[0])


def sums(own: np.ndarray, sd: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of blocks that stray by `own` [by, bx, 2] pixels, each known to within sd."""
    slope = np.array([[400.0, 30.0], [30.0, 300.0]])
    noise = sd**2 * slope @ slope.T
    random = np.random.default_rng(seed).multivariate_normal(np.zeros(2), noise, own.shape[:2])
    return -(own @ slope.T) + random, np.broadcast_to(noise, (*own.shape, 2)), np.broadcast_to(slope, (*own.shape, 2))


def followed(own: np.ndarray, frames: int, sd: float = 0.05, known: Staying | None = None) -> Staying:
    known = known or Staying()
    for k in range(frames):
        known = strayed(known, sums(own, sd, k), HERE, BLOCK, 1, WHOLE)
    return known


def unsettled(scatter: np.ndarray, frames: int, sd: float = 0.05, known: Staying | None = None) -> Staying:
    """What is known of blocks that come to lie this far [by, bx] off in every frame, each time elsewhere."""
    known = known or Staying()
    for k in range(frames):
        own = scatter[..., None] * np.random.default_rng((k, 7)).normal(size=(*SHAPE, 2))
        known = disagreed(known, sums(own, sd, k), HERE, BLOCK, WHOLE)
    return known


def told(known: Staying, drift: np.ndarray = HERE) -> np.ndarray:
    counts = say(known, drift, BLOCK)
    assert counts is not None
    return counts


def carried(px: float) -> np.ndarray:
    """One block is carried along."""
    own = np.zeros((*SHAPE, 2))
    own[2, 3] = (0.0, px)
    return own


def test_a_block_that_one_frame_cannot_convict_loses_its_say_over_many() -> None:
    own = carried(0.13)
    assert told(followed(own, 1))[2, 3] == 1.0
    counts = told(followed(own, 20))
    assert counts[2, 3] < 0.6
    assert np.delete(counts.ravel(), 2 * 8 + 3).min() == 1.0


def test_a_block_that_has_come_to_rest_gets_it_back() -> None:
    known = followed(carried(0.5), 10)
    assert told(known)[2, 3] == LEAST_SAY
    assert told(followed(np.zeros((*SHAPE, 2)), 60, known=known)).min() > 0.9


def test_what_is_buried_again_and_again_counts_for_less_whatever_way_it_disagrees() -> None:
    scatter = np.zeros(SHAPE)
    scatter[4, 5] = 0.2
    known = unsettled(scatter, 60)
    counts = told(known)
    # chi² / dof of such a block is 1 + (0.2 / 0.05)² = 17, its weight one over that
    assert 1 / 25 < counts[4, 5] < 1 / 10
    others = np.delete(counts.ravel(), 4 * 8 + 5)
    assert others.min() > 0.5 and others.mean() > 0.85
    assert told(unsettled(np.zeros(SHAPE), 60, known=known)).min() > 0.5


def test_unrest_is_that_of_a_place_not_of_a_pixel() -> None:
    scatter = np.zeros(SHAPE)
    scatter[4, 5] = 0.2
    known = unsettled(scatter, 60)
    moved = told(known, np.array([BLOCK, -2.0 * BLOCK]))
    assert moved[5, 3] == told(known)[4, 5]


def test_noise_alone_convicts_few() -> None:
    assert (told(followed(np.zeros((*SHAPE, 2)), 40)) < 0.5).mean() < 0.03


def test_what_is_known_moves_with_the_content() -> None:
    known = followed(carried(0.5), 10)
    moved = told(known, np.array([16.0, -32.0]))
    assert moved[3, 1] == LEAST_SAY
    assert (moved < 1).sum() == 1
    beyond = told(known, np.array([500.0, 0.0]))
    assert (beyond == 1.0).all()


def test_blocks_without_structure_teach_nothing() -> None:
    moment, noise, cross = sums(carried(0.5), 0.05, 1)
    known = strayed(Staying(), (moment, noise, np.zeros_like(cross)), HERE, BLOCK, 1, WHOLE)
    assert (told(known) == 1.0).all()


def test_nothing_known_is_no_opinion() -> None:
    assert say(Staying(), HERE, BLOCK) is None
    assert still_plane(Staying(), (96, 128), BLOCK) is None


def test_binned_fits_teach_in_pixels_of_the_full_frame() -> None:
    fine, coarse = Staying(), Staying()
    for k in range(8):
        fine = strayed(fine, sums(carried(0.4), 0.1, k), HERE, BLOCK, 1, WHOLE)
        coarse = strayed(coarse, sums(carried(0.4) / 2, 0.05, k), HERE, 2 * BLOCK, 2, WHOLE)
    assert told(fine) == pytest.approx(told(coarse), abs=0.05)


def test_what_passes_is_distrusted_at_once_and_trusted_slowly() -> None:
    agrees = np.ones(SHAPE)
    agrees[1, 2], agrees[4, 4] = 0.0, np.nan
    known = passed(Staying(), agrees, HERE, BLOCK)
    plane = still_plane(known, (96, 128), BLOCK)
    assert plane is not None
    assert (plane[16:32, 32:48] == 0.0).all()
    assert plane.sum() == 96 * 128 - 16 * 16
    trust = []
    for _ in range(20):
        known = passed(known, np.ones(SHAPE), HERE, BLOCK)
        now = still_plane(known, (96, 128), BLOCK)
        assert now is not None
        trust.append(float(now[20, 40]))
    assert trust[0] == pytest.approx(0.3, abs=0.01)
    assert trust == sorted(trust)
    assert trust[-1] > 0.98


def test_what_stays_can_be_asked_for_at_some_pixels_alone() -> None:
    known = passed(Staying(), np.random.default_rng(3).random(SHAPE), HERE, BLOCK)
    rows, columns = np.array([0, 5, 31, 32, 95]), np.array([127, 1, 64])
    plane, some = still_plane(known, (96, 128), BLOCK), still_at(known, rows, columns, BLOCK)
    assert plane is not None
    np.testing.assert_array_equal(some, plane[np.ix_(rows, columns)])
    assert still_at(Staying(), rows, columns, BLOCK) is None


def test_an_image_that_is_no_whole_number_of_blocks_is_covered() -> None:
    plane = still_plane(passed(Staying(), np.ones(SHAPE), HERE, BLOCK), (90, 135), BLOCK)
    assert plane is not None
    assert plane.shape == (90, 135)


@settings(max_examples=30, deadline=None)
@given(
    drift=st.tuples(st.floats(-300, 300), st.floats(-300, 300)),
    scale=st.floats(0, 1e6),
    agree=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_whatever_is_learned_it_stays_small_and_between_bounds(
    drift: tuple[float, float], scale: float, agree: float, seed: int
) -> None:
    at = np.array(drift)
    known = strayed(Staying(), sums(carried(scale), 0.05, seed), at, BLOCK, 1, WHOLE)
    known = passed(known, np.full(SHAPE, agree), at, BLOCK)
    counts, plane = told(known, at), still_plane(known, (96, 128), BLOCK)
    assert plane is not None
    assert ((counts >= LEAST_SAY) & (counts <= 1.0)).all()
    assert ((plane >= 0.0) & (plane <= 1.0)).all()
    assert len(known.stray) + len(known.doubt) + len(known.still) == 6 * 8 * (4 + 1 + 1)


def test_tiles_are_learned_apart_and_the_first_ones_only() -> None:
    """Two maps of three rows of blocks; a drift of one block moves each within itself."""
    moment, noise, cross = sums(np.zeros((*SHAPE, 2)), 0.05, 1)
    moment[1, 3] -= cross[1, 3] @ np.array([0.5, 0.0])
    known = strayed(Staying(), (moment, noise, cross), HERE, BLOCK, 1, (1, 3))
    assert known.between == (1, 3, SHAPE[1])
    known = strayed(Staying(), (moment, noise, cross), HERE, BLOCK, 1, (2, 3))
    assert told(known).shape == SHAPE
    assert told(known)[1, 3] < 0.5 < told(known)[4, 3]
    there = told(known, np.add(HERE, (float(BLOCK), 0.0)))
    assert there[2, 3] < 0.5 < there[[1, 4, 5], 3].min()
