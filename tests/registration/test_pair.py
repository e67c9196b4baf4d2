"""Sums over blocks: of tiles as of the whole, near where they were taken, and as brute force has them."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from eclips4d.registration.ballot import ballot, moved
from eclips4d.registration.fit import fit
from eclips4d.registration.kernels import masked
from eclips4d.registration.pair import Pair, Patch, columns_of, instruments, places, whole_pair
from eclips4d.registration.robust import TOLERATED_PX, agreement, discord, informative, opinions, votes

SHAPE = (64, 96)
RANDOM = np.random.default_rng(3)


def scene() -> tuple[np.ndarray, np.ndarray]:
    """Three channels of smooth noise, and their slopes."""
    planes = np.stack([gaussian_filter(RANDOM.normal(size=SHAPE), 2.0) for _ in range(3)]) * 20
    return planes.astype(np.float32), np.stack(np.gradient(planes, axis=(1, 2))).astype(np.float32)


def test_tiles_have_the_sums_that_their_blocks_have_in_the_whole() -> None:
    planes, gradient = scene()
    frame = planes + RANDOM.normal(size=planes.shape).astype(np.float32)
    place, across = places(SHAPE[0], 0.0, SHAPE[0] - 1.0), columns_of(SHAPE[1])
    whole = whole_pair(instruments(planes, gradient, place), frame)
    patches = []
    for row, column in ((0, 48), (32, 16)):
        part = np.s_[..., row : row + 32, column : column + 32]
        by = instruments(planes[part], gradient[part], place[row : row + 32], across[column : column + 32])
        first = max(row - 7, 0), column - 9
        patches.append(Patch(by, np.ascontiguousarray(frame[:, first[0] :, first[1] :]), (first[0] - row, -9)))
    tiles, ends = Pair(patches, (2, 2)), np.array([0.4, -1.3, 0.9, -0.7])
    for of_tiles, of_whole in zip(tiles.sums(ends), whole.sums(ends), strict=True):
        wanted = np.concatenate([of_whole[:2, 3:5], of_whole[2:, 1:3]])
        assert of_tiles == pytest.approx(wanted, rel=1e-4, abs=1e-2)
    assert tiles.residuals(ends)[0] == pytest.approx(tiles.sums(ends)[0])
    assert tiles.place == pytest.approx(whole.place)
    assert tiles.across == pytest.approx(np.concatenate([whole.across[:2, 3:5], whole.across[2:, 1:3]]))


def test_a_part_that_is_not_shown_has_no_sums() -> None:
    planes, gradient = scene()
    by = instruments(planes, gradient, places(SHAPE[0], 0.0, SHAPE[0] - 1.0))
    pair = Pair([None, Patch(by, planes)], (4, 6))
    moment, energy, cross = pair.sums(np.zeros(4))
    assert not moment[:4].any() and not energy[:4].any() and not cross[:4].any() and not pair.count[:4].any()
    assert fit(pair, np.full(4, 0.3), np.eye(4)).ends == pytest.approx(np.zeros(4), abs=1e-3)


def test_sums_a_little_further_on_need_no_pixels() -> None:
    planes, gradient = scene()
    pair = whole_pair(instruments(planes, gradient, places(SHAPE[0], 0.0, SHAPE[0] - 1.0)), planes)
    at, step = np.tile([0.3, 0.4], 2), np.tile([0.05, -0.03], 2)
    moment, _, cross = pair.sums(at)
    told, taken = moved(moment, cross, pair.place, step), pair.sums(at + step)[0]
    assert np.abs(told - taken).max() < 0.05 * np.abs(taken).max()
    assert told.sum(axis=(0, 1)) == pytest.approx(taken.sum(axis=(0, 1)), rel=0.01)


@pytest.mark.parametrize("own", [0.3, 0.0])
def test_the_ballot_is_the_sum_of_all_votes(own: float) -> None:
    blocks = (5, 4)
    cross = RANDOM.normal(size=(*blocks, 2, 2)) * 20 + 400 * np.eye(2)
    root = RANDOM.normal(size=(*blocks, 2, 2)) * 10
    noise = root @ np.swapaxes(root, -1, -2) + 20 * np.eye(2)
    moment = RANDOM.normal(size=(*blocks, 2)) * 40
    place, say = np.linspace(0.1, 0.9, blocks[0]), RANDOM.uniform(size=blocks)
    weight = votes(moment, noise, cross, own) * say[..., None, None]
    score, slope, meat = ballot(moment, noise, cross, place, say, own)
    powers = place ** np.arange(3)[:, None]
    assert score == pytest.approx(np.einsum("pa,abij,abj->pi", powers[:2], weight, moment))
    assert slope == pytest.approx(np.einsum("pa,abij,abjk->pik", powers, weight, cross))
    assert meat == pytest.approx(np.einsum("pa,abij,abjk,ablk->pil", powers, weight, noise, weight))


@pytest.mark.parametrize("begin", [(0, 0), (3, -5), (-20, 4), (50, 0), (0, -90)])
def test_a_mask_is_laid_over_what_it_shows(begin: tuple[int, int]) -> None:
    gradient = RANDOM.uniform(1, 2, (2, 3, 30, 20)).astype(np.float32)
    mask = RANDOM.uniform(1, 2, (34, 27)).astype(np.float32)
    found, square = masked(gradient, mask, *begin, 16)
    for y in range(30):
        for x in range(20):
            inside = 0 <= y + begin[0] < 34 and 0 <= x + begin[1] < 27
            there = mask[y + begin[0], x + begin[1]] if inside else 0.0
            assert found[:, :, y, x] == pytest.approx(gradient[:, :, y, x] * there)
    blocks = [np.s_[y : y + 16, x : x + 16] for y in (0, 16) for x in (0, 16)]
    sums = [np.einsum("pcyx,qcyx->pq", *[found[:, :, *block].astype(np.float64)] * 2) for block in blocks]
    assert square.reshape(4, 2, 2) == pytest.approx(np.array(sums), rel=1e-5)


def test_opinions_are_those_of_the_blocks_one_by_one() -> None:
    blocks = (7, 9)
    cross = RANDOM.normal(size=(*blocks, 2, 2)) + 3 * np.eye(2)
    root = RANDOM.normal(size=(*blocks, 2, 2))
    noise = root @ np.swapaxes(root, -1, -2) + 0.1 * np.eye(2)
    moment = RANDOM.normal(size=(*blocks, 2)) * 3
    agrees, doubt = opinions(moment, noise, cross)
    asked = informative(noise, cross)
    assert 0 < asked.sum() < asked.size
    assert (np.isnan(agrees) == ~asked).all()
    assert agrees[asked] == pytest.approx(agreement(discord(moment, noise, cross, TOLERATED_PX))[asked])
    kept = asked & (np.nan_to_num(agrees) > 0)
    assert doubt == pytest.approx(max(1.0, discord(moment, noise, cross, 0.0)[kept].mean()))
