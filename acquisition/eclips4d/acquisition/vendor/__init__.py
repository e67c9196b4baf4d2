r"""What the makers of microscopes write into and beside their image files, in the units of this project.

>>> from eclips4d.acquisition.vendor.texts import hitachi_header
>>> hitachi_header("[SemImageFile]\nAcceleratingVoltage=15000 Volt\nWorkingDistance=8100 um").values
{'high_voltage': 15.0, 'working_distance': 8.1}
"""

from __future__ import annotations

from eclips4d.acquisition.vendor.header import FileHeader
from eclips4d.acquisition.vendor.reading import read_header
from eclips4d.acquisition.vendor.says import VendorSays, vendor_says

__all__ = ["FileHeader", "VendorSays", "read_header", "vendor_says"]
