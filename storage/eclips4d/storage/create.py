"""A new store: built under a hidden name, complete and durable, then renamed into place."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from eclips4d.core.errors import InputError, StoreError
from eclips4d.storage.columns import Column
from eclips4d.storage.commit import RootText, publish, write_array_metadata
from eclips4d.storage.durable import disk_errors, sync_folder, write_synced
from eclips4d.storage.folder import JOURNAL, ROOT, instrument_path, lock_path
from eclips4d.storage.layout import ArraySpec
from eclips4d.storage.lock import acquire, held, release
from eclips4d.storage.metadata import bare_group_document, chunk_key, encode
from eclips4d.storage.objects import refuse_object
from eclips4d.storage.record import Record


def create_store(path: Path, record: Record) -> int:
    """Build an empty store at `path`; returns the descriptor of its lock, which this process then holds.

    Raises
    ------
    InputError
        Something is there already, or it is a place in a bucket.
    StoreError
        Another process is creating it, or the disk refuses.
    """
    refuse_object(path)
    if path.exists() and not _is_empty_folder(path):
        raise InputError("is there already", where=str(path), cure="choose another --out, or continue it")
    hidden = path.parent / f".{path.name}.creating"
    if held(lock_path(hidden)):
        raise StoreError("is being created by another process", where=str(path), cure="wait for it")
    with disk_errors(path):
        shutil.rmtree(hidden, ignore_errors=True)
        (hidden / JOURNAL).mkdir(parents=True)
    lock = acquire(lock_path(hidden), path)
    try:
        with disk_errors(path):
            _fill(hidden, record)
            hidden.rename(path)
            sync_folder(path.parent)
    except BaseException:
        release(lock)
        shutil.rmtree(hidden, ignore_errors=True)
        raise
    return lock


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _fill(root: Path, record: Record) -> None:
    write_synced(root / JOURNAL / ROOT, encode(bare_group_document({})))
    write_synced(instrument_path(root), record.source.instrument_toml.encode())
    texts = RootText.of(record)
    for spec in texts.specs.values():
        (root / spec.name).mkdir()
    write_array_metadata(root, texts.specs.values(), record.length)
    for spec in texts.specs.values():
        if not spec.timed:
            write_axis(root / spec.name, spec)
    for spec in record.columns().values():
        Column(spec, root / spec.name).extend(record.length)
    sync_folder(root / JOURNAL)
    publish(root, texts.text(record))


def write_axis(folder: Path, spec: ArraySpec) -> None:
    """Write the values of a coordinate; durable on return."""
    values = np.arange(spec.row[0], dtype="<f8") * spec.attributes["step_nm"]
    write_synced(folder / chunk_key(spec, 0), values.tobytes())
    sync_folder(folder)
