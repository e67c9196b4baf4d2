"""Surfaces that are means of frames, read and averaged beside the window's thread; knows no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eclips4d.core.results import FloatArray
from eclips4d.viewer.picture import SurfaceImage
from eclips4d.viewer.stack_words import StackShown

if TYPE_CHECKING:
    from eclips4d.metrology.stack import Stack, Stacker
    from eclips4d.metrology.stack.memory import PlaneMemory
    from eclips4d.storage.glance import Run

SHOWN = ("height", "height_sd", "slope")


class StackReader:
    """Remembers frames that were read, so that a newer stack reads one frame and not all of its own."""

    def __init__(self) -> None:
        self._run_id = ""
        self._memory: PlaneMemory | None = None
        self._made: tuple[Run, Stacker] | None = None

    def surface(
        self, run_id: str, products: Run, sequence: int, frames: int, last: SurfaceImage | None
    ) -> SurfaceImage:
        """The mean of the frames up to `sequence`, which has a surface; `last` itself when it is that already.

        Parameters
        ----------
        run_id : str
            What was read of another run is forgotten.
        products : Run
            The committed frames.
        sequence, frames : int
            Which, and how many are averaged at most.
        last : SurfaceImage or None
        """
        stacker = self._stacker(run_id, products, frames)
        members = stacker.members(sequence)
        # The members tell, not the sequence: a deferred frame that was filled in changes what came after it.
        if last is not None and last.stack is not None:
            held = last.sequence, last.stack.asked, last.stack.members
            if held == (sequence, frames, members):
                return last
        stack = stacker.stack(sequence, (*SHOWN, *stacker.motion_needs()))
        height, height_sd, slope = (_plane(stack, name) for name in SHOWN)
        return SurfaceImage(sequence, height, height_sd, slope, StackShown(frames, members, stack.motion))

    def _stacker(self, run_id: str, products: Run, frames: int) -> Stacker:
        # Takes a second, which a look at single frames need not spend.
        from eclips4d.metrology.stack import Stacker
        from eclips4d.metrology.stack.memory import PlaneMemory

        if run_id != self._run_id or self._memory is None:
            self._run_id, self._memory, self._made = run_id, PlaneMemory(), None
        if self._made is None or self._made[0] is not products or self._made[1].frames != frames:
            self._made = products, Stacker(products, frames, self._memory)
        return self._made[1]


def _plane(stack: Stack, name: str) -> FloatArray | None:
    plane = stack.planes.get(name)
    return None if plane is None else plane.astype(np.float32, copy=False)
