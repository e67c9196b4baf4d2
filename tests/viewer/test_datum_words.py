"""The datum in words."""

import numpy as np
import pytest

from eclips4d.core.results import Status
from eclips4d.metrology.change import ChangeAt
from eclips4d.metrology.datum import DatumSeries
from eclips4d.viewer.datum_words import (
    NO_DATUM,
    NOTHING_STATIC,
    change_words,
    datum_line,
    datum_rows,
    plane_words,
    why_unobservable,
)
from eclips4d.viewer.state_line import Tone

DONE = int(Status.DONE)


@pytest.fixture
def datum():
    """The reference, a frame whose datum is known, one whose datum is not, one that was not recorded."""
    plane = np.array([(0.0, 0.0, 0.0), (-1.5, 1e-3, -2e-3), (np.nan,) * 3, (np.nan,) * 3])
    sd = np.array([(0.0, 0.0, 0.0), (0.25, 2e-4, 2e-4), (np.nan,) * 3, (np.nan,) * 3])
    status = np.array([DONE, DONE, DONE, int(Status.GAP)])
    return DatumSeries(status, np.array([0, 0, 0, -1]), plane, sd)


def test_a_frame_says_its_datum_and_that_of_the_newest(datum):
    assert datum_line(datum, 1) == ("datum −1.50 ± 0.25 nm   observable in 2 of 3 frames", Tone.PLAIN)
    text, tone = datum_line(datum, 0)
    assert text.startswith("reference of heights") and "newest −1.50 ± 0.25 nm (frame 1)" in text and tone is Tone.PLAIN
    assert plane_words(datum, 1) == "offset −1.50 ± 0.25 nm, tilt along x +0.06 ± 0.01°, tilt along y −0.11 ± 0.01°"


def test_what_cannot_be_known_is_said_first(datum):
    text, tone = datum_line(datum, 2)
    assert text.startswith(NOTHING_STATIC) and "2 of 3 frames are" in text and tone is Tone.NOTICE
    assert datum_line(None, 2) == (NO_DATUM, Tone.NOTICE)


def test_a_reference_without_a_height_is_named(datum):
    datum.status[0] = int(Status.QUARANTINED)
    assert "frame 0, from which it counts, has no height" in why_unobservable(datum, 2)


def test_rows_of_a_summary(datum):
    assert [name for name, _ in datum_rows(datum)] == ["height datum", "newest datum"]
    assert "observable in 2 of 3 frames (66.7 %)" in datum_rows(datum)[0][1]
    assert datum_rows(datum)[1][1].startswith("frame 1 against frame 0: offset")
    datum.plane[:] = np.nan
    assert datum_rows(datum)[1] == ("newest datum", NOTHING_STATIC)
    assert datum_rows(None) == [("height datum", NO_DATUM)]
    datum.status[:] = int(Status.DEFERRED)
    assert datum_rows(datum) == []


def test_a_change_names_the_share_that_the_datum_has():
    words = change_words(ChangeAt(-4.0, 0.5, 0.3), 120.4, 80.0, 0.05)
    assert words == "x 120, y 80 nm: −4.00 ± 0.50 nm (datum ± 0.3 nm, ± 5 % scale)"
    assert "± 0.3" in change_words(ChangeAt(-4.0, np.nan, 0.3), 0.0, 0.0)
