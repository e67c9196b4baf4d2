"""The line that `--line` gives."""

from __future__ import annotations

import math

from eclips4d.core.errors import InputError
from eclips4d.metrology.profiles.line import Line

EXAMPLE = "give X0,Y0,X1,Y1 in nm, as --line 100,200,900,250"


def parse_line(text: str) -> Line:
    """Start and end, nm, from four numbers with commas between them.

    Raises
    ------
    InputError
        Not four finite numbers.
    """
    words = text.split(",")
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        raise InputError("not a line", where=f"--line {text}", cure=EXAMPLE) from None
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise InputError("not a line", where=f"--line {text}", cure=EXAMPLE)
    x0, y0, x1, y1 = numbers
    return (x0, y0), (x1, y1)
