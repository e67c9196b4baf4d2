"""How a store in a bucket is: what its commit speaks of and the bucket does not hold, and who writes there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eclips4d.pipeline.store_report.health import Flags, Health, noted
from eclips4d.storage.lease import writer
from eclips4d.storage.objects import Objects
from eclips4d.storage.record import Record
from eclips4d.storage.spoken_of import Commit, column_files, metadata_files, shards


@dataclass(frozen=True, slots=True)
class BucketCondition:
    """What one listing of the bucket tells; nothing is decoded.

    Attributes
    ----------
    writer : str
        Who mirrors into it, or who was killed doing so.
    size : int
        Bytes of all objects.
    """

    health: Health
    writer: str
    size: int


def bucket_condition(path: Path, record: Record, status: Flags | None) -> BucketCondition:
    """Look at the name of every object.

    Parameters
    ----------
    record
        What its commit says.
    status
        Of the recorded frames; None when it cannot be read.

    Raises
    ------
    InputError, BucketCutError
        The bucket cannot be used, or not now.
    """
    objects = Objects(path)
    there = objects.sizes()
    flags = np.zeros(0, np.uint8) if status is None else status
    told = shards(Commit(record, flags)) + column_files(record) + metadata_files(record)
    absent = [key for key in told if key not in there]
    damage = [f"{len(absent)} of {len(told)} objects are missing, {absent[0]} first"] if absent else []
    found = writer(objects)
    said = "none" if found is None else f"{found}, or it was killed"
    return BucketCondition(Health(noted(flags), damage), said, sum(there.values()))
