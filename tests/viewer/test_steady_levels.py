"""Levels are found once and stay, also those of the maps that tell how sure the surface is."""

from hypothesis import given
from hypothesis import strategies as st

from eclips4d.viewer.model import Model
from eclips4d.viewer.picture import DoubtAsked, DoubtImage, Picture, SurfaceImage

SURFACE = SurfaceImage(0, None, None, None)
LEVELS = st.tuples(st.floats(-1e3, 0.0), st.floats(1.0, 1e3))


@given(first=LEVELS, later=st.lists(LEVELS, min_size=1, max_size=5))
def test_levels_of_a_later_frame_change_nothing(first, later):
    model = Model()
    model.extras.doubt_name = "height_sd"
    model.extras.see(doubt=True, relief=False)
    for levels in (first, *later):
        asked = DoubtAsked("height_sd")
        model.accept(Picture(model.wanted, surface=SURFACE, doubt=DoubtImage(asked, SURFACE, levels=levels)))
        assert model.wanted.doubt == DoubtAsked("height_sd", first)
    assert model.extras.levels_of("height_sd") == first and model.extras.levels_of("residual") is None
    model.refit()
    assert model.wanted.doubt == DoubtAsked("height_sd")
