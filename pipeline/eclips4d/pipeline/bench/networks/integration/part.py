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
from eclips4d.pipeline.bench.networks.integration.contest import Contest, Scored, contest
from eclips4d.pipeline.bench.networks.integration.kept import Kept, usual_folder
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
    names, contenders = [contender.name for contender in ours], (*PEERS, *ours)
    scored = Kept(usual_folder())
    contests = all_contests(context.console, context.seeds, contenders, scored)
    alike = next(c for c in contests if c.name == row_name(LARGE_SCENE, LARGE_DOSE))
    with context.console.status(f"integrators: {LARGE}² pixels"):
        cases = [case(LARGE_SCENE, LARGE_DOSE, seed, LARGE) for seed in range(context.seeds)]
        large = contest(f"{alike.name}, {LARGE}²", cases, contenders, scored, alike.rungs)
        timed = timing.rows_of(large, cases[0], PEERS[0].name)
    return [*tables.rows_of([*contests, large], names), *timed]


def pictures(context: BenchContext, folder: Path) -> None:
    """Heights, errors, profiles and spectra beside each other."""
    drawing.draw(folder, [integrator(model) for model in context.models], Kept(usual_folder()))


def all_contests(
    console: Console,
    seeds: int,
    contenders: Sequence[Contender],
    scored: Scored,
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
                cases = [case(scene, dose, seed, size) for seed in range(seeds)]
                made.append(contest(row_name(scene, dose), cases, contenders, scored, before))
            before = made[-1].rungs
    return made


def row_name(scene: str, dose: float) -> str:
    """As it stands in the tables."""
    return f"{scene}, {dose:g} el."
