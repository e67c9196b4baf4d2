"""Figures of interpolation kernels against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.pipeline.bench.registration.resampling import figures, part
from eclips4d.pipeline.bench.registration.resampling.kernels import KERNELS, OURS

BY_NAME = {kernel.name: kernel for kernel in KERNELS}


def test_contrast_of_keys_at_half_a_pixel_in_closed_form() -> None:
    f = 0.25
    expected = 9 / 8 * np.cos(np.pi * f) - 1 / 8 * np.cos(3 * np.pi * f)
    assert figures.contrast(BY_NAME["Keys, 4 samples"], f)[1] == pytest.approx(expected)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_kernels_keep_levels_and_are_exact_on_samples(kernel) -> None:
    frequency = np.array([0.0, 0.1, 0.3])
    assert kernel.response(0.0, frequency) == pytest.approx(np.ones(3), abs=1e-6)
    for f in (0.2, 0.5):
        assert kernel.response(f, np.zeros(1))[0] == pytest.approx(1.0, abs=1e-6)


def test_white_noise_left_by_keys() -> None:
    assert figures.noise_left(BY_NAME["Keys, 4 samples"])[0] == pytest.approx(np.sqrt(2 * (81 + 1)) / 16)


def test_an_edge_keeps_its_width_on_samples_and_less_of_it_between() -> None:
    ours, keys = BY_NAME[OURS], BY_NAME["Keys, 4 samples"]
    beam = np.sqrt(2) * 2 * 0.90619380 * figures.BEAM_PX
    before = figures.edge_width(ours, 0.0)[0]
    assert before == pytest.approx(beam, rel=0.02)
    assert before < figures.edge_width(ours, 0.5)[0] < figures.edge_width(keys, 0.5)[0]
    assert figures.ramp_error(ours) < 1e-5 < figures.ramp_error(BY_NAME["Lanczos-3"])


def test_ours_keeps_what_is_demanded() -> None:
    assert all(row.met is not False for row in part.contrast_rows())
    assert len(part.edge_rows()) == 1 + len(KERNELS)
