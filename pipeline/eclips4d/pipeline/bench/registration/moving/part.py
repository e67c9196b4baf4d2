"""Part `moving` of `eclips4d bench registration`: drift where part of the scene moves, beside other methods."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eclips4d.pipeline.bench.registration.context import RegistrationContext
from eclips4d.pipeline.bench.registration.moving import scenes
from eclips4d.pipeline.bench.registration.moving.contest import Cell, cell, won
from eclips4d.pipeline.bench.registration.moving.methods import OURS, PEERS, SMOOTHED
from eclips4d.pipeline.bench.registration.moving.scenes import Kind
from eclips4d.pipeline.bench.rows import Row

RISERS = "Risers that flow: rms drift error of ours over that of the best other method"
BUMPS = "Round bumps that travel: rms drift error of ours over that of the best other method"
RISERS_PX = "Risers that flow: rms drift error of every method, px"
BUMPS_PX = "Round bumps that travel: rms drift error of every method, px"
SEEDS = 3
SHARES = (0.0, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
SPEEDS_PX = (0.05, 0.3, 2.0)
BUMP_SHARES, BUMP_SPEEDS_PX = (0.25, 0.50, 0.75), (0.3, 2.0)


def rows(context: RegistrationContext) -> list[Row]:
    """All tables."""
    seeds, console = context.seeds or SEEDS, context.console
    for peer in PEERS:
        if not peer.there:
            console.print(f"{peer.name} is not compared: its package is not installed", highlight=False)
    made: list[Row] = []
    sweeps: tuple[tuple[Kind, str, str, list[tuple[float, float]]], ...] = (
        ("risers", RISERS, RISERS_PX, risers_cases()),
        ("bumps", BUMPS, BUMPS_PX, [(share, speed) for share in BUMP_SHARES for speed in BUMP_SPEEDS_PX]),
    )
    for kind, table, table_px, cases in sweeps:
        found = {}
        for share, speed in cases:
            with console.status(f"{kind}: {_named(share, speed)}"):
                found[_named(share, speed)] = cell(kind, share, speed, seeds)
        made += [*verdict_rows(table, found, seeds), *error_rows(table_px, found, seeds)]
    return made


def pictures(context: RegistrationContext, folder: Path) -> None:
    """Errors over the moving share."""
    from eclips4d.pipeline.bench.registration.moving.pictures import draw

    draw(context.seeds or SEEDS, folder)


def risers_cases() -> list[tuple[float, float]]:
    """Shares and speeds; without anything that moves there is but one speed."""
    return [(share, speed) for share in SHARES for speed in (SPEEDS_PX if share else SPEEDS_PX[:1])]


def verdict_rows(table: str, cells: dict[str, Cell], seeds: int) -> list[Row]:
    """Whether ours is the best of each cell."""
    compared = [found.against_best().mean for found in cells.values() if found.best_peer]
    wins = sum(ratio < 1.0 for ratio in compared)
    made = [_seeds_row(table, seeds), Row(table, f"rows of {len(compared)} in which no other method is better", wins)]
    for name, found in cells.items():
        if not found.best_peer:
            made.append(Row(table, f"{name}: nothing to compare with is installed", float("nan")))
            continue
        ratio = found.against_best()
        what = f"{name}: over {found.best_peer} [{ratio.low:.2g}, {ratio.high:.2g}]"
        made.append(Row(table, what, ratio.mean, "≤ 1 or 1 within", won(ratio)))
    return made


def error_rows(table: str, cells: dict[str, Cell], seeds: int) -> list[Row]:
    """All methods beside each other; the value is ours."""
    made = [_seeds_row(table, seeds)]
    for name, found in cells.items():
        others = " · ".join(f"{method} {found.mean(method):.3g}" for method in found.errors if method != OURS)
        spread = found.errors[OURS]
        said = f"{name}: {OURS} ({spread.min():.3g}–{spread.max():.3g}) beside {others}"
        made.append(Row(table, said, found.mean(OURS)))
    return made


def _seeds_row(table: str, seeds: int) -> Row:
    size = f"{scenes.FRAMES} frames of 4 × {scenes.SIZE}², {scenes.DOSE:g} electrons"
    return Row(table, f"seeds, {size}; geometric means [paired 95 % interval], (range over seeds)", seeds)


def _named(share: float, speed: float) -> str:
    if not share:
        return "nothing moving"
    return f"{100 * share:.0f} % moving, {speed:g} px a frame ({fooled_px(speed):.2g} px rms)"


def fooled_px(speed: float) -> float:
    """Rms error of whoever takes what moves for the specimen, px."""
    return speed * float(np.sqrt(np.mean(np.arange(1, scenes.FRAMES) ** 2)))


def case_of(kind: Kind, share: float, speed: float, seeds: int) -> Cell:
    """A cell that has been measured, or is measured now; without anything that moves the speed does not matter."""
    return cell(kind, share, speed if share else SPEEDS_PX[0], seeds)


METHODS = (OURS, SMOOTHED, *(peer.name for peer in PEERS))
