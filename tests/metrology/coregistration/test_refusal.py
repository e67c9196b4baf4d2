"""Every reason for which a place is not believed, each alone."""

from dataclasses import replace

import pytest

from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.confidence import Confidence
from eclips4d.metrology.coregistration.refusal import ON_THE_WAY, plausible, refused

SURE = Confidence(correlation=0.9, significance=20.0, either_way=15.0, lead=2.0, chance=1e-2, overlap=0.6)
PLACE = Affine((1.05, 0.96), 10.0, 0.02)


def test_a_sure_place_is_believed():
    assert refused(SURE, PLACE, 0.0) == ""
    assert refused(replace(SURE, significance=10.0, chance=1e-6), PLACE, 0.0) == ""


@pytest.mark.parametrize(
    ("doubt", "word"),
    [
        ({"significance": 10.0}, "chance"),
        ({"significance": 7.0, "chance": 1e-9}, "chance"),
        ({"significance": float("nan")}, "chance"),
        ({"either_way": 6.0}, "one way"),
        ({"either_way": float("nan")}, "one way"),
        ({"lead": 1.05}, "another place"),
        ({"overlap": 0.1}, "common"),
    ],
)
def test_doubts(doubt: dict[str, float], word: str):
    assert word in refused(replace(SURE, **doubt), PLACE, 0.0)


@pytest.mark.parametrize("affine", [Affine((1.2, 1.0)), Affine(shear=0.1), Affine(turn_deg=30.0)])
def test_more_than_any_scanner(affine: Affine):
    assert "distorted" in refused(SURE, affine, 0.0)


def test_places_may_be_further_off_while_they_are_fitted():
    assert not plausible(Affine((1.13, 1.0)), 0.0) and plausible(Affine((1.13, 1.0)), 0.0, ON_THE_WAY)


def test_turns_are_counted_from_what_was_said_and_around():
    assert refused(SURE, Affine(turn_deg=-175.0), 180.0) == ""
