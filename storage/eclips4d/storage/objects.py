"""Objects in a bucket: files of a store that lie behind S3 instead of on a disk.

`s3://bucket/run.zarr` is the place of a store. As a `Path` it loses a slash and becomes `s3:/bucket/run.zarr`, which
names the same objects: so folders and files of a store in a bucket are paths like any others until they are read.
Endpoint and key come from the usual variables: `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, …
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eclips4d.core.errors import InputError, MissingInputError, StoreError

if TYPE_CHECKING:
    from obstore.store import S3Store

SCHEME = "s3:"
REGION = "us-east-1"
"""When none is said: most servers that are not Amazon's take any."""
PART = 16 << 20
"""Larger files are sent in parts."""
_NO_KEY = ("169.254.169.254", "Missing AccessKeyId", "Missing SecretAccessKey")
"""In what obstore says where no key is given: it asks the address for one, which answers on rented machines only."""
_MOST_LETTERS = 240
_CAUSE = re.compile(r'(?:message|error): "([^"]+)"')
"""What the system says, in the many lines that obstore makes of it."""


class BucketCutError(StoreError):
    """The server cannot be reached, or fails: trying again may help."""


class TakenError(StoreError):
    """An object is not what it was when it was read: somebody else writes it."""


def is_object(path: Path | str) -> bool:
    """Whether a path names an object rather than a file."""
    return str(path).startswith(f"{SCHEME}/")


def address(path: Path | str) -> str:
    """The path as a person writes it, `s3://bucket/key`, or as it is where it names a file."""
    return f"{SCHEME}//{str(path)[len(SCHEME) :].lstrip('/')}" if is_object(path) else str(path)


def split(path: Path | str) -> tuple[str, str]:
    """Bucket and key.

    Raises
    ------
    InputError
        No bucket, or nothing in it, is named.
    """
    bucket, _, key = str(path)[len(SCHEME) :].lstrip("/").partition("/")
    if not bucket or not key.strip("/"):
        raise InputError("names no store in a bucket", where=address(path), cure="give s3://BUCKET/RUN.zarr")
    return bucket, key.rstrip("/")


def refuse_object(path: Path | str) -> None:
    """For what writes to disks only.

    Raises
    ------
    InputError
        The path names an object.
    """
    if is_object(path):
        raise InputError(
            "a run is written to a disk, which no network holds up",
            where=address(path),
            cure=f"choose a local --out and mirror it: eclips4d mirror RUN.zarr {address(path)} --follow",
        )


@dataclass(frozen=True, slots=True)
class Tagged:
    """What an object holds, and the tag that tells this content from any other."""

    data: bytes
    tag: str


class Objects:
    """The objects below one path.

    Parameters
    ----------
    root : Path
        Such as that of a store.

    Raises
    ------
    InputError
        By every method: no such bucket, or a key that the server refuses.
    BucketCutError
        By every method: the server cannot be reached.
    """

    def __init__(self, root: Path | str) -> None:
        bucket, self._prefix = split(root)
        self.address = address(root)
        self._store = connected(bucket)
        self._bare = False
        """Ceph compares the tag of a condition with what it holds, quotes and all, and holds none (decision 0473)."""

    def read(self, key: str = "") -> bytes:
        """All of an object; FileNotFoundError where there is none."""
        return self.tagged(key).data

    def tagged(self, key: str = "") -> Tagged:
        """All of an object, with its tag; FileNotFoundError where there is none."""
        import obstore

        with bucket_errors(self.address):
            found = obstore.get(self._store, self._key(key))
            return Tagged(bytes(found.bytes()), str(found.meta["e_tag"]))

    def fetch(self, key: str, file: Path) -> None:
        """Write an object, however large, to a file; FileNotFoundError where there is none."""
        import obstore

        with bucket_errors(self.address), file.open("wb") as out:
            for part in obstore.get(self._store, self._key(key)).stream(min_chunk_size=PART):
                out.write(part)

    def read_part(self, key: str, offset: int, count: int) -> bytes:
        """So many bytes of an object; FileNotFoundError where there is none."""
        import obstore

        with bucket_errors(self.address):
            return bytes(obstore.get_range(self._store, self._key(key), start=offset, length=count))

    def modified(self, key: str) -> float:
        """When an object was last written by the server's clock, s since the epoch."""
        return self.stamp(key)[0] / 1e9

    def stamp(self, key: str = "") -> tuple[int, int, int]:
        """When an object was written (ns), a number that follows from its tag, its bytes."""
        import obstore

        with bucket_errors(self.address):
            seen = obstore.head(self._store, self._key(key))
        return int(seen["last_modified"].timestamp() * 1e9), hash(seen["e_tag"]), seen["size"]

    def sizes(self, under: str = "") -> dict[str, int]:
        """Bytes of every object by its key."""
        return {key: size for key, (size, _) in self.listed(under).items()}

    def listed(self, under: str = "") -> dict[str, tuple[int, str]]:
        """Bytes and tag of every object by its key."""
        import obstore

        with bucket_errors(self.address):
            found = [o for page in obstore.list(self._store, self._key(under)) for o in page]
        return {o["path"].removeprefix(f"{self._prefix}/"): (o["size"], str(o["e_tag"])) for o in found}

    def tag(self, key: str) -> str | None:
        """Tag of an object; None where there is none."""
        import obstore

        with bucket_errors(self.address), suppress(FileNotFoundError):
            return str(obstore.head(self._store, self._key(key))["e_tag"])
        return None

    def tags(self, folders: Iterable[str] = ()) -> dict[str, str]:
        """Tags of all objects that lie directly at the root, or in these folders."""
        import obstore

        with bucket_errors(self.address):
            found = list(obstore.list_with_delimiter(self._store, self._prefix)["objects"])
            found += [o for name in folders for page in obstore.list(self._store, self._key(name)) for o in page]
        return {o["path"].removeprefix(f"{self._prefix}/"): str(o["e_tag"]) for o in found}

    def put(self, key: str, content: bytes | Path) -> None:
        """Write an object, whatever was there; durable on return."""
        import obstore

        with bucket_errors(self.address):
            obstore.put(self._store, self._key(key), content, chunk_size=PART, max_concurrency=2)

    def put_if(self, key: str, data: bytes, tag: str | None) -> str:
        """Write an object if it still has this tag, or with None if it is not there; durable on return. The new tag.

        Raises
        ------
        TakenError
            It is something else by now, or gone.
        """
        try:
            return self._put_if(key, data, tag)
        except TakenError:
            # The answer to the first try may have been lost, and the second one met what the first had written.
            with suppress(FileNotFoundError):
                now = self.tagged(key)
                if now.data == data:
                    return now.tag
                if now.tag == tag and not self._bare:  # it is what it should be: this server compares otherwise
                    made = self._put_if(key, data, tag.strip('"'))
                    self._bare = True
                    return made
            raise

    def _put_if(self, key: str, data: bytes, tag: str | None) -> str:
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        mode: Any = "create" if tag is None else {"e_tag": tag.strip('"') if self._bare else tag}
        try:
            with bucket_errors(self.address):
                return str(obstore.put(self._store, self._key(key), data, mode=mode)["e_tag"])
        except MissingInputError:
            raise
        except (AlreadyExistsError, PreconditionError, FileNotFoundError) as error:
            raise TakenError(
                "is being written by somebody else", where=self.address, cure="let only one mirror write it"
            ) from error

    def delete(self, keys: list[str]) -> None:
        """Take objects away."""
        import obstore

        with bucket_errors(self.address):
            obstore.delete(self._store, [self._key(key) for key in keys])

    def _key(self, key: str) -> str:
        return f"{self._prefix}/{key}" if key else self._prefix


def connected(bucket: str, below: str = "") -> S3Store:
    """Access to a bucket, or to what lies below one key; kept while the environment says the same.

    Connections are used again that way.
    """
    return _connected(bucket, below, tuple(sorted((k, v) for k, v in os.environ.items() if k.startswith("AWS_"))))


def kvstore(path: Path) -> dict[str, Any]:
    """The folder `path` as tensorstore names it, on a disk or in a bucket."""
    if not is_object(path):
        return {"driver": "file", "path": f"{path}/"}
    bucket, key = split(path)
    given = {"driver": "s3", "bucket": bucket, "path": f"{key}/", "aws_region": _region()}
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        given["endpoint"] = endpoint
    return given | {"aws_credentials": {"type": _credentials()}}


def _credentials() -> str:
    if os.environ.get("AWS_SKIP_SIGNATURE", "").lower() in ("1", "true"):
        return "anonymous"
    return "environment" if "AWS_ACCESS_KEY_ID" in os.environ else "default"


@contextmanager
def bucket_errors(where: str) -> Iterator[None]:
    """Turn what obstore says into one of our errors; FileNotFoundError and failed conditions pass.

    Raises
    ------
    InputError
        No such bucket, or a key that the server refuses.
    BucketCutError
        Anything that may be gone at the next try.
    """
    from obstore.exceptions import (
        AlreadyExistsError,
        BaseError,
        PermissionDeniedError,
        PreconditionError,
        UnauthenticatedError,
    )

    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise MissingInputError(
                "no such bucket", where=where, cure="check its name and AWS_ENDPOINT_URL"
            ) from error
        raise
    except (AlreadyExistsError, PreconditionError):
        raise
    except (PermissionDeniedError, UnauthenticatedError) as error:
        cure = "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and what that key may do"
        raise InputError("the server refuses this key", where=where, cure=cure) from error
    except BaseError as error:
        if any(sign in str(error) for sign in _NO_KEY):
            cure = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_SKIP_SIGNATURE=true for a public bucket"
            raise InputError("no key is given", where=where, cure=cure) from error
        cure = "check AWS_ENDPOINT_URL and the network"
        raise BucketCutError(f"the server does not answer: {_cause(str(error))}", where=where, cure=cure) from error


def _cause(said: str) -> str:
    """What is behind an error of obstore: the innermost it tells of, or else the end of its first line."""
    causes: list[str] = _CAUSE.findall(said)
    if causes:
        return causes[-1][:_MOST_LETTERS]
    return said.partition("\n")[0].rpartition(" - ")[2][:_MOST_LETTERS]


def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or REGION


@lru_cache(maxsize=8)
def _connected(bucket: str, below: str, environment: tuple[tuple[str, str], ...]) -> S3Store:
    try:
        from obstore.store import S3Store
    except ImportError as error:
        raise InputError(
            "stores in buckets need a package", where=f"s3://{bucket}", cure="pip install 'eclips4d[cloud]'"
        ) from error
    plain = dict(environment).get("AWS_ENDPOINT_URL", "").startswith("http://")
    with bucket_errors(f"s3://{bucket}"):
        return S3Store(
            bucket,
            prefix=below or None,
            region=_region(),
            client_options={"allow_http": plain, "connect_timeout": "5s", "timeout": "120s"},
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
        )
