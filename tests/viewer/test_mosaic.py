import itertools

from hypothesis import given
from hypothesis import strategies as st

from eclips4d.viewer.panels.mosaic import GAP_PX, packed


@given(st.integers(1, 8), st.integers(60, 900), st.integers(60, 900), st.floats(0.3, 4))
def test_tiles_are_alike_apart_by_the_gap_and_within_the_room(count, width, height, aspect):
    tiles = packed(count, width, height, aspect)
    assert len(tiles) == count and len({tile[2:] for tile in tiles}) == 1
    w, h = tiles[0][2:]
    lefts, tops = sorted({x for x, *_ in tiles}), sorted({y for _, y, *_ in tiles})
    assert all(b - a == w + GAP_PX for a, b in itertools.pairwise(lefts))
    assert all(b - a == h + GAP_PX for a, b in itertools.pairwise(tops))
    assert lefts[0] >= 0 and tops[0] >= 0 and lefts[-1] + w <= width and tops[-1] + h <= height
    assert abs(lefts[0] - (width - lefts[-1] - w)) <= 1 and abs(tops[0] - (height - tops[-1] - h)) <= 1


def test_four_square_tiles_in_a_square_make_a_square():
    assert len({y for _, y, *_ in packed(4, 404, 404, 1.0)}) == 2
