"""A store in a bucket brought back onto a disk, where a run can go on in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from eclips4d.storage.durable import disk_errors, sync_folder
from eclips4d.storage.folder import load_record
from eclips4d.storage.lease import CLOCK, LOCK, Lease
from eclips4d.storage.objects import Objects
from eclips4d.storage.spoken_of import given_up

AT_A_TIME = 8
"""Objects that are fetched at a time."""


def fetch(place: str, root: Path, report: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Copy a store out of a bucket; it has its name once it is whole and durable.

    Parameters
    ----------
    place : str
        `s3://BUCKET/RUN.zarr`.
    root : Path
        Folder of the store, which is not there yet, in one that is.
    report
        Is told how many files are there, of how many.

    Raises
    ------
    InputError
        There is no store in that place, or it cannot be read.
    StoreError
        Somebody writes there; the disk is full or refuses.
    BucketCutError
        The server cannot be reached.
    """
    objects, record = Objects(place), load_record(Path(place))
    lease, begun = Lease.take(objects), root.with_name(f".{root.name}.fetching")
    try:
        keys = objects.sizes().keys() - {LOCK, CLOCK}
        keys -= set(given_up(record, keys)) if record.together else set()
        with disk_errors(root):
            shutil.rmtree(begun, ignore_errors=True)
            _copy(objects, sorted(keys), begun, lease, report)
            os.sync()
            begun.rename(root)
            sync_folder(root.parent)
    finally:
        shutil.rmtree(begun, ignore_errors=True)
        lease.release()


def _copy(objects: Objects, keys: list[str], folder: Path, lease: Lease, report: Callable[[int, int], None]) -> None:
    for below in {(folder / key).parent for key in keys}:
        below.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="fetch") as pool:
        fetched = [pool.submit(objects.fetch, key, folder / key) for key in keys]
        try:
            for done, file in enumerate(as_completed(fetched), 1):
                file.result()
                lease.renew()
                report(done, len(keys))
        finally:
            pool.shutdown(cancel_futures=True)
