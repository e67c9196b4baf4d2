"""`eclips4d train`: networks from simulated images, and what their cards say of uncertainty."""

from __future__ import annotations

import os
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import Parameter, validators
from rich.console import Console

from eclips4d.core.errors import InputError

if TYPE_CHECKING:
    from eclips4d.training.recipe import Recipe
    from eclips4d.training.team import Team
    from eclips4d.training.vft.recipe import VisionRecipe

    AnyRecipe = TypeVar("AnyRecipe", Recipe, VisionRecipe)

KINDS = ("slopes", "integrator", "mapper")
COVERAGE, INTEGERS = "coverage", "integers"
VISION_FIELD = "vft"
NEEDED = ("torch", "onnx", "openvino")


def train(
    name: str | None = None,
    /,
    *,
    quick: Annotated[bool, Parameter(negative=())] = False,
    size: Annotated[list[str] | None, Parameter(negative="")] = None,
    minutes: Annotated[float | None, Parameter(validator=validators.Number(gt=0))] = None,
    out: Path = Path("trained"),
    device: str = "auto",
    threads: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    seed: Annotated[int | None, Parameter(validator=validators.Number(gte=0))] = None,
    resume: Annotated[bool, Parameter(negative=())] = False,
    begin: Path | None = None,
    rate: Annotated[float | None, Parameter(validator=validators.Number(gt=0))] = None,
) -> int:
    """Train networks on simulated images and write weights that `run --model FILE` takes.

    Example: `eclips4d train --quick --out toy` and then `eclips4d run SOURCE --model toy/slopes-quick.onnx`

    Several processes or GPUs train one network together, each on images of its own, when torch's launcher starts them:
    `torchrun --nproc-per-node 2 -m eclips4d.pipeline train slopes`.

    A checkpoint is written every minute and on Ctrl-C; `--resume` goes on from it.

    `eclips4d train coverage --size live --size best --out FOLDER` trains nothing: it fits what the cards of slopes
    networks that lie in a folder say of their uncertainty, on held-out frames, and writes it into them.

    `eclips4d train integers --size live --out FOLDER` writes into them how large numbers become inside, on such frames:
    processors with instructions for int8 then compute layers below the finest level in it.

    Parameters
    ----------
    name
        `slopes` or `integrator`, `mapper` (slopes to heights without physics, for comparison), a recipe, `NAME.toml`,
        `vft` (the vision field transformer), `coverage`, or `integers`.
    quick
        Toys in less than two minutes: a slopes network and an integrator, or only what is named.
    size
        `live` or `best`; given twice, both are trained on the same images. `live` when not given.
    minutes
        Time to train, in place of the recipe's.
    out
        Folder for weights, cards and the checkpoint; of the weights, for `coverage` and `integers`.
    device
        cpu, cuda, or auto: a GPU when there is one. Training has been run on processors only so far.
    threads
        Of the processor; all when not given.
    seed
        Another seed than the recipe's: other images, other weights.
    resume
        Go on from the checkpoint in `out`.
    begin
        Folder of weights of the same names to begin with; layers of another shape begin anew.
    rate
        Highest learning rate, in place of the recipe's: half of it or less for weights that have learned before.
    """
    _check_installed()
    if name in (COVERAGE, INTEGERS, VISION_FIELD) and os.environ.get("WORLD_SIZE", "1") != "1":
        raise InputError(f"{name} takes one process", cure="start it without torchrun")
    if name == COVERAGE:
        return _cover(size or ["live"], out, seed or 0)
    if name == INTEGERS:
        return _tell_integers(size or ["live"], out, seed or 0)
    if name == VISION_FIELD:
        return _train_vision_field(quick, minutes, threads, seed, rate, out)
    from eclips4d.training.run import device_of
    from eclips4d.training.team import team

    # Integrators first: the card of a slopes network names the one that goes with it.
    groups = [
        {key: _changed(recipe, minutes, threads, seed, rate) for key, recipe in group.items()}
        for group in reversed(_groups(name, quick, size))
    ]
    with team(device_of(device)) as (ours, on):
        return _train_networks(groups, ours, on, out, resume=resume, begin=begin)


def _train_networks(
    groups: list[dict[str, Recipe]], ours: Team, on: str, out: Path, *, resume: bool, begin: Path | None
) -> int:
    from eclips4d.pipeline.training_progress import TrainingProgress
    from eclips4d.training.run import train_and_publish

    console = Console(markup=False, quiet=not ours.leads)
    command = shlex.join(["eclips4d", *sys.argv[1:]])
    show = TrainingProgress(console)
    where = on if ours.size == 1 else f"{ours.size} processes, each on {on.partition(':')[0]}"
    for recipes in groups:
        names = [recipe.network.name for recipe in recipes.values()]
        try:
            with show.live(f"{', '.join(names)} on {where}"):
                pairs = {key: _integrator_of(recipe, out) for key, recipe in recipes.items()}
                made = train_and_publish(
                    recipes, out, command, show, on, integrators=pairs, resume=resume, begin=begin, team=ours
                )
        except KeyboardInterrupt:
            console.print(f"stopped; {command} --resume goes on", highlight=False, soft_wrap=True)
            raise
        for one in made:
            scores = "".join(f"\n  {key}: {value:.4g}" for key, value in one.scores.items())
            console.print(f"{one.path}{scores}", highlight=False, soft_wrap=True)
    return 0


def _cover(sizes: list[str], folder: Path, seed: int) -> int:
    """Fit the uncertainty of slopes networks on the same frames."""
    from eclips4d.inference.networks.weights import ENDING
    from eclips4d.training.coverage.card import cover
    from eclips4d.training.coverage.held_out import held_out
    from eclips4d.training.coverage.models import recalibrated
    from eclips4d.training.coverage.twice import taken_twice
    from eclips4d.training.coverage.varied import varied

    console = Console(markup=False)
    paths = [folder / f"slopes-{size}{ENDING}" for size in sizes]
    for path in paths:
        recalibrated(path)  # what is missing is said before frames are made
    with console.status("held-out frames"):
        frames, others, twice = held_out(seed), list(varied(seed)), list(taken_twice(seed))
    for path in paths:
        with console.status(f"stated uncertainty of {path.name}"):
            table = cover(path, frames, others, twice)
        factors = "".join(f"\n  {key}: {value:g}" for key, value in table.items())
        console.print(f"{path.with_suffix('.toml')}{factors}", highlight=False, soft_wrap=True)
    return 0


def _tell_integers(sizes: list[str], folder: Path, seed: int) -> int:
    """What layers in int8 need, of the slopes networks in a folder."""
    from eclips4d.inference.networks.weights import ENDING, read_weights
    from eclips4d.training.coverage.held_out import held_out
    from eclips4d.training.integers import tell_integers

    console = Console(markup=False)
    paths = [folder / f"slopes-{size}{ENDING}" for size in sizes]
    for path in paths:
        read_weights(path)  # what is missing is said before frames are made
    with console.status("held-out frames"):
        frames = held_out(seed)
    for path in paths:
        found = tell_integers(path, frames)
        lines = "".join(f"\n  {name}: {value:g}" for name, value in found.items())
        console.print(f"{path.with_suffix('.toml')}{lines}", highlight=False, soft_wrap=True)
    return 0


def _train_vision_field(
    quick: bool, minutes: float | None, threads: int | None, seed: int | None, rate: float | None, out: Path
) -> int:
    """Small, on the processor and without checkpoints."""
    from eclips4d.pipeline.training_progress import TrainingProgress
    from eclips4d.training.vft.publish import train_and_publish_vision_field
    from eclips4d.training.vft.recipe import load_vision_recipe

    name = f"{VISION_FIELD}-quick" if quick else VISION_FIELD
    recipe, console = _changed(load_vision_recipe(name), minutes, threads, seed, rate), Console(markup=False)
    show = TrainingProgress(console)
    with show.live(f"{name} on cpu"):
        made = train_and_publish_vision_field(recipe, name, out, shlex.join(["eclips4d", *sys.argv[1:]]), show)
    scores = "".join(f"\n  {key}: {value:.4g}" for key, value in made.scores.items())
    console.print(f"{made.path}{scores}", highlight=False, soft_wrap=True)
    return 0


def _groups(name: str | None, quick: bool, size: list[str] | None) -> list[dict[str, Recipe]]:
    """Recipes by name, those that are trained together in one group."""
    from eclips4d.training.recipe import load_recipe

    if quick:
        if name not in (None, *KINDS[:2]) or size:
            raise InputError(f"no quick recipe for {name or 'a size'}", cure="take slopes, integrator or neither")
        kinds = KINDS[:2] if name is None else (name,)
        return [{f"{kind}-quick": load_recipe(f"{kind}-quick")} for kind in kinds]
    if name is None:
        raise InputError("nothing to train", cure="take slopes or integrator, give a recipe, NAME.toml, or --quick")
    if name not in KINDS:
        return [{Path(name).name: load_recipe(name)}]
    names = [f"{name}-{one}" for one in size or ("live",)]
    return [{one: load_recipe(one) for one in names}]


def _integrator_of(recipe: Recipe, out: Path) -> str:
    """For the card of a slopes network: the one of the same size beside it, else that of the package's models."""
    from eclips4d.inference.networks.pair import SIZES

    beside = f"integrator-{recipe.network.size}.onnx"
    if (out / beside).is_file():
        return beside
    return SIZES[0]


def _changed(
    recipe: AnyRecipe, minutes: float | None, threads: int | None, seed: int | None, rate: float | None
) -> AnyRecipe:
    """With what the command line says instead."""
    budget = recipe.budget.model_dump()
    budget |= {} if minutes is None else {"minutes": minutes, "steps": None}
    budget |= {} if threads is None else {"threads": threads}
    changed = recipe.model_dump() | {"budget": budget} | ({} if seed is None else {"seed": seed})
    changed["optimisation"] |= {} if rate is None else {"lr": rate}
    return type(recipe).model_validate(changed)


def _check_installed() -> None:
    missing = [package for package in NEEDED if find_spec(package) is None]
    if missing:
        raise InputError(f"training needs {', '.join(missing)}", cure="pip install 'eclips4d[train]'")
