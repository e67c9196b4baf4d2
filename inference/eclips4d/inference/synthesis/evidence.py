"""What a frame says against a blur, whatever its surface: Laplace's approximation of minus the log of the evidence.

The objective alone knows only the likeliest surface. Noise that is rendered with blur is dearer to explain, so on plane
faces the objective grows with blur that is really there; but fewer surfaces are then excluded by the electrons, and
their number counts [D. MacKay, Neural Computation 4, 415 (1992)].
"""

from __future__ import annotations

import numpy as np

from eclips4d.inference.synthesis.newton import of_waves
from eclips4d.inference.synthesis.objective import At


def against_blur(at: At) -> float:
    """The objective, and half the log of what electrons tell of all waves beside what the prior does.

    Waves as in `newton`: as if the curvature were the same everywhere. Those shorter than two pixels count for
    nothing.
    """
    of = at.curvature()
    waves = of_waves(of, of.stiff.shape)
    y, x = (of.supersample * np.arange(n) / (2.0 * (n - 1)) for n in of.stiff.shape)
    seen = np.exp(-((2.0 * np.pi * at.blur_px) ** 2) * (y[:, None] ** 2 + x**2))
    seen *= np.sinc(y)[:, None] ** 2 * np.sinc(x) ** 2
    seen[(y[:, None] > 0.5) | (x > 0.5)] = 0.0
    seen[0, 0] = 0.0
    return at.value + 0.5 * float(np.log1p(seen * waves.told / np.maximum(waves.stiff, 1e-30)).sum())
