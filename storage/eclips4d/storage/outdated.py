"""What was made of a finished store and no longer holds once it is written again."""

from __future__ import annotations

import shutil

import msgspec

from eclips4d.core.errors import StoreError
from eclips4d.storage.arrays import Arrays
from eclips4d.storage.folder import PYRAMIDS
from eclips4d.storage.record import Record


def drop_pyramids(arrays: Arrays) -> None:
    """Commit that there are no pyramids, then delete them: a frame is about to change."""
    arrays.switch(msgspec.structs.replace(arrays.record, pyramids=0), [])
    shutil.rmtree(arrays.root / PYRAMIDS, ignore_errors=True)


def refuse_compacted(record: Record, sequence: int, where: str) -> None:
    """Refuse to record a new frame where files hold several: each would have to be written again for it.

    Raises
    ------
    StoreError
        The store was compacted.
    """
    if record.together and sequence >= record.recorded:
        raise StoreError(
            "was compacted after its run had ended and takes no more frames", where=where, cure="choose another --out"
        )
