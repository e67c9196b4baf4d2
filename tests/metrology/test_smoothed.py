"""Other drifts for the frames of a series."""

import numpy as np

from eclips4d.core.results import Drift, Status
from eclips4d.metrology.drift import DriftSeries
from eclips4d.metrology.smoothed import with_drifts

DONE, GAP, DEFERRED = (int(bit) for bit in (Status.DONE, Status.GAP, Status.DEFERRED))


def test_frames_without_another_drift_have_none():
    status = np.array([DONE, GAP, DONE | int(Status.NOT_ALIGNED), DEFERRED])
    px = np.ones((4, 2))
    live = DriftSeries(np.arange(4.0), status, np.zeros(4, int), px, px, px, np.ones(4), (2.0, 3.0))
    later = with_drifts(
        live,
        [0, 2, 3, 9],
        [
            Drift((0.0, 0.0)),
            Drift((1.0, 2.0), (0.5, 0.25), (0.1, 0.2), reference=2),
            Drift((3.0, 4.0), aligned=False),
            Drift((9.0, 9.0)),
        ],
    )
    assert later.known.tolist() == [True, False, True, True], "a deferred frame has pixels that were followed"
    assert later.aligned.tolist() == [True, False, True, False]
    assert later.reference.tolist() == [0, -1, 2, 0] and np.isnan(later.px[1]).all()
    assert later.nm[2].tolist() == [4.0, 3.0] and later.u_px[2].tolist() == [0.1, 0.2]
    assert later.rate_px[2].tolist() == [0.5, 0.25]
    np.testing.assert_array_equal(live.status, status)
