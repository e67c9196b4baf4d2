"""Checkpoints: a training that is interrupted goes on later as if it had not been."""

from __future__ import annotations

import io
import json
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import torch
import xxhash

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.storage.durable import disk_errors, replace_file
from eclips4d.training.recipe import Recipe
from eclips4d.training.team import ALONE, Team

State = dict[str, Any]
"""Tensors, numbers, text, and lists and dicts of these: nothing else is read back."""

MAGIC = b"eclips4d-checkpoint-1\n"
EVERY_S = 60.0


def save_checkpoint(path: Path, state: State) -> None:
    """Write all or nothing: whoever reads `path` finds the old checkpoint or the new one."""
    memory = io.BytesIO()
    torch.save(state, memory)
    data = memory.getvalue()
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, MAGIC + xxhash.xxh3_128_digest(data) + data, path.with_name(f"{path.name}.part"))


def load_checkpoint(path: Path, device: torch.device | str = "cpu") -> State:
    """What was saved, its tensors on a device.

    Raises
    ------
    MissingInputError
        There is none.
    InputError
        It is no checkpoint, or is damaged.
    """
    if not path.is_file():
        raise MissingInputError("no such checkpoint", where=str(path), cure="train without --resume")
    with disk_errors(path):
        whole = path.read_bytes()
    digest, data = whole[len(MAGIC) : len(MAGIC) + 16], whole[len(MAGIC) + 16 :]
    if not whole.startswith(MAGIC) or xxhash.xxh3_128_digest(data) != digest:
        raise InputError("no checkpoint, or a damaged one", where=str(path), cure="train without --resume")
    state: State = torch.load(io.BytesIO(data), map_location=device, weights_only=True)
    return state


class Keeper:
    """Saves a training every minute and on Ctrl-C, always between two steps.

    Used as a context manager around the loop; the second Ctrl-C ends at once, without saving.

    Parameters
    ----------
    path
        Of the checkpoint; None keeps nothing, and lets Ctrl-C end the training between two steps.
    resume
        Go on from the checkpoint at `path`.
    team
        All of it stop after the same step; its leader saves.
    """

    def __init__(
        self,
        path: Path | None,
        recipe: Recipe,
        *,
        resume: bool = False,
        every_s: float = EVERY_S,
        team: Team = ALONE,
    ):
        self._team = team
        self._path = path
        self._recipe = recipe
        self._resume = resume
        self._every_s = every_s
        self._saved = time.monotonic()
        self._interrupted = False
        self._before: Any = None

    def __enter__(self) -> Keeper:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None

    def restored(self, device: torch.device | str = "cpu") -> State | None:
        """What `offer` was given last, None when starting anew.

        Raises
        ------
        InputError
            The checkpoint is missing, damaged, or of a recipe that differs in more than its budget.
        """
        if not self._resume or self._path is None:
            return None
        kept = load_checkpoint(self._path, device)
        if not _alike(kept["recipe"], self._recipe):
            raise InputError(
                "the checkpoint is of another recipe",
                where=str(self._path),
                cure="resume with the recipe it was made with, or train without --resume",
            )
        state: State = kept["state"]
        return state

    def offer(self, state: Callable[[], State]) -> None:
        """Save if it is time; to be called after every step.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C was pressed; the state is saved.
        """
        if self._team.any(self._interrupted):
            self.save(state)
            raise KeyboardInterrupt
        if time.monotonic() - self._saved > self._every_s:
            self.save(state)

    def save(self, state: Callable[[], State]) -> None:
        """Save now."""
        self._saved = time.monotonic()
        if self._path is not None and self._team.leads:
            save_checkpoint(self._path, {"recipe": _without_budget(self._recipe), "state": state()})

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._interrupted:
            raise KeyboardInterrupt
        self._interrupted = True


def _without_budget(recipe: Recipe) -> str:
    return recipe.model_dump_json(exclude={"budget"})


def _alike(kept: str, recipe: Recipe) -> bool:
    """Whether they differ in nothing but the budget; what an older recipe did not know has its usual value."""
    try:
        before = Recipe.model_validate({**json.loads(kept), "budget": recipe.budget})
    except ValueError:  # of JSON and of pydantic
        return False
    return before == recipe
