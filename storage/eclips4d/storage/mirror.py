"""A store's mirror in a bucket, commit by commit, by the rule that holds on the disk.

All that a commit speaks of is sent and acknowledged first; then one object, `zarr.json`, is replaced, on condition that
it is the one this mirror wrote or found. Whoever reads the bucket sees whole commits of the store and nothing between.
What the bucket holds is told by its own commit, so a mirror that was killed or cut off goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import EclipsError, InputError, OtherSourceError, StoreError
from eclips4d.core.results import Status
from eclips4d.storage.commit import RootText
from eclips4d.storage.contents import read_file
from eclips4d.storage.folder import JOURNAL, ROOT, instrument_path, load_record
from eclips4d.storage.lease import LEASE_S, Lease, age_s
from eclips4d.storage.objects import Objects, TakenError, is_object
from eclips4d.storage.record import Record, from_attributes
from eclips4d.storage.sending import Sending, Sent
from eclips4d.storage.spoken_of import (
    LAST,
    Commit,
    column_files,
    given_up,
    is_of_one_frame,
    metadata_files,
    other_files,
    pyramid_files,
    shards,
    status_files,
)

FRAMES_PER_COMMIT = 64
"""A long store is copied in commits of so many frames: what is there counts, should the mirror be killed."""
LINGER_S = 60.0
"""For so long objects stay that a commit does not speak of any more, for those who have the store open."""
_TRIES = 5

Report = Callable[[int, int], None]


class Mirror:
    """Copies one store to one place in a bucket; `close` it, so that others may write there at once.

    Parameters
    ----------
    root : Path
        Folder of the store; it may be written meanwhile.
    place : str
        `s3://BUCKET/RUN.zarr`.
    lease_s : float
        For how long a killed mirror's lease counts.
    word : str
        The same where one that could not be made before is made again; see `Lease.take`.

    Raises
    ------
    InputError
        One of the two is not what it should be, or the place holds another run.
    StoreError
        Somebody else writes there; the store is damaged, or lies behind its mirror.
    BucketCutError
        The server cannot be reached. By `copy`, too, which may then be called again.
    """

    def __init__(self, root: Path, place: str, *, lease_s: float = LEASE_S, word: str = "") -> None:
        if not is_object(place):
            raise InputError("is no place in a bucket", where=place, cure="give s3://BUCKET/RUN.zarr")
        record = load_record(root)
        self.root = root
        self._objects = Objects(place)
        self._whole: set[str] = set()
        self._tag, self._there = _found(self._objects, Path(place))
        self._check(record)  # before anything is written where somebody else's things may lie
        self._lease = Lease.take(self._objects, lease_s=lease_s, word=word)
        try:
            self._tag, self._there = _found(self._objects, Path(place))
            self._attempted: list[bytes] = []
            self._check(record)
            self._drop_given_up()
            self._sending = Sending(root, self._objects, self._lease, _tags(self._objects, record))
        except BaseException:
            self._let_go()
            raise

    @property
    def sent(self) -> Sent:
        """What was sent so far."""
        return self._sending.sent

    @property
    def committed(self) -> int:
        """Frames that the bucket shows."""
        return 0 if self._there is None else self._there.record.committed

    def copy(self, report: Report = lambda done, total: None) -> Record:
        """Bring the bucket to the store's newest commit; what that says. `report(done, total)` is told of frames."""
        for _ in range(_TRIES):
            text = read_file(self.root / ROOT)
            try:
                return self._copy(text, report)
            except FileNotFoundError as error:
                if isinstance(error, EclipsError):
                    raise
                missing = str(error.filename or error)
            # A store that has ended is put together into other files: its next commit speaks of those.
            if read_file(self.root / ROOT) == text:
                raise StoreError("is missing", where=missing, cure="see what eclips4d info says of the store")
        raise StoreError("changes faster than it can be copied", where=str(self.root), cure="try again")

    def rest(self) -> None:
        """To be called every few seconds while there is nothing to copy."""
        self._lease.renew()

    def close(self, *, reachable: bool = True) -> None:
        """Let go of the place; of one out of reach without a word, as its lease runs out by itself."""
        self._sending.close()
        if reachable:
            self._let_go()

    def __enter__(self) -> Mirror:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _copy(self, text: bytes, report: Report) -> Record:
        record = _record(text, instrument_path(self.root), str(self.root))
        self._check(record)
        held = {key: read_file(self.root / key) for key in status_files(record)}
        status = np.frombuffer(b"".join(held.values()), np.uint8)[: record.recorded]
        self._whole.clear()
        for cut in _cuts(record, self._there):
            self._send(Commit(cut, status[: cut.recorded]), RootText.of(cut).text(cut), held)
            report(cut.committed, record.committed)
        self._send(Commit(record, status), text, held)
        report(record.committed, record.committed)
        return record

    def _send(self, now: Commit, text: bytes, held: dict[str, bytes]) -> None:
        """Files first, what says that they are there next, the commit last."""
        record, before, sending = now.record, self._there, self._sending
        self._send_shards(shards(now, before), now)
        sending.files(pyramid_files(self.root, record, before.record if before else None))
        sending.replaced(other_files(self.root))
        rows = column_files(record)
        sending.changed([key for key in rows if key.partition("/")[0] not in LAST])
        sending.changed([key for key in rows if key.partition("/")[0] in LAST], held)
        sending.replaced(metadata_files(record))
        self._publish(text)
        self._there = now

    def _send_shards(self, keys: list[str], now: Commit) -> None:
        quarantined = np.flatnonzero(now.status & int(Status.QUARANTINED))
        if quarantined.size:  # their pixels may be lost, and the status says so
            keys = [key for key in keys if not key.startswith("raw/") or (self.root / key).exists()]
        self._sending.files([key for key in keys if key not in self._whole])
        # Files of many frames reach into the next commits of one copying, and are whole already.
        self._whole |= {key for key in keys if not is_of_one_frame(key)}

    def _publish(self, text: bytes) -> None:
        self._lease.renew()
        self._attempted.append(text)
        try:
            self._tag = self._objects.put_if(ROOT, text, self._tag)
        except TakenError:
            if (tag := self._tag_of_own()) is None:
                raise
            self._tag = self._objects.put_if(ROOT, text, tag)
        self._attempted.clear()
        self._sending.committed()
        self.sent.commits += 1

    def _tag_of_own(self) -> str | None:
        """Of the commit in the bucket, if it is ours: the answer to an earlier try was lost with the connection."""
        with suppress(FileNotFoundError):
            now = self._objects.tagged(ROOT)
            return now.tag if now.data in self._attempted else None
        return None

    def _check(self, record: Record) -> None:
        if self._there is None:
            return
        there = self._there.record
        if there.run_id != record.run_id or there.source.identity != record.source.identity:
            raise OtherSourceError(
                "holds another run", where=self._objects.address, cure="choose another name in the bucket"
            )
        if record.committed < there.committed or record.recorded < there.recorded:
            raise StoreError(
                f"holds {there.committed} committed frames, more than {self.root} with {record.committed}",
                where=self._objects.address,
                cure="mirror the store that it was made from",
            )

    def _drop_given_up(self) -> None:
        """What was put together since it was sent, once nobody is likely to have it open any more."""
        if self._there is None or not self._there.record.together or age_s(self._objects, ROOT) < LINGER_S:
            return
        if stale := given_up(self._there.record, self._objects.sizes()):
            self._objects.delete(stale)

    def _let_go(self) -> None:
        with suppress(EclipsError):  # it lets go by itself in a minute
            self._lease.release()


def _found(objects: Objects, place: Path) -> tuple[str | None, Commit | None]:
    """The commit that a bucket holds, with the tag of its text."""
    try:
        found = objects.tagged(ROOT)
    except FileNotFoundError as error:
        if isinstance(error, EclipsError):
            raise
        return None, None
    record = _record(found.data, instrument_path(place), objects.address)
    held = b"".join(objects.read(key) for key in status_files(record))
    status: NDArray[np.uint8] = np.frombuffer(held, np.uint8)[: record.recorded]
    return found.tag, Commit(record, status)


def _tags(objects: Objects, record: Record) -> dict[str, str]:
    """Of all in the bucket that may be written again; arrays of frames have too many files to be listed."""
    columns = {spec.name for spec in record.specs().values() if not spec.tile}
    metadata = [key for key in metadata_files(record) if key.partition("/")[0] not in columns]
    of_metadata = {key: tag for key in metadata if (tag := objects.tag(key)) is not None}
    return objects.tags((JOURNAL, *sorted(columns))) | of_metadata


def _record(text: bytes, instrument: Path, where: str) -> Record:
    try:
        document = msgspec.json.decode(text)
        return from_attributes(document["attributes"], read_file(instrument).decode(), where)
    except (msgspec.DecodeError, KeyError, TypeError, FileNotFoundError) as error:
        if isinstance(error, EclipsError):
            raise
        raise InputError("is not a store of eclips4d", where=where, cure="choose another name") from error


def _cuts(record: Record, there: Commit | None) -> Iterator[Record]:
    """Commits on the way to one that is far ahead; registration's state belongs to the last one alone."""
    since, recorded = (0, 0) if there is None else (there.record.committed, there.record.recorded)
    for committed in range(since + FRAMES_PER_COMMIT, record.committed, FRAMES_PER_COMMIT):
        counters = {"committed": committed, "recorded": max(committed, recorded), "total": None}
        yield msgspec.structs.replace(record, **counters, pyramids=0, state=b"")
