"""What the part `trust` makes of errors, and that its scenes can be opened."""

import numpy as np

from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.pipeline.bench.registration.trust import part, scenes
from eclips4d.pipeline.bench.registration.trust.scenes import Followed


def test_every_scene_is_one_that_the_microscope_knows() -> None:
    addresses = [*scenes.spirals(11), *scenes.flows(3, 300.0)]
    assert len(set(addresses)) == len(addresses) == 25
    for address in addresses:
        assert simulated_microscope(address).shape == (4, scenes.SIZE, scenes.SIZE)


def test_aligned_and_foretold_frames_are_judged_apart() -> None:
    over = np.array([[0.5, 1.0], [9.0, 2.5], [3.0, 0.1]])
    rows = part.trust_rows("x", [Followed(over, np.array([True, False, True]))])
    assert [row.value for row in rows] == [2 / 3, 3.0, 9.0]
    assert [row.met for row in rows] == [None, True, False]
    assert "share up to 2 0.750" in rows[1].what


def test_nothing_is_said_of_frames_that_there_are_none_of() -> None:
    rows = part.trust_rows("x", [Followed(np.zeros((2, 2)), np.array([True, True]))])
    assert len(rows) == 2
