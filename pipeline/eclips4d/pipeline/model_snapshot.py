"""A copy of a model inside the store that it is used for: what is done to its file later changes no frame."""

from __future__ import annotations

from pathlib import Path

from eclips4d.inference.models import MODELS
from eclips4d.inference.networks.pair import SIZES, read_pair
from eclips4d.storage.durable import disk_errors, sync_folder, write_synced
from eclips4d.storage.folder import JOURNAL

FOLDER = "models"
IN_STORE = "store:"
"""Begins the name of a model that lies in the store itself."""


def snapshot(name: str, store: Path) -> str:
    """The model's name for this store: that of one that comes with eclips4d, or of its copy; durable.

    Raises
    ------
    InputError
        There is no such model, its file is damaged, or it is for something else.
    DiskFullError, StoreError
        It cannot be copied.
    """
    if name in MODELS:
        return name
    slopes, integrator = read_pair(name)
    parts = [Path(name)]
    if integrator is not None and slopes.card.integrator not in SIZES:
        parts.append(Path(integrator.where))
    with disk_errors(store):
        _copy(parts, store / JOURNAL / FOLDER / slopes.fingerprint)
    copied = f"{IN_STORE}{slopes.fingerprint}/{Path(name).name}"
    read_pair(where_it_lies(copied, store))
    return copied


def where_it_lies(name: str, store: Path) -> str:
    """What `load_model` takes for a model of a store's schedule."""
    if not name.startswith(IN_STORE):
        return name
    return str(store.absolute() / JOURNAL / FOLDER / name.removeprefix(IN_STORE))


def _copy(parts: list[Path], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part in parts:
        for file in (part.with_suffix(".toml"), part):
            write_synced(folder / file.name, file.read_bytes())
    for made in (folder, folder.parent, folder.parent.parent):
        sync_folder(made)
