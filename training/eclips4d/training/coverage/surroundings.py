"""The table of a slopes network's card by which surroundings correct the slopes' sd, fitted on known slopes.

Quantile losses [Koenker & Bassett 1978] of the logarithm of the errors at 68 and 95 %: shares of errors within the sd
are what is promised, and errors have longer tails than a normal law, whose likelihood the tails would rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from eclips4d.inference.networks.card import SdTable
from eclips4d.inference.networks.model import NetworkModel
from eclips4d.inference.networks.surroundings import BLOCK, FURTHEST, VERSION, numbers_of
from eclips4d.training.coverage.models import Recalibrated
from eclips4d.training.coverage.varied import Varied
from eclips4d.training.slopes.loss import WITHIN

F32 = NDArray[np.float32]

PIXELS: Final = 1200
"""Drawn from each frame, off the edge."""
SUMS: Final = 12
STEPS: Final = 1500
USUAL, WARY, TILTED = (1.6, 1.0), (0.6, 4.0), (0.0, 4.0)
"""Weights of the two quantiles: of most pixels; of what is steep, shaded or lags, where errors depend on more than any
fit has seen and too small an sd is worse than too large a one; and between, where their tails are longest."""
TILTED_DEG: Final = (10.0, 30.0)
_EDGE, _BATCH, _RATE, _DECAY = 4, 4096, 1e-2, 1e-4
_BEYOND_WEIGHT, _STEEP_WEIGHT = 3.0, 2.0
_SMALL = 1e-3
_DIGITS = 5
_SHADED = 0.01


@dataclass(frozen=True, slots=True)
class Sample:
    """Pixels with known slopes.

    Attributes
    ----------
    asked : float32 [m, n]
        The numbers of their blocks.
    error : float32 [m, 2]
        Of both components, over the noise unit.
    said : float32 [m]
        Sd as the network says it, over the noise unit.
    balance : float32 [m, 2]
        Weights of the two quantiles.
    weight : float32 [m]
    """

    asked: F32
    error: F32
    said: F32
    balance: F32
    weight: F32


def sd_table(networks: Recalibrated, frames: Iterable[Varied], seed: int = 0) -> SdTable:
    """Fit the table of one network.

    Parameters
    ----------
    networks
        With the factors on the sd that the table starts from, and without a table.
    frames
        From `varied`.
    """
    random = np.random.default_rng(seed)
    return fitted(joined(sampled(networks.model(one.instrument), one, random) for one in frames), seed)


def sampled(model: NetworkModel, frame: Varied, random: np.random.Generator) -> Sample:
    """Some pixels of one frame; the mean plane cannot be observed, so its error does not count."""
    seen = frame.seen
    read = model.read(seen.raw, seen.calibration)
    slope = model.surface(read, seen.calibration).slope
    asked = numbers_of(slope, read.slope_sd, read.noise_unit, seen.calibration.lag_memory)
    inside = np.s_[..., _EDGE:-_EDGE, _EDGE:-_EDGE]
    error = slope - seen.truth
    error -= error[inside].mean(axis=(1, 2), keepdims=True)
    rows, columns = error.shape[1] - 2 * _EDGE, error.shape[2] - 2 * _EDGE
    chosen = random.choice(rows * columns, min(PIXELS, rows * columns), replace=False)
    y, x = _EDGE + chosen // columns, _EDGE + chosen % columns
    tilt = np.degrees(np.arctan(np.hypot(*seen.truth[:, y, x])))
    shaded = np.zeros(len(y), np.bool_) if read.feigned is None else np.hypot(*read.feigned[:, y, x]) > _SHADED
    beyond = np.float32(_BEYOND_WEIGHT if frame.beyond else 1.0)
    return Sample(
        asked=np.ascontiguousarray(asked[:, y // BLOCK, x // BLOCK].T),
        error=(error[:, y, x].T / np.float32(read.noise_unit)).astype(np.float32),
        said=read.slope_sd[y, x] / np.float32(read.noise_unit),
        balance=balance_of(tilt, shaded | (frame.beyond == "lag")),
        weight=beyond * np.where(tilt > TILTED_DEG[0], np.float32(_STEEP_WEIGHT), np.float32(1.0)),
    )


def balance_of(tilt_deg: F32, doubtful: NDArray[np.bool_]) -> F32:
    """Weights of the two quantiles by true tilt, float32 [m, 2]."""
    wary = doubtful | (tilt_deg > TILTED_DEG[1])
    tilted = ~wary & (tilt_deg > TILTED_DEG[0])
    return np.select([wary[:, None], tilted[:, None]], [WARY, TILTED], USUAL).astype(np.float32)


def joined(samples: Iterable[Sample]) -> Sample:
    """All of them as one."""
    every = list(samples)
    return Sample(*(np.concatenate([getattr(one, f.name) for one in every]) for f in fields(Sample)))


def fitted(sample: Sample, seed: int = 0, steps: int = STEPS) -> SdTable:
    """The table with which the quantile losses are least."""
    centre, spread = sample.asked.mean(axis=0), np.maximum(sample.asked.std(axis=0), 1e-3)
    levelled = torch.tensor((sample.asked - centre) / spread).clamp(-FURTHEST, FURTHEST)
    left = torch.tensor(np.log((np.abs(sample.error) + _SMALL) / sample.said[:, None]))
    balance, weight = torch.tensor(sample.balance), torch.tensor(sample.weight)
    generator = torch.Generator().manual_seed(seed)
    hidden, out = _layers(levelled.shape[1], generator)
    held = [*hidden.parameters(), *out.parameters()]
    optimiser = torch.optim.AdamW(held, lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    for _ in range(steps):
        here = torch.randint(len(levelled), (_BATCH,), generator=generator)
        factor = out(torch.relu(hidden(levelled[here])))
        each = quantile_losses(left[here] - factor, balance[here])
        optimiser.zero_grad()
        ((each * weight[here]).sum() / weight[here].sum()).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return SdTable(
        version=VERSION,
        centre=_digits(centre),
        spread=_digits(spread),
        weight=tuple(_digits(row) for row in _with_constant(hidden).tolist()),
        share=_digits(_with_constant(out)[0].tolist()),
    )


def quantile_losses(left: Tensor, balance: Tensor) -> Tensor:
    """Of every pixel [m], from log |error| over sd [m, 2] and the weights of both quantiles [m, 2]."""
    total = torch.zeros_like(left)
    for k, (share, times) in enumerate(WITHIN):
        over = left - float(np.log(times))
        total = total + balance[:, k : k + 1] * torch.maximum(share * over, (share - 1.0) * over)
    return total.mean(dim=1)


def _layers(numbers: int, generator: torch.Generator) -> tuple[nn.Linear, nn.Linear]:
    """A table that says nothing yet."""
    hidden, out = nn.Linear(numbers, SUMS), nn.Linear(SUMS, 1)
    with torch.no_grad():
        for held in hidden.parameters():
            held.uniform_(-(numbers**-0.5), numbers**-0.5, generator=generator)
        for held in out.parameters():
            held.zero_()
    return hidden, out


def _with_constant(layer: nn.Linear) -> Tensor:
    return torch.cat([layer.weight, layer.bias[:, None]], dim=1).detach()


def _digits(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(float(f"{value:.{_DIGITS}g}") for value in values)
