"""The training of integrators: one or several learn from the same stream of slopes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from torch import nn

from eclips4d.training.checkpoint import Keeper
from eclips4d.training.integrator.composed import Batch
from eclips4d.training.integrator.learner import Learner
from eclips4d.training.integrator.stream import batches
from eclips4d.training.progress import BudgetClock, OnProgress, Progress, silent
from eclips4d.training.recipe import Recipe
from eclips4d.training.team import ALONE, Team


def train_integrators(
    recipes: Sequence[Recipe],
    on_progress: OnProgress = silent,
    device: str = "cpu",
    *,
    checkpoint: Path | None = None,
    resume: bool = False,
    begin: Path | None = None,
    team: Team = ALONE,
) -> list[nn.Module]:
    """Train networks together; slopes are made once for all of them.

    Parameters
    ----------
    recipes
        One per network; data, budget and seed are those of the first.
    checkpoint
        File to which the state goes every minute.
    resume
        Go on from it, with other images than those seen before.
    begin
        Folder of weights to begin with.
    team
        Of processes that train the same networks, each on images of its own.

    Returns
    -------
    list of nn.Module
        The running averages of the weights, on the CPU.
    """
    first, place = recipes[0], torch.device(device)
    if first.budget.threads:
        torch.set_num_threads(first.budget.threads)
    learners = [Learner(recipe, place, begin, team) for recipe in recipes]
    with Keeper(checkpoint, first, resume=resume, team=team) as keeper:
        step, elapsed = _restore(learners, keeper.restored(place))
        stream = batches(first.data, team.seed(first.seed) + step)
        clock = BudgetClock(first.budget, elapsed)
        while (share := team.told(clock.share(step))) < 1.0:
            batch = _moved(next(stream), place)
            found = [learner.learn(batch, share, step) for learner in learners]
            step += 1
            measures = {
                f"{recipe.network.name} {band}": value
                for recipe, losses in zip(recipes, found, strict=True)
                for band, value in enumerate(losses.bands)
            }
            on_progress(Progress(step, clock.share(step), float(found[0].total.detach()), clock.elapsed_s, measures))
            keeper.offer(lambda: _state(learners, step, clock.elapsed_s))  # noqa: B023
    return [learner.average.to("cpu").eval() for learner in learners]


def _moved(batch: Batch, device: torch.device) -> Batch:
    return Batch(**{field.name: getattr(batch, field.name).to(device) for field in fields(Batch)})


def _state(learners: list[Learner], step: int, elapsed_s: float) -> dict[str, Any]:
    return {"step": step, "elapsed_s": elapsed_s, "learners": [learner.state() for learner in learners]}


def _restore(learners: list[Learner], state: dict[str, Any] | None) -> tuple[int, float]:
    if state is None:
        return 0, 0.0
    for learner, saved in zip(learners, state["learners"], strict=True):
        learner.restore(saved)
    return int(state["step"]), float(state["elapsed_s"])
