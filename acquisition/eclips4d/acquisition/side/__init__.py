"""Side streams: temperature, gas, pressures, laser power from elsewhere, joined to frames as they come.

`temperature=zmq://127.0.0.1:5570/stage?unit=degC` is any script's, `pressure=ca://LAB:PRESSURE?unit=Pa` EPICS's.
"""

from __future__ import annotations

from eclips4d.acquisition.side.address import SideStream, parse_side
from eclips4d.acquisition.side.joining import SideStreams, open_sides

__all__ = ["SideStream", "SideStreams", "open_sides", "parse_side"]
