from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.acquisition.device_source import Loss
from eclips4d.acquisition.sharksem.assembly import DAMAGED, Assembly, Scanned
from eclips4d.acquisition.sharksem.messages import Message
from eclips4d.acquisition.sharksem.parts import HEAD, Part, encode_part, parse_part

CHANNELS, PIXELS, SCAN_S = (0, 1, 2), 12, 0.2


def image(frame: int, channel: int) -> np.ndarray:
    """Every pixel of every channel of every frame is another."""
    return np.arange(PIXELS, dtype=np.uint16) + 100 * channel + 1000 * frame


def runs(frame: int, told: int, edges=(0, 4, 8, 12), channels=CHANNELS) -> list[tuple[Part, float]]:
    """Parts of a frame with their times."""
    return [
        (Part(told, channel, start, image(frame, channel)[start:stop]), SCAN_S * (frame + stop / PIXELS))
        for start, stop in pairwise(edges)
        for channel in channels
    ]


def put(assembly: Assembly, parts: list[tuple[Part | None, float]]) -> list[Scanned | Loss]:
    return [item for part, now_s in parts for item in assembly.put(part, now_s)]


def numbers(items: list[Scanned | Loss]) -> list[int | str]:
    """Numbers of the frames, in the order they came; every frame must be whole and its own."""
    told: list[int | str] = []
    for item in items:
        if isinstance(item, Loss):
            assert item == DAMAGED
            told.append("damaged")
        else:
            for k, channel in enumerate(CHANNELS):
                shown = item.data[k]
                assert (shown == image(int(shown[0] - 100 * channel) // 1000, channel)).all(), "a mixture"
            assert len({int(row[0]) // 1000 for row in item.data}) == 1, "channels of different frames"
            told.append(item.number)
    return told


def scan(advancing: bool, frames: int = 4, **changed) -> list[list[tuple[Part | None, float]]]:
    return [runs(frame, frame if advancing else 7, **changed) for frame in range(frames)]


def flat(frames: list[list[tuple[Part | None, float]]]) -> list[tuple[Part | None, float]]:
    return [part for frame in frames for part in frame]


@pytest.fixture(params=[False, True], ids=["standing", "advancing"])
def advancing(request) -> bool:
    return request.param


def made() -> Assembly:
    return Assembly(CHANNELS, PIXELS, 16)


def test_frames_come_whole_and_numbered(advancing: bool) -> None:
    items = put(made(), flat(scan(advancing)))
    assert numbers(items) == [0, 1, 2, 3]
    assert [round(item.last_s, 9) for item in items] == [0.2, 0.4, 0.6, 0.8]


def test_channels_of_others_are_left_alone(advancing: bool) -> None:
    assert numbers(put(made(), flat(scan(advancing, channels=(5, 0, 1, 9, 2))))) == [0, 1, 2, 3]


def test_what_is_sent_again_overwrites(advancing: bool) -> None:
    frames = scan(advancing)
    wrong = Part(frames[1][4][0].frame, 1, 4, np.zeros(4, np.uint16))
    frames[1][4:4] = [(wrong, frames[1][4][1])]  # then the right pixels of the same place come
    assert numbers(put(made(), flat(frames))) == [0, 1, 2, 3]


@pytest.mark.parametrize("lost", range(9))
def test_a_lost_run_costs_its_frame_and_no_other(advancing: bool, lost: int) -> None:
    frames = scan(advancing)
    del frames[1][lost]
    assert numbers(put(made(), flat(frames))) == [0, "damaged", 2, 3]


def test_a_lost_frame_shows_in_the_numbers_where_they_advance() -> None:
    frames = scan(advancing=True)
    del frames[1:3]
    assert numbers(put(made(), flat(frames))) == [0, 3]


@pytest.mark.parametrize("told", [[0, 1, 0, 1], [0, 1, 1 << 31, (1 << 31) + 1], [(1 << 32) - 2, (1 << 32) - 1, 0, 1]])
def test_numbers_that_begin_anew_or_are_garbage_leave_no_hole(told: list[int]) -> None:
    frames = [runs(frame, number) for frame, number in enumerate(told)]
    assert numbers(put(made(), flat(frames))) == [0, 1, 2, 3]


def test_an_unreadable_part_costs_its_frame(advancing: bool) -> None:
    frames = scan(advancing)
    frames[1][4] = (None, frames[1][4][1])
    assert numbers(put(made(), flat(frames))) == [0, "damaged", 2, 3]


def test_pixels_beyond_the_image_cost_their_frame(advancing: bool) -> None:
    frames = scan(advancing)
    part, now_s = frames[1][8]
    frames[1][8] = (Part(part.frame, part.channel, part.index, np.zeros(40, np.uint16)), now_s)
    assert numbers(put(made(), flat(frames))) == [0, "damaged", 2, 3]


@pytest.mark.parametrize("lost", range(3))
def test_whole_images_of_several_frames_are_never_mixed(advancing: bool, lost: int) -> None:
    """One message per image, and one never came."""
    frames = scan(advancing, edges=(0, 12))
    del frames[1][lost]
    assert numbers(put(made(), flat(frames))) == [0, "damaged", 2, 3]


EDGES = st.sampled_from([(0, 12), (0, 4, 8, 12), (0, 5, 12)])


@given(st.data(), EDGES)
def test_whatever_is_lost_frames_are_never_mixed_where_numbers_advance(data: st.DataObject, edges) -> None:
    frames = scan(True, edges=edges)
    kept = [data.draw(st.lists(st.booleans(), min_size=len(parts), max_size=len(parts))) for parts in frames]
    left = [[part for part, keep in zip(*both, strict=True) if keep] for both in zip(frames, kept, strict=True)]
    whole = [frame for frame, keeps in enumerate(kept) if all(keeps)]
    items = put(made(), flat(left))
    assert [number for number in numbers(items) if number != "damaged"] == whole or not left[0]
    assert [int(item.data[0, 0]) // 1000 for item in items if isinstance(item, Scanned)] == whole


@given(st.data(), EDGES)
def test_a_short_loss_mixes_no_frames_where_numbers_stand_still(data: st.DataObject, edges) -> None:
    parts = flat(scan(False, edges=edges))
    length = data.draw(st.integers(1, len(CHANNELS) - 1))
    first = data.draw(st.integers(1, len(parts) - length))
    lost = set(range(first, first + length))
    numbers(items := put(made(), [part for k, part in enumerate(parts) if k not in lost]))
    came = [int(item.data[0, 0]) // 1000 for item in items if isinstance(item, Scanned)]
    touched = {k * 4 // len(parts) for k in lost}
    assert set(came) <= set(range(4)) - touched
    assert len(came) >= 4 - len(touched) - 1, "one more frame than those that lack something, at most"


@pytest.mark.parametrize("edges", [(0, 4, 8, 12), (0, 5, 12)])
def test_a_lost_first_run_costs_the_first_frame(advancing: bool, edges: tuple[int, ...]) -> None:
    assert numbers(put(made(), flat(scan(advancing, edges=edges))[1:])) == ["damaged", 1, 2, 3]


def test_a_scan_that_breaks_off_leaves_a_damaged_frame(advancing: bool) -> None:
    assembly = made()
    assert numbers(put(assembly, flat(scan(advancing))[:14])) == [0]
    assert list(assembly.give_up()) == [DAMAGED]
    assert list(assembly.give_up()) == []
    assert numbers(put(assembly, runs(3, 0))) == [2]


ANY_PART = st.one_of(
    st.none(),
    st.builds(
        lambda frame, channel, index, size: Part(frame, channel, index, np.zeros(size, np.uint16)),
        st.one_of(st.integers(0, 3), st.integers(0, (1 << 32) - 1)),
        st.integers(0, 4),
        st.one_of(st.integers(0, 13), st.integers(0, (1 << 32) - 1)),
        st.integers(0, 30),
    ),
)


@settings(max_examples=300)
@given(st.lists(ANY_PART, max_size=40))
def test_any_parts_give_whole_frames_and_rising_numbers(parts: list[Part | None]) -> None:
    items = put(made(), [(part, 0.01 * k) for k, part in enumerate(parts)])
    told = [item.number for item in items if isinstance(item, Scanned)]
    assert told == sorted(set(told))
    assert all(item.data.shape == (len(CHANNELS), PIXELS) for item in items if isinstance(item, Scanned))


@given(st.binary(max_size=80), st.sampled_from([8, 16]))
def test_any_body_is_a_part_or_none(body: bytes, bits: int) -> None:
    part = parse_part(Message("ScData", body), bits)
    assert part is None or (part.pixels.nbytes <= len(body) - HEAD.size and part.pixels.itemsize == bits // 8)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_parts_come_back(dtype: str) -> None:
    sent = Part(3, 2, 40, np.arange(9, dtype=dtype))
    came = parse_part(Message("ScData", encode_part(sent)), 8 * sent.pixels.itemsize)
    assert came is not None
    assert (came.frame, came.channel, came.index, came.pixels.tolist()) == (3, 2, 40, list(range(9)))
