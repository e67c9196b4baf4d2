"""An S3 server in a process of its own: `python s3_server.py` prints its port and obeys lines on standard input.

`cut` closes its socket and `heal` opens it again at the same port, with all that it held; `end` or the end of input
ends it. Inside is moto's server, which checks keys, buckets and conditions of writes as S3 does.

With `ECLIPS4D_TEST_S3=http://HOST:PORT` in the environment the tests use the server there instead, by way of a line
that can be cut; its bucket `bucket` is emptied.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from s3_elsewhere import s3_elsewhere

BUCKET = "bucket"


class S3:
    """The running server."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process, self.endpoint = process, f"http://127.0.0.1:{port}"

    def tell(self, word: str) -> None:
        """Obeyed when this returns."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline().strip() == word

    def environment(self) -> dict[str, str]:
        """What a program needs to find it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
        }


@contextmanager
def s3_server() -> Iterator[S3]:
    """Run one with an empty bucket."""
    if elsewhere := os.environ.get("ECLIPS4D_TEST_S3"):
        with s3_elsewhere(elsewhere) as server:
            yield server
        return
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    with subprocess.Popen(
        [sys.executable, str(Path(__file__))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        server = S3(process, int(process.stdout.readline()))
        asked = urllib.request.Request(f"{server.endpoint}/{BUCKET}", method="PUT")
        urllib.request.urlopen(asked).close()
        yield server
        server.tell("end")


def main() -> None:
    """Serve until told otherwise."""
    from moto.server import ThreadedMotoServer

    logging.disable()
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    print(port, flush=True)
    for line in sys.stdin:
        word = line.strip()
        if word == "cut":
            server.stop()
        elif word == "heal":
            server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
            server.start()
        print(word, flush=True)
        if word == "end":
            break
    os._exit(0)


if __name__ == "__main__":
    main()
