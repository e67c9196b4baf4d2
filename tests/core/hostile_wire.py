"""A corpus of messages that must never do more than raise `WireError`: whatever can arrive on an open port."""

from __future__ import annotations

import msgspec
import numpy as np
import xxhash

from eclips4d.core import wire
from eclips4d.core.frame import FrameHeader
from eclips4d.core.messages import Beat, FrameOffer, Hello
from eclips4d.core.source import SourceInfo
from eclips4d.core.strip_messages import StripOffer

Hostile = list[tuple[str, list[bytes]]]
HUGE = b"\x7f\xff\xff\xff"


def good_header(**changes: object) -> FrameHeader:
    """Header of a small frame."""
    values = {
        "run_id": "run",
        "sequence": 3,
        "frame_id": 7,
        "start_s": 1.0,
        "end_s": 2.0,
        "line_time_s": 0.25,
        "segments": ("A", "B", "C"),
        "dtype": "uint16",
        "shape": (3, 4, 5),
        "pixel_size_nm": (4.0, 4.0),
        "rotation_deg": 0.0,
        "instrument": "0123456789abcdef",
    }
    return FrameHeader(**{**values, **changes})


def good_source(**changes: object) -> SourceInfo:
    """The source that such frames come from."""
    values = {
        "kind": "recording",
        "address": "run.ome.tif",
        "identity": "fedcba9876543210",
        "instrument_toml": "",
        "instrument": "0123456789abcdef",
        "segments": ("A", "B", "C"),
        "dtype": "uint16",
        "shape": (3, 4, 5),
        "frames": 8,
        "can_wait": True,
        "start_utc": "2026-01-01T00:00:00Z",
    }
    return SourceInfo(**{**values, **changes})


def good_message() -> list[bytes]:
    """A valid message with one array."""
    raw = np.arange(60, dtype=np.uint16).reshape(3, 4, 5)
    return [bytes(part) for part in wire.encode(FrameOffer(header=good_header(), stamps={}), {"raw": raw})]


def hostile_messages() -> list[tuple[str, list[bytes]]]:
    """Every message with the name of what is wrong with it."""
    return [*_not_ours(), *_bad_headers(), *_bad_parts(), *_bad_values(), *_too_much()]


def _not_ours() -> Hostile:
    return [
        ("no part", []),
        ("an empty part", [b""]),
        ("two empty parts", [b"", b""]),
        ("one byte", [b"E"]),
        ("a port scanner", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"]),
        ("a ZeroMQ greeting", [b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00NULL"]),
        ("a pickle", [b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x07builtins\x94."]),
        ("JSON", [b'{"type": "Beat", "name": "x"}']),
        ("random bytes", [np.random.default_rng(1).bytes(4096)]),
        ("our parts twice", good_message() * 2),
        ("hundreds of parts", [good_message()[0], *[b"x"] * 300]),
    ]


def _bad_headers() -> Hostile:
    header, array = good_message()
    magic, body = wire.MAGIC, header[len(wire.MAGIC) :]
    return [
        ("the next version", [b"E4D\x02" + body, array]),
        ("version 0", [b"E4D\x00" + body, array]),
        ("only the magic", [magic]),
        ("a truncated header", [header[:-3], array]),
        ("half a header", [header[: len(header) // 2], array]),
        ("bytes after the header", [header + b"\x00", array]),
        ("an oversized header", [magic + b"\x00" * wire.MAX_HEADER_BYTES]),
        ("a header of zeros", [magic + b"\x00" * 64]),
        ("a number for a header", [magic + b"\x01"]),
        ("an array announced with two billion items", [magic + b"\xdd" + HUGE]),
        ("a string announced with two billion bytes", [magic + b"\x92\xdb" + HUGE]),
        ("a map announced with two billion keys", [magic + b"\x92\xdf" + HUGE]),
        ("deep nesting", [magic + b"\x92" + b"\x91" * 100_000]),
        ("text that is not UTF-8", [magic + b"\x92\x82\xa4type\xa4Beat\xa4name\xa2\xff\xfe\x90"]),
        ("an unknown message", [magic + msgspec.msgpack.encode(({"type": "Shutdown"}, ()))]),
        ("a message without a type", [magic + msgspec.msgpack.encode(({"name": "x"}, ()))]),
        ("a message without a field", [magic + msgspec.msgpack.encode(({"type": "Beat"}, ()))]),
    ]


def _announced(specs: list[tuple[object, ...]], *parts: bytes) -> list[bytes]:
    body = {"type": "Beat", "name": "x"}
    return [wire.MAGIC + msgspec.msgpack.encode((body, specs)), *parts]


def _bad_parts() -> Hostile:
    header, array = good_message()
    flipped = bytearray(array)
    flipped[17] ^= 4
    digest = xxhash.xxh3_64_intdigest(b"abcd")
    return [
        ("a flipped bit", [header, bytes(flipped)]),
        ("a truncated array", [header, array[:-1]]),
        ("a longer array", [header, array + b"\x00"]),
        ("an empty array part", [header, b""]),
        ("an array less", [header]),
        ("an array more", [header, array, array]),
        ("an exabyte announced", _announced([("raw", "float64", (1 << 40, 1 << 17), digest)], b"abcd")),
        ("a gigabyte too much announced", _announced([("raw", "uint8", (2, 1 << 20, 1 << 10), digest)], b"abcd")),
        ("lengths that overflow to four", _announced([("raw", "uint8", (1 << 62, 4, 1 << 2), digest)], b"abcd")),
        ("a negative length", _announced([("raw", "uint8", (-4,), digest)], b"abcd")),
        ("two negative lengths", _announced([("raw", "uint8", (-2, -2), digest)], b"abcd")),
        ("five axes", _announced([("raw", "uint8", (1, 1, 1, 1, 4), digest)], b"abcd")),
        ("python objects", _announced([("raw", "object", (4,), digest)], b"abcd")),
        ("a structured type", _announced([("raw", "u2,u2", (1,), digest)], b"abcd")),
        ("a void type", _announced([("raw", "V4", (1,), digest)], b"abcd")),
        ("text as a type", _announced([("raw", "<U1", (1,), digest)], b"abcd")),
        ("no type", _announced([("raw", "", (4,), digest)], b"abcd")),
        ("two arrays of one name", _announced([("raw", "uint8", (4,), digest)] * 2, b"abcd", b"abcd")),
        ("a checksum beyond 64 bits", _announced([("raw", "uint8", (4,), float(2**70))], b"abcd")),
    ]


def _bad_values() -> Hostile:
    nan, infinity = float("nan"), float("inf")
    changes: list[tuple[str, dict[str, object]]] = [
        ("a negative sequence", {"sequence": -1}),
        ("a sequence beyond all stores", {"sequence": 1 << 60}),
        ("a hardware number beyond 64 bits signed", {"frame_id": (1 << 64) - 1}),
        ("no time", {"start_s": nan}),
        ("a frame without an end", {"end_s": infinity}),
        ("a frame that ends before it starts", {"end_s": 0.0}),
        ("a negative line time", {"line_time_s": -1.0}),
        ("a rotation that is no number", {"rotation_deg": nan}),
        ("no segments", {"segments": (), "shape": (0, 4, 5)}),
        ("more segments than planes", {"segments": ("A", "B", "C", "D")}),
        ("one segment twice", {"segments": ("A", "A", "B")}),
        ("no pixels", {"shape": (3, 0, 5)}),
        ("two axes", {"shape": (3, 4)}),
        ("pixels of an unknown type", {"dtype": "float32"}),
        ("no pixel size", {"pixel_size_nm": (0.0, 4.0)}),
        ("a side value that climbs out of the store", {"side": {"../../etc": 1.0}}),
        ("a side value without a name", {"side": {"": 1.0}}),
        ("more side values than any store has", {"side": {f"value_{k}": 1.0 for k in range(65)}}),
        ("more segments than any detector has", {"segments": tuple(map(str, range(33))), "shape": (33, 4, 5)}),
        ("more pixels than any scan has", {"shape": (3, 1 << 20, 1 << 20)}),
        ("a frame larger than any message", {"segments": ("A", "B", "C", "D", "E"), "shape": (5, 8192, 8192)}),
    ]
    sources: list[tuple[str, dict[str, object]]] = [
        ("a source of no pixels", {"shape": (3, 4, 0)}),
        ("a source whose side value climbs out of the store", {"side_units": {"../../etc": "K"}}),
        ("a source of less than no frames", {"frames": -1}),
        ("a source of more frames than any disk holds", {"frames": 1 << 40}),
        ("a source whose rate is no number", {"frames_per_second": nan}),
        ("a source whose time stands still", {"frames_per_second": 0.0}),
    ]
    frames = [(name, _frame_with(change)) for name, change in changes]
    rows: list[tuple[str, dict[str, object]]] = [
        ("rows of a frame that is whole", {"rows": 4}),
        ("no rows", {"rows": 0}),
        ("more rows than any scan has", {"rows": 1 << 40}),
        ("rows of the future", {"age_s": -1.0}),
        ("rows of no age", {"age_s": nan}),
        ("less than no rows dropped", {"dropped": -1}),
    ]
    told = frames + [(name, _hello_with(change)) for name, change in sources]
    return told + [(name, _rows_with(change)) for name, change in rows]


def _too_much() -> Hostile:
    """What no stage sends, by the types of the messages."""
    long, gap = "x" * 2001, {"type": "GapOffer", "sequence": 0, "frame_id": 0, "start_s": 0.0}
    registered = {
        "type": "RegisteredOffer",
        "sequence": 0,
        **dict.fromkeys(("drift_px", "drift_rate_px", "drift_sd_px"), (0.0, 0.0)),
        "aligned": True,
        "reference": 0,
        "calibration": "c",
        "model": "m",
        "state": b"",
        "stamps": {},
    }
    assert [wire.decode(_saying(body)).body for body in (gap, registered)]
    bodies: list[tuple[str, dict[str, object]]] = [
        ("a name as long as a book", {"type": "Beat", "name": long}),
        ("a reason as long as a book", {"type": "Failed", "sequence": 0, "reason": long}),
        ("a remark of a hundred values", {"type": "Remark", "what": "x", "values": {str(k): k for k in range(100)}}),
        ("a remark whose value is a text", {"type": "Remark", "what": "x", "values": {"a": "b"}}),
        ("a gap with a number beyond 64 bits signed", {**gap, "frame_id": (1 << 64) - 1}),
        ("a gap at no time", {**gap, "start_s": float("nan")}),
        ("a link beyond 64 bits signed", {"type": "NoMore", "after": 1 << 63}),
        ("a call for a thousand frames", {"type": "Recall", "sequences": list(range(1000))}),
        ("a state of more than 64 KiB", {**registered, "state": bytes(64 * 1024 + 1)}),
        ("a hundred events of one frame", {**registered, "events": ["x"] * 100}),
        ("stamps of a hundred stages", {**registered, "stamps": {str(k): k for k in range(100)}}),
        ("a stamp beyond 64 bits signed", {**registered, "stamps": {"acquired": 1 << 63}}),
        ("no number of pixels alike", {**registered, "pixels_alike": float("nan")}),
    ]
    return [(name, _saying(body)) for name, body in bodies]


def _saying(body: dict[str, object]) -> list[bytes]:
    return [wire.MAGIC + msgspec.msgpack.encode((body, ()))]


def _hello_with(change: dict[str, object]) -> list[bytes]:
    hello = Hello(role="acquisition", name="a", pid=1, source=good_source())
    (body, specs) = msgspec.msgpack.decode(wire.encode(hello)[0][len(wire.MAGIC) :])
    body["source"].update(change)
    return [wire.MAGIC + msgspec.msgpack.encode((body, specs))]


def _rows_with(change: dict[str, object]) -> list[bytes]:
    offer = StripOffer(header=good_header(), rows=2, stamps={})
    (body, specs) = msgspec.msgpack.decode(wire.encode(offer)[0][len(wire.MAGIC) :])
    return [wire.MAGIC + msgspec.msgpack.encode((body | change, specs))]


def _frame_with(change: dict[str, object]) -> list[bytes]:
    header, array = good_message()
    (body, specs) = msgspec.msgpack.decode(header[len(wire.MAGIC) :])
    body["header"].update(change)
    return [wire.MAGIC + msgspec.msgpack.encode((body, specs)), array]


def harmless_message() -> list[bytes]:
    """The message to send after a hostile one: its answer proves that the receiver lives."""
    return [bytes(part) for part in wire.encode(Beat(name="probe"))]
