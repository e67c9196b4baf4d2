"""The reader that the page for operators shows."""

from __future__ import annotations

import re
import time
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import zmq

from eclips4d.pipeline.triggers.condition import parse_condition
from eclips4d.pipeline.triggers.stream import ALIVE_EVERY_S, EventStream
from eclips4d.pipeline.triggers.trigger import Change

PAGE = Path(__file__).resolve().parents[3] / "docs" / "operations.md"


def test_the_reader_prints_triggers_and_notices_silence(capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = (b for b in re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE))
    assert len(text.splitlines()) <= 13
    with zmq.Context() as context:
        stream = EventStream(context, "tcp://127.0.0.1:*", "run", clock=count(0.0, ALIVE_EVERY_S).__next__)
        names: dict[str, Any] = {}
        begin, loop = text.split("while ", 1)
        exec(begin.replace("tcp://127.0.0.1:5770", stream.address), names)
        deadline = time.monotonic() + 20
        while not names["events"].poll(1):
            assert time.monotonic() < deadline
            stream.alive(0, 0.0, [])
        stream.tell(Change(parse_condition("drift>2"), True, 12, 6.0, 11, 3.5))
        stream.tell(Change(parse_condition("drift>2"), False, 13, 6.5, 13, 0.0))
        exec(f"while {loop}".replace("5000", "300"), names)
        stream.close()
        names["events"].context.destroy(linger=0)
    assert capsys.readouterr().out.splitlines() == [
        "drift>2 at frame 11 3.5 px",
        "nothing heard for 5 s: close the valve",
    ]
