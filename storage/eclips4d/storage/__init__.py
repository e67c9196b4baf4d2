"""The 4D store: raw frames first, results behind one atomic commit, readable by plain xarray at any moment.

`open` gives an `xarray.Dataset`, `StoreWriter` is the store's one owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eclips4d.storage.reader import StoredFrames, StoreSummary, open, summary

if TYPE_CHECKING:
    from eclips4d.storage.writer import StoreWriter

__all__ = ["StoreSummary", "StoreWriter", "StoredFrames", "open", "summary"]


def __getattr__(name: str) -> Any:
    """The writer when it is asked for: importing it takes half a second that whoever only reads need not wait."""
    if name != "StoreWriter":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from eclips4d.storage.writer import StoreWriter

    return StoreWriter
