"""The training of slopes networks: one or several learn from the same stream of images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from eclips4d.training.checkpoint import Keeper
from eclips4d.training.progress import BudgetClock, OnProgress, Progress, silent
from eclips4d.training.recipe import Recipe
from eclips4d.training.slopes.kept import Measured
from eclips4d.training.slopes.learner import Learner
from eclips4d.training.slopes.stream import Stream
from eclips4d.training.team import ALONE, Team


def train_slopes(
    recipes: Sequence[Recipe],
    on_progress: OnProgress = silent,
    device: str = "cpu",
    *,
    checkpoint: Path | None = None,
    resume: bool = False,
    begin: Path | None = None,
    team: Team = ALONE,
) -> list[nn.Module]:
    """Train networks together; images are rendered once for all of them.

    Parameters
    ----------
    recipes
        One per network; data, mining, pre-training, budget and seed are those of the first.
    checkpoint
        File to which the state goes every minute.
    resume
        Go on from it.
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
        state = keeper.restored(place)
        step, elapsed = _restore(learners, state)
        seen = first.model_copy(update={"seed": team.seed(first.seed)})
        # What the leader's stream remembers of its images is of no use to others: theirs begin anew.
        with Stream(seen, step, state.get("stream") if state is not None and team.leads else None) as stream:
            clock = BudgetClock(first.budget, elapsed)
            while (share := team.told(clock.share(step))) < 1.0:
                losses = _learn(learners, stream, share, step, place, afm=share < first.pre_training.share)
                step += 1
                measures = {recipe.network.name: float(loss) for recipe, loss in zip(recipes, losses, strict=True)}
                on_progress(Progress(step, clock.share(step), float(losses[0]), clock.elapsed_s, measures))
                keeper.offer(lambda: _state(learners, step, clock.elapsed_s) | {"stream": stream.state()})  # noqa: B023
    return [learner.average.to("cpu").eval() for learner in learners]


def _learn(
    learners: list[Learner], stream: Stream, share: float, step: int, place: torch.device, *, afm: bool
) -> list[np.float64]:
    batch = stream.batch(step, afm=afm)
    planes = torch.from_numpy(batch.planes).to(place).to(memory_format=torch.channels_last)
    gradient, rotation, target = (
        torch.from_numpy(of).to(place) for of in (batch.gradient, batch.rotation, batch.target)
    )
    measured = Measured(gradient, rotation)
    found = [learner.learn(planes, measured, target, share, step) for learner in learners]
    stream.learnt(batch, np.mean(found, axis=0))
    return [losses.mean() for losses in found]


def _state(learners: list[Learner], step: int, elapsed_s: float) -> dict[str, Any]:
    return {"step": step, "elapsed_s": elapsed_s, "learners": [learner.state() for learner in learners]}


def _restore(learners: list[Learner], state: dict[str, Any] | None) -> tuple[int, float]:
    if state is None:
        return 0, 0.0
    for learner, saved in zip(learners, state["learners"], strict=True):
        learner.restore(saved)
    return int(state["step"]), float(state["elapsed_s"])
