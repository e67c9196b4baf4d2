"""An adapted model as files: the network with a card that holds the module and says what it came from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from eclips4d.core.errors import InputError
from eclips4d.core.source_tree import commit_of
from eclips4d.inference.finetune.model import table_of
from eclips4d.inference.networks.card import Trained, card_text
from eclips4d.inference.networks.pair import SIZES, read_pair
from eclips4d.inference.networks.weights import ENDING, Weights, read_weights
from eclips4d.pipeline.adaptation.adapting import ROUNDS, Adapted
from eclips4d.storage.durable import disk_errors, replace_file

ADAPTED = "-adapted"


@dataclass(frozen=True, slots=True)
class Told:
    """What the card says besides numbers.

    Attributes
    ----------
    run_id : str
    calibration : str
        Fingerprint of the calibration under which the frames were read.
    command : str
    minutes : float
    """

    run_id: str
    calibration: str
    command: str
    minutes: float


def folder_of(run: Path) -> Path:
    """Where an adapted model is written when nobody says otherwise."""
    return run.with_name(f"{run.name.removesuffix('.zarr')}{ADAPTED}")


def check_free(folder: Path) -> None:
    """Refuse a folder in which there is something.

    Raises
    ------
    InputError
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("there is something already", where=str(folder), cure="remove it, or give another --out")


def write_adapted(folder: Path, base: str, adapted: Adapted, told: Told) -> Weights:
    """Write `NAME-adapted.onnx` and its card; the model as it is read back.

    Parameters
    ----------
    base
        The model that was adapted, as of `load_model`.

    Raises
    ------
    DiskFullError, StoreError
        It cannot be written.
    """
    slopes, integrator = read_pair(base)
    name = f"{slopes.card.name.removesuffix(ADAPTED)}{ADAPTED}"
    card = slopes.card.model_copy(
        update={
            "name": name,
            "data": _data(slopes, adapted, told),
            "trained": _trained(slopes, told),
            "scores": {
                "misfit of held-out frames, fine-tune off": adapted.course[0],
                **{f"the same, fine-tune on, round {n}": value for n, value in enumerate(adapted.course[1:], start=1)},
                "mean tilt of their steep pixels moved, %": 100.0 * adapted.turned,
            },
            "finetune": table_of(adapted.module),
        }
    )
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if integrator is not None and slopes.card.integrator not in SIZES:
            _copy(Path(integrator.where), folder)
        path = folder / f"{name}{ENDING}"
        replace_file(path, slopes.onnx, folder / f"{name}.part")
        replace_file(path.with_suffix(".toml"), card_text(card).encode(), folder / f"{name}.part")
    return read_weights(path)


def _copy(onnx: Path, folder: Path) -> None:
    for file in (onnx, onnx.with_suffix(".toml")):
        replace_file(folder / file.name, file.read_bytes(), folder / f"{file.name}.part")


def _data(slopes: Weights, adapted: Adapted, told: Told) -> str:
    fitted, checked = (", ".join(str(frame) for frame in frames) for frames in (adapted.fitted, adapted.checked))
    return (
        f"frames {fitted} of run {told.run_id}, calibration {told.calibration}; checked on frames {checked}; "
        f"weights of {slopes.card.name} {slopes.fingerprint} unchanged, trained on: {slopes.card.data}"
    )


def _trained(slopes: Weights, told: Told) -> Trained:
    return Trained(
        date=datetime.now(UTC).date(),
        command=told.command,
        commit=commit_of(Path(__file__).parent),
        recipe=f"fine-tune module in closed form, {ROUNDS} rounds",
        seed=slopes.card.trained.seed,
        cores=len(os.sched_getaffinity(0)),
        minutes=round(told.minutes, 2),
    )
