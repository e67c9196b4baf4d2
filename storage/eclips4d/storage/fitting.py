"""Whether a frame belongs into a store: its shape, type, segments and scan are those the store was begun with."""

from __future__ import annotations

from eclips4d.core.errors import InputError
from eclips4d.core.frame import FrameHeader
from eclips4d.core.instrument import Instrument
from eclips4d.core.source import SourceInfo


def check_fits(header: FrameHeader, source: SourceInfo, instrument: Instrument, where: str) -> None:
    """Refuse a frame that differs from what the store `where` holds.

    Raises
    ------
    InputError
        It does; both are named.
    """
    scan = instrument.scan
    is_so = (header.shape, header.dtype, header.segments, header.pixel_size_nm, header.rotation_deg)
    should = (source.shape, source.dtype, source.segments, scan.pixel_size_xy_nm, scan.rotation_deg)
    if is_so != should:
        raise InputError(
            f"{header.label} is {is_so}, the store holds {should}",
            where=where,
            cure="start a new run after changing the scan",
        )
