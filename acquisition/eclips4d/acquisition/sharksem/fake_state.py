"""A microscope that is not there: what it answers to requests, and what they change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from eclips4d.acquisition.sharksem.messages import Argument, Message, decode
from eclips4d.acquisition.sharksem.readings import BEAM_ON

ACCEPTED, REFUSED = 0, -1
FIRST_SEGMENT = 4
"""Number of the detector that is the first segment; below it are others."""


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What `ScScanXY` asks for."""

    frame: int
    field_px: tuple[int, int]
    window: tuple[int, int, int, int]
    single: bool
    dwell_ns: int

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of the image."""
        left, top, right, bottom = self.window
        return right - left + 1, bottom - top + 1


@dataclass(slots=True)
class FakeState:
    """How the microscope stands; tests change it as somebody at its desk would."""

    size: tuple[int, int]
    """Columns and rows of the only scan that it does not refuse."""
    segments: int
    energy_kev: float
    working_distance_mm: float
    pixel_nm: float
    rotation_deg: float = 0.0
    pressure_pa: float = 100.0
    beam_on: bool = True
    stage: tuple[float, ...] = (1.5, -2.25, 30.0, 0.0, 0.0)
    live: bool = True
    """Its own window scans."""
    data_port: int | None = None
    selected: dict[int, int] = field(default_factory=dict)
    enabled: dict[int, int] = field(default_factory=dict)
    """Bits per pixel of the channels that are switched on."""
    scan: ScanRequest | None = None

    def __post_init__(self) -> None:
        self.selected = {channel: FIRST_SEGMENT + channel for channel in range(self.segments)}

    def answer(self, request: Message) -> tuple[Argument, ...] | None:
        """Arguments of the answer; None for requests that have none, and for those that it does not know."""
        known = _ANSWERS.get(request.name)
        return None if known is None else known(self, request)

    def _detectors(self) -> str:
        names = {1: "E-T", **{FIRST_SEGMENT + k: f"BSE {'ABCDEFGHIJKLMNOP'[k]}" for k in range(self.segments)}}
        lines = [
            f"det.{entry}.name={name}\ndet.{entry}.detector={number}\ndet.{entry}.ADCinput={entry}\n"
            for entry, (number, name) in enumerate(names.items())
        ]
        return "".join(lines)

    def _select(self, request: Message) -> None:
        channel, detector = decode(request, "ii")
        self.selected[int(channel)] = int(detector)

    def _enable(self, request: Message) -> None:
        channel, on = decode(request, "ii")
        self.enabled.pop(int(channel), None)
        if on:
            self.enabled[int(channel)] = int(decode(request, "iii")[2])

    def _live(self, request: Message) -> None:
        self.live = bool(decode(request, "i")[0])

    def _stop(self, _request: Message) -> None:
        self.scan = None

    def _register(self, request: Message) -> tuple[Argument, ...]:
        self.data_port = int(decode(request, "i")[0])
        return (ACCEPTED,)

    def _scan(self, request: Message) -> tuple[Argument, ...]:
        frame, width, height, left, top, right, bottom, single, dwell_ns = map(int, decode(request, "uuuuuuuiu"))
        asked = ScanRequest(frame, (width, height), (left, top, right, bottom), bool(single), dwell_ns)
        if asked.size != self.size or not self.enabled:
            return (REFUSED,)
        self.scan = asked
        return (frame,)


_ANSWERS: Mapping[str, Callable[[FakeState, Message], tuple[Argument, ...] | None]] = {
    "TcpRegDataPort": FakeState._register,
    "GUIGetScanning": lambda state, _: (int(state.live),),
    "GUISetScanning": FakeState._live,
    "ScStopScan": FakeState._stop,
    "ScScanXY": FakeState._scan,
    "DtGetChannels": lambda state, _: (state.segments,),
    "DtEnumDetectors": lambda state, _: (state._detectors(),),
    "DtGetSelected": lambda state, request: (state.selected.get(int(decode(request, "i")[0]), REFUSED),),
    "DtSelect": FakeState._select,
    "DtEnable": FakeState._enable,
    "DtGetGainBlack": lambda _, request: (40.0 + float(decode(request, "i")[0]), 50.0),
    "HVGetVoltage": lambda state, _: (state.energy_kev * 1e3,),
    "HVGetBeam": lambda state, _: (BEAM_ON if state.beam_on else 0,),
    "GetWD": lambda state, _: (state.working_distance_mm,),
    "GetViewField": lambda state, _: (state.pixel_nm * max(state.size) * 1e-6,),
    "GetGeometry": lambda state, _: (state.rotation_deg, 0.0),
    "StgGetPosition": lambda state, _: state.stage,
    "VacGetPressure": lambda state, _: (state.pressure_pa,),
}
