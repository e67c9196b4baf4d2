"""`watch://PATH?key=value…`: which folder, and when a file in it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import unquote

from pydantic import Field, NonNegativeInt, field_validator

from eclips4d.acquisition.device_address import parse_query
from eclips4d.acquisition.naming import Pattern
from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.core.settings import Settings

SCHEME = "watch://"
Seconds = Annotated[float, Field(ge=0)]


class Watching(Settings):
    """Parameters of the address; times in seconds."""

    pattern: str = ""
    """Of the files' names: {segment}, {frame}, *; guessed from the first frame when empty."""
    poll: Annotated[float, Field(ge=0.01)] = 0.5
    """Between two looks at the folder."""
    settle: Seconds = 1.0
    """A file whose size and time have not changed for so long, and that is whole, is there."""
    gap: Seconds = 60.0
    """A frame that lacks a segment, or has a broken file, is given up so long after a later one is whole."""
    idle: Seconds | None = None
    """The source ends when nothing has come for so long; without it, when it is stopped."""
    wait: Seconds = 600.0
    """For the first frame."""
    first: NonNegativeInt | None = None
    """Number of the frame that is sequence 0; the first whole one that is there when empty."""

    @field_validator("pattern")
    @classmethod
    def _tells(cls, pattern: str) -> str:
        if pattern and not Pattern(pattern).has_frame:
            raise ValueError("names one frame only; it needs {frame}")
        return pattern


def parse_watch(address: str) -> tuple[Path, Watching]:
    """Folder and parameters.

    Raises
    ------
    InputError
        No such folder, or a bad parameter.
    """
    path = Path(unquote(address.removeprefix(SCHEME).split("?", 1)[0]) or ".")
    watching = parse_query(Watching, address)
    if not path.exists():
        raise MissingInputError("no such folder", where=str(path), cure="create it, then start the microscope's export")
    if not path.is_dir():
        raise InputError("not a folder", where=str(path), cure="give the folder that the files come into")
    return path, watching
