"""A site's program: it pushes the frames of any source through the bridge, to test without beam.

`python -m eclips4d.acquisition.bridge.fake 'sim://copper-redox?size=256&fps=4'`
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from eclips4d.acquisition.bridge.eclips4d_bridge import Bridge
from eclips4d.acquisition.source import Source
from eclips4d.core.errors import EclipsError


def push_all(source: Source, bridge: Bridge, told: Event) -> None:
    """Every frame as it comes, with the times of this computer's clock."""
    for frame in source.frames():
        now_s = time.time()
        bridge.push(frame.data, now_s - (frame.header.end_s - frame.header.start_s), now_s, dict(frame.header.side))
        if told.is_set():
            source.stop()


def main(arguments: Sequence[str] | None = None) -> int:
    """Push a source until it ends, or until Ctrl-C."""
    from eclips4d.acquisition.open import open_source

    asked = _parser().parse_args(arguments)
    told = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    try:
        with (
            open_source(asked.source, speed="realtime") as source,
            tempfile.TemporaryDirectory(prefix="eclips4d-bridge-") as scratch,
        ):
            info = source.info
            if asked.instrument is not None:
                asked.instrument.write_text(info.instrument_toml, encoding="utf-8")
            bridge = Bridge(f"tcp://{asked.to}", asked.folder or scratch, keys=asked.keys)
            channels, (_, rows, columns) = ",".join(info.segments), info.shape
            side = ",".join(f"{name}:{unit}" for name, unit in info.side_units.items())
            address = f"bridge://{asked.to}?width={columns}&height={rows}&bits={info.dtype.removeprefix('uint')}"
            sys.stdout.write(f"{address}&channels={channels}{f'&side={side}' if side else ''}\n")
            sys.stdout.flush()
            push_all(source, bridge, told)
            left = bridge.close(0.0 if told.is_set() else asked.patience)
    except EclipsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    if not told.is_set() and (left or bridge.lost):
        sys.stderr.write(f"{left} frames are not on disk there, {bridge.lost} found the folder full\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eclips4d.acquisition.bridge.fake", description=__doc__)
    parser.add_argument("source", help="what it pushes: sim://SCENE?size=512&fps=4…, a recording, a store")
    parser.add_argument("--to", default="127.0.0.1:8500", metavar="HOST:PORT", help="where eclips4d run listens")
    parser.add_argument("--instrument", type=Path, help="write the instrument file that goes with it")
    parser.add_argument("--folder", type=Path, help="keep frames there, across restarts")
    parser.add_argument("--keys", nargs=2, metavar=("OWN.key", "THEIRS.pub"), help="of eclips4d keys")
    parser.add_argument("--patience", type=float, default=600.0, help="seconds that the last frames are waited for")
    return parser


if __name__ == "__main__":
    sys.exit(main())
