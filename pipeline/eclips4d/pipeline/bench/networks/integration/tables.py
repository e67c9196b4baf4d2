"""What a contest says, as rows: ours against the best peer, by band, all peers, step heights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eclips4d.pipeline.bench.networks.integration.contest import Contest, geometric_mean
from eclips4d.pipeline.bench.networks.integration.scores import BANDS
from eclips4d.pipeline.bench.networks.slopes.scores import Interval, ratio_interval
from eclips4d.pipeline.bench.rows import Row

AGAINST = "Integrator {}: rms height error over that of the best peer of each row"
BAND = "Integrator {}: the same by wavelength, each over the peer that is best in that band"
EACH = "Rms height error of every integrator, nm: geometric mean over seeds"
STEP = "Height of steps over the true one − 1, %: mean over seeds"

LEAST_SEEDS = 10
"""With fewer an interval is so wide that it holds everything."""


def rows_of(contests: Sequence[Contest], ours: Sequence[str]) -> list[Row]:
    """All tables.

    Parameters
    ----------
    ours
        Names of the entries under test; all others are peers, least squares first.
    """
    made: list[Row] = []
    for name in ours:
        made += [_against(AGAINST.format(name), c, name, ours) for c in contests]
    for name in ours:
        made += [_band(BAND.format(name), c, name, ours, k) for c in contests for k in range(len(BANDS))]
    made += [_each(c) for c in contests]
    return made + [_step(c, ours) for c in contests if c.steps]


def within(ratio: Interval) -> bool:
    """Ours is better, or the interval reaches to where it is."""
    return ratio.mean <= 1.0 or ratio.low <= 1.0


def peers_of(contest: Contest, ours: Sequence[str]) -> list[str]:
    """Names of all entries but ours."""
    return [name for name in contest.entries if name not in ours]


def _against(table: str, contest: Contest, name: str, ours: Sequence[str]) -> Row:
    best = contest.best(peers_of(contest, ours))
    ratio = ratio_interval(contest.entries[name].rms, best.rms)
    what = f"{contest.name}: {_said(ratio)} of {_named(contest, best.contender.name)}"
    if len(best.scores) < LEAST_SEEDS:
        return Row(table, what, ratio.mean, f"not judged by less than {LEAST_SEEDS} seeds")
    return Row(table, what, ratio.mean, "≤ 1 or 1 within", within(ratio))


def _band(table: str, contest: Contest, name: str, ours: Sequence[str], band: int) -> Row:
    peers = (contest.entries[peer] for peer in peers_of(contest, ours))
    best = min(peers, key=lambda entry: geometric_mean(entry.band(band)))
    ratio = ratio_interval(contest.entries[name].band(band), best.band(band))
    return Row(table, f"{contest.name}, {BANDS[band]}: {_said(ratio)} of {best.contender.name}", ratio.mean)


def _each(contest: Contest) -> Row:
    said = " · ".join(f"{name} {entry.mean:.3g}" for name, entry in contest.entries.items())
    return Row(EACH, f"{contest.name}: {said}", min(entry.mean for entry in contest.entries.values()))


def _step(contest: Contest, ours: Sequence[str]) -> Row:
    peers = peers_of(contest, ours)
    names = (*dict.fromkeys([peers[0], contest.best(peers).contender.name]), *ours)
    bias = {name: 100.0 * float(np.mean([s.step for s in contest.entries[name].scores])) for name in names}
    said = " · ".join(f"{name} {value:+.2f}" for name, value in bias.items())
    return Row(STEP, f"{contest.name}: {said}", bias[names[-1]])


def _said(ratio: Interval) -> str:
    return f"{ratio.low:.3f}–{ratio.high:.3f}"


def _named(contest: Contest, name: str) -> str:
    """A peer with what was chosen for it."""
    entry = contest.entries[name]
    chosen = ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in entry.parameters.values())
    return f"{name} ({chosen})" if chosen else name
