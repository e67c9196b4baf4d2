"""The three messages of a series, start, image and end: from bytes, and to bytes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, TypeAlias

from numpy.typing import NDArray

from eclips4d.acquisition.streamv2.arrays import Tagged, tagged
from eclips4d.acquisition.streamv2.bounds import CBOR, TAGS, check_bounds
from eclips4d.core.errors import InputError, WireError

LARGEST_NUMBER = (1 << 63) - 1
NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A series begins; what is None was not told."""

    series: str
    channels: tuple[str, ...]
    dtype: str
    size: tuple[int, int]
    """(columns, rows)."""
    images: int | None = None
    frame_time_s: float | None = None
    energy_ev: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One exposure; times count from the start of its series, pixels are opened by `arrays.pixels`."""

    series: str
    number: int
    start_s: Fraction
    stop_s: Fraction
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class End:
    """A series has ended."""

    series: str


Said: TypeAlias = Start | Image | End


def read(message: bytes) -> Said:
    """One message; fields that are not used here are not looked at.

    Raises
    ------
    WireError
        It is none.
    InputError
        The library is not installed.
    """
    fields = _decode(message)
    kind, series = fields.get("type"), fields.get("series_unique_id", fields.get("series_id"))
    if not isinstance(series, (str, int)) or isinstance(series, bool):
        raise WireError("a message of no series")
    match kind:
        case "start":
            return _start(fields, str(series))
        case "image":
            return _image(fields, str(series))
        case "end":
            return End(str(series))
        case _:
            raise WireError(f"a message of type {kind!r}"[:200])


def write_start(start: Start, more: Mapping[str, Any]) -> bytes:
    """A start message; `more` are fields of the specification that `Start` does not have."""
    told = {"frame_time": start.frame_time_s, "incident_energy": start.energy_ev, "number_of_images": start.images}
    fields = {
        "type": "start",
        "arm_date": _date(datetime.now(UTC).isoformat()),
        "channels": list(start.channels),
        "image_dtype": start.dtype,
        "image_size_x": start.size[0],
        "image_size_y": start.size[1],
        "series_id": 1,
        "series_unique_id": start.series,
        **{name: value for name, value in told.items() if value is not None},
        **more,
    }
    return _encoded(fields)


def write_image(
    series: str,
    number: int,
    times_s: tuple[float, float],
    images: Mapping[str, NDArray[Any]],
    *,
    began_utc: str,
    compression: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> bytes:
    """An image message; times count in nanoseconds from `began_utc`, which is ISO 8601."""
    start, stop = (max(0, round(time_s * NANOSECONDS)) for time_s in times_s)
    fields = {
        "type": "image",
        "image_id": number,
        "real_time": [stop - start, NANOSECONDS],
        "series_date": _date(began_utc),
        "series_id": 1,
        "series_unique_id": series,
        "start_time": [start, NANOSECONDS],
        "stop_time": [stop, NANOSECONDS],
        **(more or {}),
        "data": {name: tagged(image, compression) for name, image in images.items()},
    }
    return _encoded(fields)


def write_end(series: str) -> bytes:
    """An end message."""
    return _encoded({"type": "end", "series_id": 1, "series_unique_id": series})


def check_library() -> None:
    """Refuse to go on without the library that messages are decoded with; `InputError` names the cure."""
    _cbor()


def _decode(message: bytes) -> dict[str, Any]:
    cbor = _cbor()
    check_bounds(message)
    as_it_came = {tag: _as_it_came(tag) for tag in TAGS}
    try:
        fields = cbor.loads(message, semantic_decoders=as_it_came, allow_duplicate_keys=False)
    except (cbor.CBORDecodeError, ValueError, TypeError, OverflowError) as error:
        raise WireError(f"unreadable: {error}"[:300]) from error
    if isinstance(fields, Tagged) and fields.tag == CBOR:
        fields = fields.content
    if not isinstance(fields, dict):
        raise WireError("a message that is no map")
    return fields


def _encoded(fields: dict[str, Any]) -> bytes:
    cbor = _cbor()
    return cbor.dumps(cbor.CBORTag(CBOR, fields))  # type: ignore[no-any-return]


def _as_it_came(tag: int) -> Any:
    return lambda content, _immutable: Tagged(tag, content)


def _start(fields: Mapping[str, Any], series: str) -> Start:
    channels = fields.get("channels")
    if not isinstance(channels, list) or not all(isinstance(name, str) for name in channels):
        raise WireError("a series without channels")
    return Start(
        series=series,
        channels=tuple(channels),
        dtype=str(fields.get("image_dtype"))[:40],
        size=(_count(fields, "image_size_x"), _count(fields, "image_size_y")),
        images=_count(fields, "number_of_images") if "number_of_images" in fields else None,
        frame_time_s=_number(fields, "frame_time"),
        energy_ev=_number(fields, "incident_energy"),
    )


def _image(fields: Mapping[str, Any], series: str) -> Image:
    data = fields.get("data")
    if not isinstance(data, dict) or not all(isinstance(name, str) for name in data):
        raise WireError("an image without data")
    start_s, stop_s = _rational(fields, "start_time"), _rational(fields, "stop_time")
    if stop_s < start_s:
        raise WireError("an image that ends before it starts")
    return Image(series=series, number=_count(fields, "image_id"), start_s=start_s, stop_s=stop_s, data=data)


def _count(fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_NUMBER:
        raise WireError(f"{name} is {value!r}"[:200])
    return value


def _number(fields: Mapping[str, Any], name: str) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        raise WireError(f"{name} is {value!r}"[:200])
    return float(value)


def _rational(fields: Mapping[str, Any], name: str) -> Fraction:
    value = fields.get(name)
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in value)
        or value[1] == 0
    ):
        raise WireError(f"{name} is {value!r}"[:200])
    return Fraction(value[0], value[1])


def _date(iso: str) -> Any:
    return _cbor().CBORTag(0, iso)


def _cbor() -> Any:
    try:
        import cbor2
    except ModuleNotFoundError as error:
        raise InputError("Stream V2 needs cbor2", cure="pip install 'eclips4d[streamv2]'") from error
    return cbor2
