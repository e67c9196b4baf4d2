"""A process of its own for each measurement, so that nothing is left in memory of the one before."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


def told(module: str, *arguments: object) -> dict[str, Any]:
    """What the module, run with these arguments, says in the last line of its output, which is JSON."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
