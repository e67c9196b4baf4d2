"""The contract of an engine: a trained network that is ready to be called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError

F32 = NDArray[np.float32]

Precision: TypeAlias = Literal["int8", "bf16", "f16", "f32"]
"""In what the layers compute, of int8 some of them; planes in and out are float32 whatever the layers do."""
MOST_SIZES: Final = 4
"""Image sizes for which an engine keeps what it has prepared."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Planes as an engine's first layer reads them: blocks of pixels beside each other.

    Attributes
    ----------
    values : float32 or uint16 [Y/side, X/side, C·side²]
        Channels in the order of planes, then of rows and pixels in a block; uint16 is bf16. See `channels_last`.
    side : int
    """

    values: Any
    side: int


class Network(Protocol):
    """Planes in, planes out, for one frame at a time.

    The same planes give the same bits, whatever was computed before and however many threads there are. Not for two
    threads at once: buffers are reused from call to call.
    """

    @property
    def engine(self) -> str:
        """`openvino`, `tensorrt` or `torch`."""
        ...

    @property
    def precision(self) -> Precision:
        """In what it computes here."""
        ...

    @property
    def channels(self) -> tuple[int, int]:
        """Planes in, planes out."""
        ...

    def blocks(self, shape: tuple[int, int]) -> Blocks | None:
        """Its own memory for planes of that shape (Y, X), in which it takes them faster; None where it has no such.

        The same for the next image of the shape.
        """
        ...

    def __call__(self, planes: F32 | Blocks) -> F32:
        """From [C, Y, X], or from its blocks, to [K, Y, X].

        The result may be a view of a buffer that stands until the next call.

        Raises
        ------
        InputError
            The number of planes is not the network's, or it does not take images of this size.
        """
        ...


def check_planes(planes: F32 | Blocks, inputs: int, where: str) -> F32:
    """Refuse what is not [inputs, Y, X].

    Raises
    ------
    InputError
    """
    if isinstance(planes, Blocks):
        raise InputError("takes planes, not blocks of pixels", where=where)
    if planes.ndim != 3 or planes.shape[0] != inputs:
        raise InputError(f"takes {inputs} planes [C, Y, X], not an array of shape {planes.shape}", where=where)
    return planes
