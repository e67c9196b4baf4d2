"""The table of the slopes' sd is found where errors were drawn with a known one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from eclips4d.inference.networks.surroundings import FACTORS, NUMBERS
from eclips4d.training.coverage.surroundings import Sample, balance_of, fitted, joined, quantile_losses
from eclips4d.training.coverage.varied import EXPOSURES, SURFACES, varied


def drawn(seed: int, pixels: int = 20_000) -> tuple[Sample, np.ndarray]:
    """Normal errors whose sd is what the network says, times a factor that one of the numbers bends; and the factor."""
    random = np.random.default_rng(seed)
    asked = random.standard_normal((pixels, len(NUMBERS)), dtype=np.float32)
    factor = np.exp(0.5 * np.abs(asked[:, 3]) - 0.4 * asked[:, 0] - 0.3).clip(*FACTORS)
    said = np.exp(random.normal(-1.0, 0.7, pixels)).astype(np.float32)
    error = (said * factor)[:, None] * random.standard_normal((pixels, 2))
    even = np.ones((pixels, 2), np.float32)
    return Sample(asked, error.astype(np.float32), said, even, even[:, 0]), factor


def asked_of(table, asked: np.ndarray) -> np.ndarray:
    """The factor, written out."""
    levelled = np.append((asked - table.centre) / table.spread, np.ones((len(asked), 1)), axis=1)
    sums = np.maximum(levelled @ np.array(table.weight).T, 0.0)
    return np.exp(sums @ np.array(table.share)[:-1] + table.share[-1])


def test_a_drawn_factor_is_found() -> None:
    sample, _ = drawn(0)
    fresh, factor = drawn(1)
    found = asked_of(fitted(sample, steps=400), fresh.asked)
    assert np.abs(np.log(found / factor)).mean() < 0.1
    for low in (-3.0, -0.5, 0.5):  # honest wherever one looks
        here = (fresh.asked[:, 3] >= low) & (fresh.asked[:, 3] < low + 1.5)
        inside = np.abs(fresh.error[here]) <= (fresh.said * found)[here, None]
        assert inside.mean() == pytest.approx(0.683, abs=0.03)


def test_a_seed_gives_the_same_table() -> None:
    sample, _ = drawn(2, 3000)
    assert fitted(sample, steps=20) == fitted(joined([sample]), steps=20)
    assert fitted(sample, seed=1, steps=20) != fitted(sample, steps=20)


def test_quantile_losses_are_least_at_the_shares_of_normal_errors() -> None:
    error = np.abs(np.random.default_rng(3).standard_normal((200_000, 2)))
    left, even = torch.tensor(np.log(error)), torch.ones(1, 2)
    losses = [float(quantile_losses(left - shift, even).mean()) for shift in (-0.1, 0.0, 0.1)]
    assert losses[1] == min(losses)
    wary = torch.tensor([[0.1, 4.0]])
    narrow, wide = (float(quantile_losses(left * 1.5 - shift, wary).mean()) for shift in (0.0, 0.4))
    assert wide < narrow  # long tails: the larger quantile asks for a larger sd


def test_what_is_steep_or_doubtful_is_stated_warily() -> None:
    balance = balance_of(np.array([2.0, 20.0, 40.0, 2.0, 20.0], np.float32), np.array([0, 0, 0, 1, 1], bool))
    assert (balance[0, 0] > balance[0, 1]) and (balance[1:, 0] < balance[1:, 1]).all()
    np.testing.assert_array_equal(balance[3], balance[2])
    np.testing.assert_array_equal(balance[4], balance[2])


@pytest.mark.slow
def test_varied_frames_come_again_and_some_are_beyond_training() -> None:
    frames, again = (list(varied(seed=2, count=1, size=48)) for _ in range(2))
    assert len(frames) == SURFACES * EXPOSURES
    for one, other in zip(frames, again, strict=True):
        np.testing.assert_array_equal(one.seen.raw, other.seen.raw)
        assert one.seen.truth.shape == (2, 48, 48) and one.beyond in ("", "lag", "dose", "gain")
