"""A writer process: `python write_store.py STORE FRAMES [live]` writes or continues a store to its end."""

from __future__ import annotations

import sys
from pathlib import Path

from made_stores import make_source, write_run

if __name__ == "__main__":
    path, frames, live = Path(sys.argv[1]), int(sys.argv[2]), "live" in sys.argv[3:]
    write_run(path, make_source(None if live else frames), frames)
