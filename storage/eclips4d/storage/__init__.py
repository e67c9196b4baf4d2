"""The 4D store: raw frames first, results behind one atomic commit, readable by plain xarray at any moment.

`open` gives an `xarray.Dataset`, `StoreWriter` is the store's one owner.
"""

from eclips4d.storage.reader import StoredFrames, StoreSummary, open, summary
from eclips4d.storage.writer import StoreWriter

__all__ = ["StoreSummary", "StoreWriter", "StoredFrames", "open", "summary"]
