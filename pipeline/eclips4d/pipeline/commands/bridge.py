"""`eclips4d bridge`: prints the script that a site runs beside its microscope."""

from __future__ import annotations

import sys
from importlib.resources import files


def bridge() -> int:
    """Print the script that pushes frames of a microscope whose interface is closed; copy it to that computer.

    Example: `eclips4d bridge > eclips4d_bridge.py`, and here
    `eclips4d run 'bridge://0.0.0.0:8500?width=1024&height=1024' --instrument FILE.toml`

    The script needs Python 3.7 or newer, pyzmq and numpy arrays. docs/instruments.md shows how it is used.
    """
    script = files("eclips4d.acquisition.bridge") / "eclips4d_bridge.py"
    sys.stdout.write(script.read_text(encoding="utf-8"))
    return 0
