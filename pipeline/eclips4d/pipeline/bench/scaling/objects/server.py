"""The S3 server that is measured against: the one that the environment names, or moto's on this host."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from eclips4d.core.errors import InputError

BUCKET = "eclips4d-bench"
_SERVE = """
import os, sys, urllib.request
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
endpoint = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{sys.argv[1]}", method="PUT")).close()
print(endpoint, flush=True)
sys.stdin.read()
os._exit(0)
"""


@contextmanager
def bench_bucket() -> Iterator[str]:
    """A bucket that the environment leads to; its name.

    Where `AWS_ENDPOINT_URL` is set, that server is measured, and the bucket `eclips4d-bench` has to be there.

    Raises
    ------
    InputError
        No server is named, and moto is not installed.
    """
    if "AWS_ENDPOINT_URL" in os.environ:
        yield BUCKET
        return
    if find_spec("moto") is None:
        raise InputError(
            "no S3 server to measure against",
            where="bench scaling",
            cure="set AWS_ENDPOINT_URL, or pip install moto[s3]",
        )
    command = [sys.executable, "-c", _SERVE, BUCKET]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        given = {
            "AWS_ENDPOINT_URL": process.stdout.readline().strip(),
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_REGION": "us-east-1",
        }
        before = {name: os.environ.get(name) for name in given}
        os.environ.update(given)
        try:
            yield BUCKET
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
            process.stdin.close()
