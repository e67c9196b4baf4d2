"""Adding to the events of a store that nobody is writing: whoever adds is its owner for as long as that takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from eclips4d.storage.durable import append_line, disk_errors
from eclips4d.storage.folder import EVENTS, ROOT, load_record, lock_path
from eclips4d.storage.lock import acquire, release
from eclips4d.storage.recover import end_torn_line


def add_event(root: Path, event: Mapping[str, object]) -> None:
    """Append one line to `events.jsonl`; durable on return. Nothing else of the store is touched.

    Raises
    ------
    InputError
        It is no store.
    StoreError
        Another process is writing it; or it cannot be locked or written here.
    DiskFullError
        No room is left.
    """
    load_record(root)
    lock = acquire(lock_path(root), root, root / ROOT)
    try:
        with disk_errors(root):
            end_torn_line(root / EVENTS)
            append_line(root / EVENTS, msgspec.json.encode(event))
    finally:
        release(lock)
