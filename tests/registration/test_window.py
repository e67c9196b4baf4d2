"""The window against scipy's."""

import numpy as np
import pytest
from scipy.signal import windows

from eclips4d.registration.window import tukey


@pytest.mark.parametrize("taper", [0.06, 0.2, 0.5])
@pytest.mark.parametrize("length", [1, 2, 7, 64, 255, 1024])
def test_it_is_scipys_tukey_window(length, taper):
    np.testing.assert_allclose(tukey(length, taper), windows.tukey(length, taper), atol=1e-12)
