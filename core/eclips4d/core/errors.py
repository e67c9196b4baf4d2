"""The one family of errors: each also is the builtin a caller would expect, and says what, where and what to do.

The command line prints `str(error)` as its one line and exits with `exit_code`: 2 for a wrong call or
unusable input, 1 for a failure.
"""

from __future__ import annotations

from typing import Self


class EclipsError(Exception):
    """Base of every error that eclips4d raises on purpose.

    Parameters
    ----------
    what : str
        What happened, as a sentence without a full stop.
    where : str, optional
        File, key, frame or address it happened at.
    cure : str, optional
        What the reader can do about it.
    """

    exit_code = 1

    def __new__(cls, *args: object, **_: object) -> Self:
        """Of the builtin that decides the object's layout: a copy or a pickled error may be made without arguments."""
        builtin = OSError if issubclass(cls, OSError) else Exception
        return builtin.__new__(cls, *args)

    def __init__(self, what: str, *, where: str = "", cure: str = "") -> None:
        self.what, self.where, self.cure = what, where, cure
        line = f"{where}: {what}" if where else what
        self.line = " ".join((f"{line}; {cure}" if cure else line).split())
        super().__init__(self.line)

    def __str__(self) -> str:
        return self.line


class InputError(EclipsError, ValueError):
    """A call or an input that cannot be used."""

    exit_code = 2


class RefusedStageError(InputError):
    """The store's owner lets this stage have no part in its run."""


class MissingInputError(InputError, FileNotFoundError):
    """A file or folder that is not there."""


class TruncatedInputError(InputError, EOFError):
    """A file that ends before its content does."""


class WireError(EclipsError, ValueError):
    """Bytes on a socket that are not one of our messages: counted and dropped by whoever receives them."""


class StoreError(EclipsError, OSError):
    """The store cannot be written or read."""


class OtherSourceError(InputError, FileExistsError):
    """The output store belongs to another source."""


class DiskFullError(InputError, OSError):
    """Too little room is left on the disk."""


class SourceError(EclipsError, RuntimeError):
    """A source of frames broke off."""


class StageDiedError(EclipsError, RuntimeError):
    """A stage process ended although it was still needed."""


class PeerTimeoutError(EclipsError, TimeoutError):
    """The other end of a socket said nothing for too long."""
