"""One process of a team: learns two steps from its share of made-up batches, and saves what it has learnt.

`torchrun --nproc-per-node 2 team_member.py FOLDER`; imported, the batches that a training alone has to be shown.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

from eclips4d.inference.networks.features import PLANES
from eclips4d.training.recipe import Recipe, load_recipe
from eclips4d.training.slopes.kept import Measured
from eclips4d.training.slopes.learner import Learner
from eclips4d.training.team import ALONE, Team, team

STEPS, BATCH, SIDE = 2, 4, 32


def recipe() -> Recipe:
    values = load_recipe("slopes-quick").model_dump()
    values["network"] |= {"base": 4, "size": "tiny"}
    return Recipe.model_validate(values)


def learnt(ours: Team = ALONE) -> torch.Tensor:
    """Weights after all steps, of this member's images of each batch."""
    learner = Learner(recipe(), torch.device("cpu"), team=ours)
    for step in range(STEPS):
        random = np.random.default_rng(step)
        planes, *maps = (
            torch.from_numpy(random.normal(size=(BATCH, of, SIDE, SIDE)).astype(np.float32))[ours.rank :: ours.size]
            for of in (len(PLANES), 2, 2, 2)
        )
        gradient, rotation, target = maps
        with torch.autocast("cpu", enabled=False):
            learner.learn(planes, Measured(gradient, 0.1 * rotation), target, 0.5, step)
    return torch.cat([weight.detach().flatten() for weight in learner.network.parameters()])


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    with team("cpu") as (ours, _):
        assert ours.told(0.25 + ours.rank) == 0.25
        assert ours.any(ours.rank == 1) and not ours.any(False)
        torch.save(learnt(ours), folder / f"rank-{ours.rank}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
