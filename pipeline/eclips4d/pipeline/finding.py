"""What `eclips4d doctor` says of one thing that it looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report.

    Attributes
    ----------
    good : bool
        False: with a finding that is not optional, frames could be lost or nothing runs at all.
    cure : str
        What to do about it, where it is not good.
    """

    name: str
    good: bool
    text: str
    optional: bool = False
    cure: str = ""

    @property
    def line(self) -> str:
        """The finding, and its cure where there is need of one."""
        return self.text if self.good or not self.cure else f"{self.text}: {self.cure}"
