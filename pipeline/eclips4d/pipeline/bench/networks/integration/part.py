"""Part `integration` of `eclips4d bench networks`: the integrator against its peers, by noise and scene."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from eclips4d.pipeline.bench.networks.context import BenchContext
from eclips4d.pipeline.bench.networks.integration import pictures as drawing
from eclips4d.pipeline.bench.networks.integration import tables, timing
from eclips4d.pipeline.bench.networks.integration.cases import case
from eclips4d.pipeline.bench.networks.integration.contenders import PEERS, Contender
from eclips4d.pipeline.bench.networks.integration.contest import Contest, contest
from eclips4d.pipeline.bench.networks.integration.ours import integrator
from eclips4d.pipeline.bench.networks.integration.scenes import SCENES
from eclips4d.pipeline.bench.networks.judge.frame import DOSES
from eclips4d.pipeline.bench.rows import Row

SIZE, LARGE = 256, 512
LARGE_SCENE, LARGE_DOSE = "sharp steps", 1000.0


def rows(context: BenchContext) -> list[Row]:
    """All tables.

    Raises
    ------
    InputError
        A network's weights are missing.
    """
    ours = [integrator(model) for model in context.models]
    names = [contender.name for contender in ours]
    contests = all_contests(context.console, context.seeds, (*PEERS, *ours))
    large = large_contest(context.console, context.seeds, (*PEERS, *ours))
    timed = timing.rows_of(large, case(LARGE_SCENE, LARGE_DOSE, 0, LARGE), PEERS[0].name)
    return [*tables.rows_of([*contests, large], names), *timed]


def pictures(context: BenchContext, folder: Path) -> None:
    """Heights, errors, profiles and spectra beside each other."""
    drawing.draw(folder, [integrator(model) for model in context.models])


def all_contests(
    console: Console,
    seeds: int,
    contenders: Sequence[Contender],
    scenes: Sequence[str] = tuple(SCENES),
    doses: Sequence[float] = DOSES,
    size: int = SIZE,
) -> list[Contest]:
    """One contest per scene and dose; where parameters were best at one dose they are sought first at the next."""
    made = []
    for scene in scenes:
        before: dict[str, tuple[int, ...]] = {}
        for dose in doses:
            with console.status(f"integrators: {scene}, {dose:g} electrons"):
                name = f"{scene}, {dose:g} el."
                found = contest(name, [case(scene, dose, seed, size) for seed in range(seeds)], contenders, before)
            before = {entry.contender.name: entry.rungs for entry in found.entries.values() if entry.rungs}
            made.append(found)
    return made


def large_contest(console: Console, seeds: int, contenders: Sequence[Contender]) -> Contest:
    """One row of larger images."""
    with console.status(f"integrators: {LARGE}² pixels"):
        cases = [case(LARGE_SCENE, LARGE_DOSE, seed, LARGE) for seed in range(seeds)]
        return contest(f"{LARGE_SCENE}, {LARGE_DOSE:g} el., {LARGE}²", cases, contenders, {})
