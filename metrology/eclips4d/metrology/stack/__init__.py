"""Running means of registered frames, for doses at which one frame shows nothing.

A store keeps single frames; a stack is made of them where it is looked at, and is a pure function of them.
`dataset.open_stacked` gives an `xarray.Dataset`, `Stacker` one stack at a time, `stack_layers` that of arrays.
"""

from eclips4d.metrology.stack.layers import Layer, Motion, Stack
from eclips4d.metrology.stack.mean import stack_layers
from eclips4d.metrology.stack.stacker import Stacker

__all__ = ["Layer", "Motion", "Stack", "Stacker", "stack_layers"]
