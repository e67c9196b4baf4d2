"""Whatever order surfaces come in, they leave along the chain."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eclips4d.pipeline.reorder import ReorderBuffer


@given(st.permutations(range(8)))
def test_any_order_in_chain_order_out(order: list[int]) -> None:
    buffer: ReorderBuffer[str] = ReorderBuffer(last=-1)
    out: list[int] = []
    for sequence in order:
        buffer.put(sequence, sequence - 1, str(sequence))
        out += [s for s, _ in buffer.ready()]
    assert out == list(range(8))
    assert len(buffer) == 0


def test_holes_in_the_numbers_are_no_holes_in_the_chain() -> None:
    buffer: ReorderBuffer[str] = ReorderBuffer(last=4)
    buffer.put(9, 6, "b")
    assert list(buffer.ready()) == []
    buffer.put(6, 4, "a")
    assert list(buffer.ready()) == [(6, "a"), (9, "b")]
    assert buffer.last == 9
