"""Writer processes: `python write_store.py STORE FRAMES [live]` writes or continues a store to its end.

`python write_store.py` by itself does so for each line `FRAMES STORE` that it reads, in a process of its own, whose
number it writes: what a writer imports is imported once for all of them.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from made_stores import make_source, write_run


def serve() -> None:
    """Until there are no more lines; nobody here waits for those that have ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        frames, path = line.rstrip("\n").split(" ", 1)
        writer = os.fork()
        if writer == 0:
            write_run(Path(path), make_source(int(frames)), int(frames))
            os._exit(0)
        print(writer, flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        serve()
    else:
        path, frames, live = Path(sys.argv[1]), int(sys.argv[2]), "live" in sys.argv[3:]
        write_run(path, make_source(None if live else frames), frames)
