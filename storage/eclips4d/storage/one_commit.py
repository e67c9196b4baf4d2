"""A store as it was at one commit: whoever asks it several things gets answers that go together, and reads it once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from eclips4d.storage.folder import load_document, record_of
from eclips4d.storage.reader import StoreSummary, dataset_of, summary_of
from eclips4d.storage.record import Record

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class OneCommit:
    """The newest commit of a store when it was looked at.

    Attributes
    ----------
    path : Path
        On a disk, or in a bucket.
    document : dict
        The text of the group's `zarr.json`, decoded.
    """

    path: Path
    document: dict[str, dict[str, object]]

    @classmethod
    def of(cls, path: Path) -> OneCommit:
        """Look; errors as in `eclips4d.storage.open`."""
        return cls(path, load_document(path))

    @cached_property
    def record(self) -> Record:
        """What it says."""
        return record_of(self.path, self.document)

    @cached_property
    def summary(self) -> StoreSummary:
        """The same, for those who do not write stores."""
        return summary_of(self.path, self.document, self.record)

    def dataset(self, *, recorded: bool = False) -> xr.Dataset:
        """As of `eclips4d.storage.open`."""
        return dataset_of(self.path, self.document, recorded=recorded)
