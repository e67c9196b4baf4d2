"""The compiled attention against its equations in NumPy, and its transposed step against finite differences."""

import numpy as np
import pytest

from eclips4d.physics.vft.adjoint import room_for_back, unattend
from eclips4d.physics.vft.attention import LANES, Attention, attend, scratch
from eclips4d.physics.vft.ways import GEOMETRY, RINGS


def weights(seed=0, embed=5, heads=3, hidden=7):
    random = np.random.default_rng(seed)

    def drawn(*shape):
        return random.standard_normal(shape).astype(np.float32)

    return Attention(
        drawn(embed, 3),
        drawn(embed, RINGS),
        drawn(heads, embed),
        drawn(hidden, 3 * heads + 3 + GEOMETRY),
        drawn(hidden),
        drawn(2, hidden + 3 * heads + 3),
        drawn(2),
    )


def asked(seed=1):
    random = np.random.default_rng(seed)
    query = random.uniform(-1.0, 1.0, (3, RINGS, LANES)).astype(np.float32)
    return query, random.uniform(-1.0, 1.0, GEOMETRY).astype(np.float32)


def horizons(of, query, geometry):
    """Written as the equations stand."""
    of = Attention(*(array.astype(np.float64) for array in of))
    embedded = np.maximum(np.einsum("er,rkx->ekx", of.embed, query) + of.embed_bias[:, :, None], 0.0)
    paid = np.exp(np.einsum("je,ekx->jkx", of.score, embedded))
    share = paid / paid.sum(1, keepdims=True)
    value = np.einsum("jkx,rkx->rjx", share, query).reshape(-1, query.shape[2])
    value = np.concatenate([value, query.max(1)])
    seen = np.concatenate([value, np.broadcast_to(geometry[:, None], (GEOMETRY, query.shape[2]))])
    hidden = np.maximum(of.hidden @ seen + of.hidden_bias[:, None], 0.0)
    return of.head @ np.concatenate([hidden, value]) + of.head_bias[:, None]


def filled(of, query, geometry):
    room = scratch(of)
    room.query[:] = query
    room.value[-3:] = query.max(1)
    attend(of, geometry, room)
    return room


@pytest.mark.parametrize("seed", range(3))
def test_it_computes_its_equations(seed):
    of, (query, geometry) = weights(seed), asked(seed + 10)
    room = filled(of, query, geometry)
    wanted = horizons(of, query, geometry)
    np.testing.assert_allclose(room.horizon, wanted, rtol=2e-5, atol=2e-5 * np.abs(wanted).max())
    np.testing.assert_allclose(room.share.sum(1), 1.0, rtol=1e-5)


def test_scores_may_be_large():
    of, (query, geometry) = weights(3), asked()
    loud = of._replace(score=100.0 * of.score)
    room = filled(loud, query, geometry)
    assert np.isfinite(room.horizon).all()
    np.testing.assert_allclose(room.share.sum(1), 1.0, rtol=1e-5)


def test_transposed():
    """Derivatives with respect to every query of some lanes, by differences in double precision."""
    of, (query, geometry) = weights(4), asked(5)
    room = filled(of, query, geometry)
    back = room_for_back(room)
    back.horizon[:] = np.random.default_rng(6).standard_normal(back.horizon.shape)
    unattend(of, room, back)
    largest = query.argmax(1)
    size = 1e-5
    for r, k in ((0, 0), (1, 4), (2, RINGS - 1), (1, 9)):
        found = back.query[r, k] + np.where(largest[r] == k, back.value[back.value.shape[0] - 3 + r], 0.0)
        sides = []
        for sign in (1.0, -1.0):
            moved = query.astype(np.float64)
            moved[r, k] += sign * size
            sides.append((horizons(of, moved, geometry) * back.horizon).sum(0))
        wanted = (sides[0] - sides[1]) / (2.0 * size)
        off = np.abs(found - wanted) > 1e-3 * np.abs(wanted).max()
        assert off.sum() <= 1  # where a kink lies between the two sides
