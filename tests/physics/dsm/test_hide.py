"""What horizons hide, against the exact simulator's tables of integrals, direction by direction."""

import numpy as np
import pytest
from shading_walls import instrument

from eclips4d.physics.bsesm.amplitudes import fill_amplitudes, law_arrays
from eclips4d.physics.bsesm.optics import optics
from eclips4d.physics.dsm.ground import ROWS
from eclips4d.physics.dsm.hide import TWO, hide, room_for
from eclips4d.physics.dsm.horizons import COURSES
from eclips4d.physics.dsm.lanes import LANES
from eclips4d.physics.dsm.simulator import LOOKS, distilled_simulator
from eclips4d.physics.emission.choose import emission_law
from eclips4d.physics.emission.lambert import lambert_law


def below(share, tangent):
    """Integrals [S, C] below a horizon, at the field's centre."""
    at = (tangent / np.hypot(tangent, 1.0) - share.low) * share.per_entry
    at = min(max(at, 0.0), len(share.table[0]) - 1.001)
    table, first = share.table[0], int(at)
    return table[first] + (at - first) * (table[first + 1] - table[first])


def measure(tangent):
    return tangent**2 / (1.0 + tangent**2)


@pytest.mark.parametrize("law", [None, "Cu"])
@pytest.mark.parametrize("offset", [(0.0, 0.0), (0.3, -0.2)])
def test_what_two_runs_lose(law, offset):
    inst, shape = instrument(offset_mm=offset), (16, 16)
    emission = emission_law(law, 10.0) if law else lambert_law()
    drawn = distilled_simulator(inst, shape, law=emission, threads=1)
    half_mm = tuple((side - 1) * nm * 0.5e-6 for side, nm in zip(shape, drawn.pixel_nm, strict=True))
    shares = optics(inst, emission, half_mm, drawn.pixel_nm, LOOKS).hidden
    random = np.random.default_rng(8)
    p, q = random.uniform(-0.8, 0.8, (2, TWO)).astype(np.float32)
    p[5], q[5] = 1.9, -0.4
    floor = float(drawn.hidden.floor.min())
    horizon = np.full((COURSES, ROWS, LANES), floor, np.float32)
    horizon[3:9, 1:3] = random.uniform(floor, 3.4, (6, 2, LANES))  # of two runs, the second and the third one
    out, room = np.zeros(4 * TWO, np.float32), np.empty(room_for(drawn.hidden), np.float32)
    flags = np.zeros(COURSES, bool)
    assert hide(horizon.ravel(), 1, p, q, drawn.looks, drawn.hidden, flags, room, out)
    arrays = law_arrays(emission)
    amplitude = np.empty((len(arrays[2]), 1, TWO), np.float32)
    fill_amplitudes(np.stack([p, q])[:, None], *arrays, amplitude, 0, 1)
    expected, flat = np.zeros((4, TWO)), drawn(np.zeros(shape), np.zeros((2, *shape), np.float32)).mean()
    seen = horizon[:, 1:3].reshape(COURSES, TWO).astype(np.float64)
    own = np.maximum(drawn.looks.toward @ np.stack([p, q]), floor)
    for m, share in enumerate(shares):
        before, after = m // 2, (m + 1) // 2 % COURSES
        further, of = float(drawn.looks.share[m]), (measure(np.maximum(seen, own)), measure(own))
        for n in range(TWO):
            between = [(1.0 - further) * v[before, n] + further * v[after, n] for v in of]
            high, low = (np.sqrt(u / (1.0 - u)) for u in between)
            lost = below(share, high) - below(share, low)
            expected[share.segments, n] += lost @ amplitude[:, 0, n]
    assert expected.max() > 0.1 * flat
    np.testing.assert_allclose(out.reshape(4, TWO), expected, atol=6e-3 * flat)


def test_facets_that_see_nothing_higher_lose_nothing():
    drawn = distilled_simulator(instrument(), (16, 16), threads=1)
    p, q = np.random.default_rng(2).uniform(-2.0, 2.0, (2, TWO)).astype(np.float32)
    horizon = np.full(COURSES * ROWS * LANES, drawn.hidden.floor.min(), np.float32)
    room, flags = np.empty(room_for(drawn.hidden), np.float32), np.zeros(COURSES, bool)
    assert not hide(horizon, 0, p, q, drawn.looks, drawn.hidden, flags, room, np.zeros(4 * TWO, np.float32))
