"""Training and inference make the same slopes of the same output."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from eclips4d.inference.closed_form import ClosedForm
from eclips4d.inference.networks.features import Features
from eclips4d.inference.networks.heads import FOLD, OUTPUTS, SdFactors, corrected
from eclips4d.training.slopes.kept import Measured, kept, log_sd

SHAPE, PADDED, UNIT = (90, 85), (96, 96), 0.05


@pytest.mark.parametrize("seed", [1, 2])
def test_training_and_inference_make_the_same_slopes(seed: int):
    random = np.random.default_rng(seed)
    gradient, rotation = random.normal(0.0, UNIT, (2, 2, *PADDED)).astype(np.float32)
    output = random.normal(0.0, 0.6, (OUTPUTS, PADDED[0] // FOLD, PADDED[1] // FOLD)).astype(np.float32)
    inside, ones = np.s_[..., : SHAPE[0], : SHAPE[1]], np.ones(SHAPE, np.float32)
    closed = ClosedForm(np.ascontiguousarray((gradient + rotation)[inside]), ones, ones, ones, np.ones(SHAPE, np.uint8))
    features = Features(np.zeros((1, *PADDED), np.float32), gradient, rotation, UNIT)
    feigned = random.normal(0.0, 0.1, closed.slope.shape).astype(np.float32)
    found = corrected(closed, features, output, SdFactors(0.8, 1.2, 0.1, 0.3, 0.4), feigned)

    told = torch.from_numpy(output)[None]
    parts = Measured(*(torch.from_numpy(part / np.float32(UNIT))[None] for part in (gradient, rotation)))
    slope = UNIT * kept(told, parts)[0].numpy()[inside]
    np.testing.assert_allclose(found.slope, np.clip(slope, -4.0, 4.0), atol=1e-5)
    said = 0.8 * UNIT * (UNIT / 0.03) ** 0.1 * np.exp(1.2 * log_sd(told)[0, 0].numpy()[inside])
    square, shade = np.square(slope).sum(axis=0), np.square(feigned).sum(axis=0)
    np.testing.assert_allclose(found.slope_sd, np.sqrt(said**2 + (0.3 * square) ** 2 + 0.16 * shade), rtol=1e-3)
