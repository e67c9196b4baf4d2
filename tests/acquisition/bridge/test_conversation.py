from __future__ import annotations

import ast
import random
import zlib
from importlib.resources import files

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.acquisition.bridge.conversation import AHEAD, QUIET_S, Conversation
from eclips4d.acquisition.bridge.messages import MAGIC, Asked, Pushed, decode, pixels
from eclips4d.core.errors import WireError

PLAIN = np.arange(24, dtype="<u2").tobytes()
FRAME = Pushed(
    run="run",
    number=3,
    after=2,
    clock_s=100.0,
    start_s=98.0,
    end_s=99.0,
    shape=(2, 3, 4),
    dtype="uint16",
    crc32=zlib.crc32(PLAIN),
    side={"temperature": 812.0},
)


def parts_of(pushed: Pushed = FRAME, plain: bytes = PLAIN) -> list[bytes]:
    return [MAGIC, msgspec.json.encode(pushed), plain]


def test_a_frame_comes_as_it_was_sent() -> None:
    said, plain = decode(parts_of())
    assert said == FRAME
    data = pixels(said, plain)
    assert np.array_equal(data, np.arange(24, dtype=np.uint16).reshape(2, 3, 4))
    assert not data.flags.writeable


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [MAGIC],
        [b"GET / HTTP/1.1", b"{}"],
        [MAGIC, b"{}"],
        [MAGIC, b"[" * 10_000],
        [MAGIC, b'{"asked": 1, "clock_s": 1e999}'],
        [MAGIC, b'{"asked": -1, "clock_s": 1}'],
        [MAGIC, b'{"asked": 1, "clock_s": 1, "more": 2}'],
        [MAGIC, b" " * 70_000, b""],
        [*parts_of(), b""],
        [MAGIC, msgspec.json.encode(FRAME)],
    ],
)
def test_what_is_no_message_is_refused(parts: list[bytes]) -> None:
    with pytest.raises(WireError):
        decode(parts)


@pytest.mark.parametrize(
    "changes",
    [
        {"after": 3},
        {"after": -2},
        {"number": -1},
        {"start_s": 99.5},
        {"run": "r" * 201},
        {"side": {str(k): 0.0 for k in range(65)}},
        {"shape": [2, 3]},
    ],
)
def test_a_frame_that_cannot_be_is_refused(changes: dict[str, object]) -> None:
    head = msgspec.to_builtins(FRAME) | changes
    with pytest.raises(WireError):
        decode([MAGIC, msgspec.json.encode(head), PLAIN])


@pytest.mark.parametrize(
    ("changes", "plain"),
    [
        ({}, PLAIN[:-1]),
        ({}, PLAIN[:-1] + b"x"),
        ({"dtype": "float32"}, PLAIN),
        ({"shape": (2, 3, 0)}, b""),
        ({"shape": (2, 1 << 40, 1 << 40)}, PLAIN),
        ({"shape": (-2, -3, 4)}, PLAIN),
    ],
)
def test_pixels_that_are_not_what_the_head_says_are_refused(changes: dict[str, object], plain: bytes) -> None:
    with pytest.raises(WireError):
        pixels(msgspec.structs.replace(FRAME, **changes), plain)


def damaged(seed: int) -> list[bytes]:
    rng = random.Random(seed)
    parts = [bytearray(part) for part in parts_of()]
    for _ in range(rng.randint(1, 4)):
        part = rng.choice(parts)
        match rng.randrange(4):
            case 0 if part:
                part[rng.randrange(len(part))] = rng.randrange(256)
            case 1:
                del part[rng.randrange(len(part) + 1) :]
            case 2:
                part += rng.randbytes(rng.randint(1, 20))
            case _:
                parts = parts[: rng.randint(1, len(parts))]
    return [bytes(part) for part in parts]


def survived(seed: int) -> bool:
    try:
        said, plain = decode(damaged(seed))
        if isinstance(said, Pushed):
            pixels(said, plain)
    except WireError:
        return False
    return True


def test_ten_thousand_damaged_messages_are_refused_and_nothing_else_happens() -> None:
    assert 0 < sum(survived(seed) for seed in range(10_000)) < 5_000


class Bridge:
    """What a bridge knows, without sockets: frames by number, some lost at the folder."""

    def __init__(self, numbers: list[int]) -> None:
        self.held = numbers

    def frame(self, k: int) -> Pushed:
        after = self.held[k - 1] if k else -1
        return msgspec.structs.replace(FRAME, number=self.held[k], after=after)


@given(st.sets(st.integers(0, 30), min_size=1), st.lists(st.integers(0, 30), max_size=60))
def test_frames_are_taken_in_order_and_each_once_whatever_comes(numbers: set[int], sent: list[int]) -> None:
    """Any frames in any order, again and again: those taken are the first ones held, in order, without a hole."""
    bridge = Bridge(sorted(numbers))
    talk = Conversation("run", 0, 0)
    taken = []
    for k in sent:
        frame = bridge.frame(k % len(bridge.held))
        if talk.is_next(frame):
            talk.takes(frame)
            taken.append(frame.number)
            assert not talk.answer(frame).again
    assert taken == bridge.held[: len(taken)]
    left = bridge.held[len(taken) :]
    assert not left or talk.is_next(bridge.frame(len(taken)))


def test_a_frame_that_overtook_another_is_asked_for_again_and_one_that_came_twice_is_not() -> None:
    talk = Conversation("run", 3, 2)
    assert talk.answer(msgspec.structs.replace(FRAME, number=5, after=4)).again
    assert not talk.answer(msgspec.structs.replace(FRAME, number=2, after=1)).again
    told = talk.told(7)
    assert (told.run, told.wanted, told.durable, told.room, told.answer) == ("run", 3, 2, 2 + AHEAD, 7)


def test_at_the_end_none_is_taken_and_there_is_no_room() -> None:
    talk = Conversation("run", 3, 1, is_ending=True)
    assert not talk.is_next(FRAME)
    assert talk.told().room == 3


def test_frames_numbered_for_another_run_are_sent_again_for_this_one() -> None:
    talk = Conversation("other", 3, 3)
    assert not talk.is_next(FRAME)
    assert talk.answer(FRAME).again


def test_clocks_are_compared_until_the_first_frame() -> None:
    talk = Conversation("run", 3, 3)
    talk.hears(Asked(1, 1000.0), 5.0)
    talk.hears(Asked(2, 1001.0), 5.5)
    assert talk.clock_ahead_s == -995.5
    talk.takes(FRAME)
    talk.hears(Asked(3, 2000.0), 6.0)
    assert talk.clock_ahead_s == -995.5


def test_another_bridge_waits_until_the_first_is_gone() -> None:
    now = [0.0]
    talk = Conversation("run", 0, 0, clock=lambda: now[0])
    assert talk.listens_to(b"a")
    now[0] += QUIET_S - 0.1
    assert not talk.listens_to(b"b")
    assert talk.listens_to(b"a")
    now[0] += QUIET_S
    assert talk.listens_to(b"b")
    assert talk.bridges == 2


def test_the_script_is_python_3_7() -> None:
    text = (files("eclips4d.acquisition.bridge") / "eclips4d_bridge.py").read_text()
    tree = ast.parse(text, feature_version=(3, 7))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imported - {"zmq"} == {
        "contextlib",
        "json",
        "os",
        "re",
        "threading",
        "time",
        "uuid",
        "zlib",
    }
    newer = (ast.NamedExpr, ast.JoinedStr)
    assert not [node for node in ast.walk(tree) if isinstance(node, newer)]
    assert not [a for node in ast.walk(tree) if isinstance(node, ast.arguments) for a in node.posonlyargs]
