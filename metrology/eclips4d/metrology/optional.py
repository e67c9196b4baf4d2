"""Packages that only some files need: asked for by name, with what to install when one is missing."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from eclips4d.core.errors import InputError


def needed(module: str, extra: str, where: Path | str = "") -> Any:
    """The module, imported.

    Parameters
    ----------
    module : str
        Its name; that of its package stands for what is installed.
    extra : str
        Which extra of eclips4d brings it.
    where : Path or str
        The file that needs it.

    Raises
    ------
    InputError
        It is not installed.
    """
    package = module.partition(".")[0]
    if find_spec(package) is None:
        raise InputError(f"{package} is not installed", where=str(where), cure=f"pip install 'eclips4d[{extra}]'")
    return import_module(module)
