"""Where the owner of a store can be reached, for a window that the run has not opened itself."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import NamedTuple

from eclips4d.core.errors import InputError
from eclips4d.pipeline.security.addresses import is_private
from eclips4d.storage.folder import lock_path
from eclips4d.storage.lock import held, owner


class Ways(NamedTuple):
    """Addresses of the owner's notices, and where it takes notes; None where there is none."""

    notices: str | None = None
    notes: str | None = None


def ways_to_owner(store: Path) -> Ways:
    """What the text of the store's lock tells.

    Only those of a writer that is at work on this host and that nobody else can reach: a store may come from anywhere.
    """
    lock = lock_path(store)
    found = owner(lock) if lock.exists() and held(lock) else None
    if found is None or found.host != socket.gethostname():
        return Ways()
    return Ways(_private(found.notices), _private(found.notes))


def _private(address: str) -> str | None:
    try:
        return address if is_private(address) and not address.startswith("inproc:") else None
    except InputError:
        return None
