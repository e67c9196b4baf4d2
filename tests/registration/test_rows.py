"""Sums along rows in flat memory, as numpy has them of slices; and nothing beside them is touched."""

import numpy as np
import pytest

from eclips4d.registration.rows import NEXT, At, add_product, add_times, add_two, join_eight, multiply, subtract, times

RANDOM = np.random.default_rng(1)
COUNT, TO = 37, 11


def numbers(size: int) -> np.ndarray:
    return RANDOM.normal(size=size).astype(np.float32)


def only(before: np.ndarray, after: np.ndarray, wanted: np.ndarray) -> None:
    """`wanted` stands at `TO`, all else as it was."""
    assert after[TO : TO + COUNT] == pytest.approx(wanted, rel=1e-5, abs=1e-5)
    after[TO : TO + COUNT] = before[TO : TO + COUNT]
    assert (after == before).all()


@pytest.mark.parametrize("stride", [1, 50])
def test_eight_rows_or_neighbours_are_joined(stride: int) -> None:
    p, weight, out = numbers(600), numbers(20), numbers(60)
    before = out.copy()
    join_eight(p, At(5), At(stride), weight, At(3), out, At(TO), At(COUNT))
    wanted = sum(weight[3 + k] * p[5 + k * stride : 5 + k * stride + COUNT] for k in range(8))
    only(before, out, wanted)


def test_sums_and_products() -> None:
    p, q = numbers(200), numbers(200)
    a, b, weight = p[7 : 7 + COUNT], p[90 : 90 + COUNT], np.float32(0.3)
    cases = {
        subtract: ((p, At(7)), lambda out: out - a),
        add_product: ((p, At(7), q, At(90)), lambda out: out + a * q[90 : 90 + COUNT]),
        times: ((weight, p, At(7)), lambda out: weight * a),
        add_times: ((weight, p, At(7)), lambda out: out + weight * a),
        add_two: ((weight, p, At(7), np.float32(-1), At(90)), lambda out: out + weight * (a - b)),
    }
    for function, (arguments, wanted) in cases.items():
        out = numbers(60)
        before = out.copy()
        function(out, At(TO), *arguments, At(COUNT))
        only(before, out, wanted(before[TO : TO + COUNT]))
    out = numbers(60)
    before = out.copy()
    multiply(p, At(7), q, At(90), out, At(TO), At(COUNT))
    only(before, out, a * q[90 : 90 + COUNT])


def test_a_row_may_be_read_where_it_is_written() -> None:
    line = numbers(80)
    wanted = sum(np.float32(0.1 * k) * line[k : k + 20] for k in range(8))
    join_eight(line, At(0), NEXT, np.arange(8, dtype=np.float32) / np.float32(10), At(0), line, At(40), At(20))
    assert line[40:60] == pytest.approx(wanted, abs=1e-5)
