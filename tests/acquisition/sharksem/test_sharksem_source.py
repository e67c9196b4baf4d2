"""The adapter against its fake, over real sockets."""

from __future__ import annotations

import socket
from contextlib import closing
from itertools import islice
from threading import Thread

import numpy as np
import pytest

from eclips4d.acquisition.accountant import FrameAccountant, Gap
from eclips4d.acquisition.conformance import CHECKS
from eclips4d.acquisition.device_conformance import DEVICE_CHECKS, NEEDS, check_device
from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.sharksem import fake_state
from eclips4d.acquisition.sharksem.fake import fake_of
from eclips4d.acquisition.strips import Strips
from eclips4d.core.errors import InputError, SourceError
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import parse_instrument

WORDS = {"gap": "skip", "damage": "lose", "garbage": "garbage", "break": "break", "anew": "restart"}


def taken(source, count: int) -> list[Frame]:
    with closing(source.frames()) as frames:
        return list(islice(frames, count))


@pytest.mark.parametrize("check", CHECKS)
def test_it_keeps_the_contract(check: str, serve, open_at) -> None:
    fake = serve()
    CHECKS[check](lambda: open_at(fake))


@pytest.mark.parametrize("check", DEVICE_CHECKS)
def test_it_keeps_the_contract_when_things_go_wrong(check: str, serve, open_at) -> None:
    fake = serve(advancing=True)
    DEVICE_CHECKS[check](lambda: open_at(fake), lambda: fake.provoke(WORDS[NEEDS[check]]))


@pytest.mark.parametrize("word", ["cut", "deep", "lose"])
def test_damage_is_counted_where_numbers_stand_still(word: str, serve, open_at) -> None:
    fake = serve()
    check_device(lambda: open_at(fake), {"damage": lambda: fake.provoke(word)})


@pytest.mark.parametrize("options", [{}, {"piece_bytes": 7}, {"faults": "repeat@1,turn@2,wait@3", "advancing": True}])
def test_frames_are_those_that_were_sent(options: dict, serve, open_at, simulation) -> None:
    with open_at(serve(**options), frames=5) as source:
        frames = list(source.frames())
        assert [frame.header.sequence for frame in frames] == [0, 1, 2, 3, 4]
        assert source.health().state == "ended"
        assert source.health().lost == 0
    for k, frame in enumerate(frames):
        np.testing.assert_array_equal(frame.data, simulation.frame(k % 4).data)
        assert (frame.header.run_id, frame.header.shape) == ("r1", (4, 24, 40))


def test_rows_are_told_of_while_they_are_scanned(serve, open_at, simulation) -> None:
    strips = []
    with open_at(serve(), frames=3) as source:
        source.give_strips(Strips(3, lambda header, raw: strips.append((header, raw))))
        list(source.frames())
    assert [(header.sequence, raw.shape) for header, raw in strips] == [
        (sequence, (4, rows, 40)) for sequence in range(3) for rows in (8, 16)
    ]
    for header, raw in strips:
        np.testing.assert_array_equal(raw, simulation.frame(header.frame_id).data[:, : raw.shape[1]])


def test_eight_bits_and_channels_in_another_order(serve, open_at, simulation) -> None:
    with open_at(serve(), frames=1, bpp=8) as source:
        (frame,) = source.frames()
    np.testing.assert_array_equal(frame.data, simulation.frame(0).data >> 8)


def test_the_order_of_channels_is_the_order_of_segments(serve, instrument, simulation) -> None:
    address = f"sharksem://{serve().address}?channels=2,0,3,1&width=40&height=24&dwell_us=1&frames=1"
    with open_source(address, instrument=instrument) as source:
        (frame,) = source.frames()
    np.testing.assert_array_equal(frame.data, simulation.frame(0).data[[2, 0, 3, 1]])


def test_what_the_microscope_says_is_in_the_frames(serve, open_at) -> None:
    with open_at(serve()) as source:
        (frame,) = taken(source, 1)
    side = frame.header.side
    assert side["high_voltage"] == pytest.approx(10.0)
    assert side["view_field"] == pytest.approx(40 * 4.0 / 1e3)
    assert (side["stage_x"], side["stage_y"], side["chamber_pressure"]) == (1.5, -2.25, 100.0)
    assert (side["contrast_A"], side["contrast_D"], side["brightness_A"]) == (44.0, 47.0, 50.0)
    assert frame.header.pixel_size_nm == (4.0, 4.0)


def test_differences_are_told_and_the_microscope_is_believed(serve, open_at) -> None:
    fake = serve()
    fake.state.energy_kev, fake.state.pixel_nm = 20.0, 2.5
    fake.state.rotation_deg, fake.state.beam_on = 30.0, False
    with open_at(fake) as source:
        said = parse_instrument(source.info.instrument_toml)
        assert (said.beam.energy_kev, said.scan.pixel_size_nm) == (20.0, (2.5, 2.5))
        assert source.info.remarks == (
            "beam.energy_kev is 20, the instrument file says 10",
            "scan.pixel_size_nm is 2.5 x 2.5, the instrument file says 4 x 4",
            "the beam is off",
            "the image is rotated by 30 degrees, scan.rotation_deg of the instrument file is 0",
        )
        (frame,) = taken(source, 1)
        assert frame.header.pixel_size_nm == (2.5, 2.5)


def test_a_changed_view_field_shows_in_the_frames(serve, open_at, monkeypatch) -> None:
    monkeypatch.setattr("eclips4d.acquisition.sharksem.scan.READ_EVERY_S", 0.0)
    fake = serve()
    with open_at(fake) as source, closing(source.frames()) as frames:
        assert next(frames).header.pixel_size_nm == (4.0, 4.0)
        fake.state.pixel_nm = 8.0
        changed = next(frame for frame in islice(frames, 200) if frame.header.pixel_size_nm != (4.0, 4.0))
        assert changed.header.pixel_size_nm == pytest.approx((8.0, 8.0))


def test_the_microscope_is_left_as_it_was_found(serve, open_at) -> None:
    fake = serve()
    with open_at(fake) as source, closing(source.frames()) as frames:
        next(frames)
        assert (fake.state.live, fake.state.scan is None) == (False, False)
        assert sorted(fake.state.enabled) == [0, 1, 2, 3]
    with open_at(fake):  # its answer comes after those requests
        assert (fake.state.live, fake.state.scan) == (True, None)


def test_detectors_are_chosen_by_name_or_number(serve, open_at) -> None:
    fake = serve()
    with open_at(fake, detectors="BSE%20D,BSE%20C,5,4") as source:
        taken(source, 1)
    assert [fake.state.selected[channel] for channel in range(4)] == [7, 6, 5, 4]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"detectors": "BSE%20A,BSE%20B,BSE%20C,SE"}, "no detector 'SE'; there are: 1 E-T, 4 BSE A"),
        ({"detectors": "4,5"}, "2 detectors for 4 channels"),
    ],
)
def test_detectors_that_are_not_there_are_refused(more: dict, said: str, serve, open_at) -> None:
    with pytest.raises(InputError, match=said):
        open_at(serve(), **more)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("channels=0,1,2", "3 channels, but the instrument file has 4 azimuths"),
        ("channels=0,1,2,2", "one of the channels is named twice"),
        ("channels=0,1,2,9", "no image channel 9; use channels below 4"),
        ("bpp=12", "parameter bpp"),
        ("width=0", "parameter width"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(query: str, said: str, serve, instrument) -> None:
    with pytest.raises(InputError, match=said):
        open_source(f"sharksem://{serve().address}?{query}", instrument=instrument)


def test_without_a_dwell_time_nothing_is_asked(serve, instrument) -> None:
    lines = instrument.read_text().splitlines()
    instrument.write_text("\n".join(line for line in lines if "dwell_us" not in line))
    with pytest.raises(InputError, match="no dwell time"):
        open_source(f"sharksem://{serve().address}", instrument=instrument)


def test_a_scan_that_is_refused_ends_the_source(serve, instrument) -> None:
    address = f"sharksem://{serve().address}?width=16&height=16"
    with (
        open_source(address, instrument=instrument) as source,
        pytest.raises(SourceError, match="refuses to scan 16 x 16"),
    ):
        next(source.frames())


def test_nobody_there_is_said_in_one_line(instrument) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(SourceError, match=r"the microscope cannot be asked: .*refused.*check host and port"):
        open_source(f"sharksem://127.0.0.1:{port}", instrument=instrument)


def test_a_request_that_a_microscope_does_not_know_is_named(serve, open_at, monkeypatch) -> None:
    monkeypatch.setattr("eclips4d.acquisition.sharksem.connection.ANSWER_S", 0.3)
    monkeypatch.delitem(fake_state._ANSWERS, "VacGetPressure")
    with pytest.raises(SourceError, match=r"no answer to VacGetPressure for 0.3 s"):
        open_at(serve())


def test_a_scan_that_falls_silent_is_begun_again(serve, open_at, monkeypatch) -> None:
    monkeypatch.setattr("eclips4d.acquisition.sharksem.scan.SILENCE_S", 0.3)
    fake = serve()
    with open_at(fake, frames=6) as source, closing(source.frames()) as frames:
        next(frames)
        fake.state.scan = None
        fake._scan_over.set()  # the scan generator stops, and both connections stay
        later = [frame.header.sequence for frame in frames]
        assert later[-1] == 5
        assert len(later) >= 4  # the frame that the silence cut short is lost when some of it had come
        assert source.health().reconnections == 1


def test_a_fake_says_which_ports_are_taken(simulation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken_port:
        port = taken_port.getsockname()[1]
        with pytest.raises(InputError, match=f"ports {port} and {port + 1} are not both free"):
            fake_of(simulation, loop=1, port=port)
        with pytest.raises(InputError, match=f"ports {port - 1} and {port} are not both free"):
            fake_of(simulation, loop=1, port=port - 1)


def test_a_peer_that_is_no_microscope_is_said_in_one_line(instrument) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(10)

        def greet() -> None:
            client, _ = other.accept()
            with client:
                client.sendall(b"SSH-2.0-OpenSSH_9.6 and so on and on\r\n")

        thread = Thread(target=greet)
        thread.start()
        with pytest.raises(SourceError, match="is no name of a message"):
            open_source(f"sharksem://127.0.0.1:{other.getsockname()[1]}", instrument=instrument)
        thread.join()


def test_frames_go_on_under_higher_numbers_after_a_break(serve, open_at) -> None:
    fake = serve(faults="break@2", advancing=True)
    accountant = FrameAccountant()
    with open_at(fake, frames=6) as source:
        items = [item for frame in source.frames() for item in accountant.take(frame)]
        health = source.health()
    assert [item.sequence for item in items if isinstance(item, Gap)] == [2]
    assert [item.header.sequence for item in items if isinstance(item, Frame)] == [0, 1, 3, 4, 5]
    assert (health.lost, health.damaged, health.reconnections) == (1, 1, 1)
