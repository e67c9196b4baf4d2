"""Part `maps` of the benchmark of metrology."""

import numpy as np
import pytest

from eclips4d.pipeline.bench.metrology.maps.part import _share
from eclips4d.pipeline.bench.metrology.maps.trials import trial


@pytest.mark.slow
def test_a_simulated_map_is_put_where_it_lies():
    one = trial(3000, 7)
    assert np.abs(one.off_px).max() < 0.05
    assert abs(one.ratio_off) < 0.01 and abs(one.rms_off) < 0.02


def test_a_share_is_judged_by_what_so_few_trials_can_tell():
    assert _share("", np.array([0.5] * 57 + [1.5] * 3)).met
    assert not _share("", np.array([0.5] * 45 + [1.5] * 15)).met
