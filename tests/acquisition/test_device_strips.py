"""Rows of a frame that a device is still scanning."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import msgspec
import numpy as np

from eclips4d.acquisition.device_source import DeviceSource, Loss, Rows
from eclips4d.acquisition.fakes import FakeSource
from eclips4d.acquisition.strips import Strips
from eclips4d.core.frame import Frame, FrameHeader, RawArray

FAKE = FakeSource(10, shape=(4, 16, 8))
INFO = msgspec.structs.replace(FAKE.info, frames=None, can_wait=False, pushed=True)


def row_by_row(start: int, ended: Event) -> Iterator[Frame | Loss | Rows]:
    """Two frames, into one and the same memory."""
    memory = np.empty((4, 16, 8), np.uint16)
    for sequence in (start, start + 1):
        frame = FAKE.frame(sequence)
        for rows in range(1, 16):
            memory[:, :rows] = frame.data[:, :rows]
            yield Rows(frame.header, memory[:, :rows])
        yield frame


def told_by(count: int) -> list[tuple[FrameHeader, RawArray]]:
    strips: list[tuple[FrameHeader, RawArray]] = []
    with DeviceSource(INFO, row_by_row) as source:
        source.give_strips(Strips(count, lambda header, raw: strips.append((header, raw))))
        assert [frame.header.sequence for frame in source.frames()] == [0, 1]
    return strips


def test_each_strip_is_told_once_and_keeps_its_pixels() -> None:
    strips = told_by(4)
    assert [(header.sequence, raw.shape[1]) for header, raw in strips] == [(s, r) for s in (0, 1) for r in (4, 8, 12)]
    for header, raw in strips:
        np.testing.assert_array_equal(raw, FAKE.frame(header.sequence).data[:, : raw.shape[1]])


def test_a_frame_in_one_strip_is_told_only_when_it_is_whole() -> None:
    assert told_by(1) == []


def test_nobody_needs_to_take_strips() -> None:
    with DeviceSource(INFO, row_by_row) as source:
        assert len(list(source.frames())) == 2
