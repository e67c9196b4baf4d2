"""Other methods on cases that are easy."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from eclips4d.pipeline.bench.registration.moving.methods import OURS, PEERS, SMOOTHED, errors_of
from eclips4d.pipeline.bench.registration.moving.scenes import movie
from eclips4d.pipeline.bench.registration.peers import stack_reg
from eclips4d.pipeline.bench.registration.peers.all_pairs import all_pairs, consistent
from eclips4d.pipeline.bench.registration.peers.correlation import correlated
from eclips4d.pipeline.bench.registration.peers.images import filtered_sums, raw_sums


@pytest.fixture(scope="module")
def still():
    return movie("risers", 0.0, 0.3, 2, 96, 4)


@pytest.mark.parametrize("method", [correlated, all_pairs])
def test_correlations_follow_a_still_scene(still, method) -> None:
    assert method(filtered_sums(still.frames)) == pytest.approx(still.truth, abs=0.15)


@pytest.mark.skipif(not stack_reg.THERE, reason="pystackreg is not installed")
@pytest.mark.parametrize("method", [stack_reg.to_first, stack_reg.to_previous])
def test_stack_reg_follows_a_still_scene(still, method) -> None:
    assert method(raw_sums(still.frames)) == pytest.approx(still.truth, abs=0.3)


def test_pairs_are_made_consistent_and_outliers_left_out() -> None:
    random = np.random.default_rng(1)
    places = np.vstack([np.zeros(2), random.normal(0.0, 5.0, (6, 2))])
    pairs = list(combinations(range(7), 2))
    shifts = np.array([places[b] - places[a] for a, b in pairs]) + random.normal(0.0, 0.01, (len(pairs), 2))
    shifts[pairs.index((0, 3))] += 12.0
    assert consistent(7, pairs, shifts) == pytest.approx(places, abs=0.03)


def test_every_method_gives_an_error_per_variant(still) -> None:
    found = errors_of(still)
    assert {OURS, SMOOTHED} <= set(found)
    for peer in PEERS:
        if peer.there:
            assert len(found[peer.name]) == len(peer.variants)
    assert found[OURS][0] < 0.05
