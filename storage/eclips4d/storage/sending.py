"""Files of a store on their way into a bucket, several at a time, while the place is held.

What is written once is sent as it is: whoever sends it sends the same. What is written again, which is all that is
small, is replaced on condition that it is what this process wrote or found: a request of a mirror that was suspended
and has been replaced meanwhile must not bring back what was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import xxhash

from eclips4d.storage.contents import read_file
from eclips4d.storage.lease import Lease
from eclips4d.storage.objects import BucketCutError, Objects, TakenError

AT_A_TIME = 8
"""Objects that are sent at a time. After a cut it is one, and twice as many after each commit: on a line so slow that
eight objects take longer than a request may, one still arrives."""
_TOGETHER = 64
"""Objects that are waited for together."""
LOOK_S = 5.0
"""After so long of waiting for them the lease is looked at."""
SMALL_BYTES = 16 << 20
"""Larger ones go in parts, for which there are no conditions."""


@dataclass(slots=True)
class Sent:
    """How much a mirror has sent."""

    objects: int = 0
    size: int = 0
    commits: int = 0


class Sending:
    """Sends files of one store to one place; `close` it.

    Parameters
    ----------
    root : Path
        Folder of the store.
    objects : Objects
    lease : Lease
        Held; renewed while files are sent.
    tags : mapping
        What is there already of what may be written again, by key; see `Objects.tags`.

    Attributes
    ----------
    sent : Sent

    Raises
    ------
    FileNotFoundError
        By what sends: a file is not there.
    TakenError
        Somebody else has taken over the place.
    InputError, BucketCutError
        As of `Objects`.
    """

    def __init__(self, root: Path, objects: Objects, lease: Lease, tags: Mapping[str, str]) -> None:
        self.sent = Sent()
        self._root, self._objects, self._lease, self._tags = root, objects, lease, dict(tags)
        self._hashes: dict[str, int] = {}
        self._stamps: dict[str, tuple[int, int]] = {}
        self._since_commit: dict[str, tuple[int, int]] = {}
        self._at_a_time = AT_A_TIME
        self._pool = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="mirror")

    def files(self, keys: Iterable[str]) -> None:
        """Send files that are written once, but for those that have arrived since the last commit."""
        stamps = {key: self._stamp(key) for key in keys}
        self._put({key: self._root / key for key, stamp in stamps.items() if self._since_commit.get(key) != stamp})

    def replaced(self, keys: Iterable[str]) -> None:
        """Send files that only ever grow or are replaced, if they have since they were sent."""
        stamps = {key: self._stamp(key) for key in keys}
        new = {key: stamp for key, stamp in stamps.items() if self._stamps.get(key) != stamp}
        self._put({k: read_file(self._root / k) if n <= SMALL_BYTES else self._root / k for k, (n, _) in new.items()})
        self._stamps |= new

    def changed(self, keys: Iterable[str], held: Mapping[str, bytes] = MappingProxyType({})) -> None:
        """Send small files that are written in place, if they hold something else than was sent.

        Parameters
        ----------
        held
            Some of them, as they were read before.
        """
        contents = {key: held.get(key) or read_file(self._root / key) for key in keys}
        hashes = {key: xxhash.xxh3_64_intdigest(data) for key, data in contents.items()}
        self._put({key: data for key, data in contents.items() if self._hashes.get(key) != hashes[key]})
        self._hashes |= hashes

    def committed(self) -> None:
        """All that was sent is spoken of."""
        self._since_commit.clear()
        self._at_a_time = min(AT_A_TIME, 2 * self._at_a_time)

    def close(self) -> None:
        """Wait for what is on its way; what has not begun is left."""
        self._pool.shutdown(cancel_futures=True)

    def _put(self, contents: Mapping[str, bytes | Path]) -> None:
        keys, step = list(contents), _TOGETHER if self._at_a_time == AT_A_TIME else self._at_a_time
        for start in range(0, len(keys), step):
            some = {self._pool.submit(self._put_one, key, contents[key]) for key in keys[start : start + step]}
            try:
                self._wait_for(some)
            except BucketCutError:
                self._at_a_time = 1
                raise
            self.sent.objects += len(some)
            self.sent.size += sum(put.result() for put in some)

    def _wait_for(self, puts: set[Future[int]]) -> None:
        """Until all are done, the lease renewed meanwhile: a large file takes long on a slow line."""
        waiting = puts
        try:
            while waiting:
                self._lease.renew()
                done, waiting = wait(waiting, LOOK_S, FIRST_EXCEPTION)
                for put in done:
                    put.result()
        finally:
            wait([put for put in waiting if not put.cancel()])

    def _put_one(self, key: str, content: bytes | Path) -> int:
        if isinstance(content, Path):
            stamp = self._stamp(key)
            self._objects.put(key, content)
            self._since_commit[key] = stamp
            return stamp[0]
        try:
            self._tags[key] = self._objects.put_if(key, content, self._tags.get(key))
        except TakenError:
            # A request of whoever held the place before was still on its way, or an answer to one of ours was lost.
            self._lease.renew(every_s=0.0)
            self._tags[key] = self._objects.put_if(key, content, self._objects.tag(key))
        return len(content)

    def _stamp(self, key: str) -> tuple[int, int]:
        stat = (self._root / key).stat()
        return stat.st_size, stat.st_mtime_ns
