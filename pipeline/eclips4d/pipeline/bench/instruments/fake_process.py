"""A fake instrument in a process of its own, as another computer would be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from eclips4d.core.errors import StageDiedError

END_S = 10.0


@contextmanager
def fake_process(module: str, arguments: Sequence[str]) -> Iterator[str]:
    """Run `python -m module arguments`, which says its address in its first line, until the block is over.

    Raises
    ------
    StageDiedError
        It ended before it said so.
    """
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None, "a pipe was asked for"
        try:
            address = process.stdout.readline().strip()
            if not address:
                raise StageDiedError("the fake instrument ended at once", where=module)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
