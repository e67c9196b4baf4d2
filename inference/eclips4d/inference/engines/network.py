"""The contract of an engine: a trained network that is ready to be called."""

from __future__ import annotations

from typing import Final, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError

F32 = NDArray[np.float32]

Precision: TypeAlias = Literal["bf16", "f16", "f32"]
"""In what the layers compute; planes in and out are float32 whatever the layers do."""
MOST_SIZES: Final = 4
"""Image sizes for which an engine keeps what it has prepared."""


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

    def __call__(self, planes: F32) -> F32:
        """From [C, Y, X] to [K, Y, X]; the result is a view of a buffer and stands until the next call.

        Raises
        ------
        InputError
            The number of planes is not the network's, or it does not take images of this size.
        """
        ...


def check_planes(planes: F32, inputs: int, where: str) -> None:
    """Refuse what is not [inputs, Y, X].

    Raises
    ------
    InputError
    """
    if planes.ndim != 3 or planes.shape[0] != inputs:
        raise InputError(f"takes {inputs} planes [C, Y, X], not an array of shape {planes.shape}", where=where)
