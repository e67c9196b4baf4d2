"""Messages of scripts: what is none is refused, whatever it is."""

from __future__ import annotations

import json
import random

import pytest

from eclips4d.acquisition.side.message import MOST_BYTES, Reading, parse_reading
from eclips4d.core.errors import WireError

SOUND = {"name": "stage", "value": 801.5, "unit": "degC", "time": 1.8e9}


def test_a_message_is_a_json_object_of_name_value_unit_and_time() -> None:
    assert parse_reading(json.dumps(SOUND).encode()) == Reading(name="stage", value=801.5, unit="degC", time=1.8e9)
    assert parse_reading(b'{"value": 3, "name": "p", "more": [1]}') == Reading(name="p", value=3.0)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"801.5",
        b'{"name": "stage"}',
        b'{"name": "stage", "value": "801.5"}',
        b'{"name": "stage", "value": true}',
        b'{"name": "stage", "value": NaN}',
        b'{"name": "stage", "value": 1e999}',
        b'{"name": "", "value": 1}',
        b'{"name": "stage", "value": 1, "time": "now"}',
        b'{"name": "stage", "value": 1, "time": -1}',
        b'{"name": "stage", "value": 1, "time": 1e300}',
        b'{"name": "stage", "value": 1, "unit": "' + b"x" * 33 + b'"}',
        b"[" * 4000,
        b'{"name": "stage", "value": 1}' + b" " * MOST_BYTES,
    ],
)
def test_what_is_no_side_value_is_refused(message: bytes) -> None:
    with pytest.raises(WireError):
        parse_reading(message)


def test_ten_thousand_damaged_messages_are_read_or_refused() -> None:
    chance, sound, refused = random.Random(1), json.dumps(SOUND).encode(), 0
    for _ in range(10_000):
        message = bytearray(sound)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(message))
            message[place : place + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        try:
            reading = parse_reading(bytes(message))
        except WireError:
            refused += 1
        else:
            assert abs(reading.value) < 1e400 and reading.name
    assert 5_000 < refused < 10_000
