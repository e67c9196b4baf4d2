"""The adapter against its fake boards, over real sockets."""

from __future__ import annotations

import socket
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from eclips4d.acquisition.conformance import CHECKS
from eclips4d.acquisition.device_address import Host
from eclips4d.acquisition.device_conformance import DEVICE_CHECKS, NEEDS
from eclips4d.acquisition.obi.board import Board
from eclips4d.acquisition.obi.fake import main
from eclips4d.acquisition.obi.settings import ObiScan
from eclips4d.acquisition.open import open_source
from eclips4d.core.errors import EclipsError, InputError, SourceError
from eclips4d.core.instrument import parse_instrument

WORDS = {"damage": "lose", "garbage": "garbage", "break": "break"}


@pytest.mark.parametrize("check", CHECKS)
def test_it_keeps_the_contract(check: str, serve, open_at) -> None:
    boards = serve()
    CHECKS[check](lambda: open_at(boards))


@pytest.mark.parametrize("check", [name for name in DEVICE_CHECKS if NEEDS.get(name, "damage") in WORDS])
def test_it_keeps_the_contract_when_things_go_wrong(check: str, serve, open_at) -> None:
    boards = serve()
    DEVICE_CHECKS[check](lambda: open_at(boards), lambda: boards[1].provoke(WORDS[NEEDS[check]]))


@pytest.mark.parametrize("options", [{}, {"piece_bytes": 7}, {"faults": "wait@1"}])
def test_frames_are_what_the_boards_scanned(serve, open_at, rendered: list[np.ndarray], options: dict) -> None:
    with open_at(serve(**options), frames=3) as source:
        frames = list(source.frames())
        assert source.health().lost == 0 and source.health().state == "ended"
    assert [frame.header.sequence for frame in frames] == [0, 1, 2]
    for frame, wanted in zip(frames, rendered, strict=False):
        assert np.array_equal(frame.data, wanted)


@pytest.mark.parametrize("word", ["lose", "odd", "garbage", "wrong"])
def test_a_damaged_scan_is_a_hole_and_nothing_else(serve, open_at, word: str) -> None:
    with open_at(serve(faults=f"{word}@1"), frames=4) as source:
        frames = list(source.frames())
        health = source.health()
    assert [frame.header.sequence for frame in frames] == [0, 2, 3]
    assert (health.lost, health.damaged, health.reconnections) == (1, 1, 0)


def test_the_dark_level_is_measured_with_every_image(serve, open_at) -> None:
    with open_at(serve(), frames=2) as source:
        frames = list(source.frames())
        assert source.info.side_units == {f"dark_{name}": "adu" for name in "ABCD"}
    assert all(frame.header.side == {f"dark_{name}": 400.0 for name in "ABCD"} for frame in frames)


def test_a_board_without_the_scan_sees_nothing(serve) -> None:
    """Only the board that has taken over deflects the beam; that the source takes turns shows in its images."""
    board = serve()[0]
    asked = ObiScan(width=20, height=12, settle=3, dark=40)
    with Board(Host(board.host, board.port), __import__("threading").Event()) as connected:
        connected.synchronize()
        assert np.all(connected.scan(asked).pixels == 400)
        connected.take_over(True)
        assert not np.any(connected.scan(asked).pixels == 400)


def test_the_description_says_how_it_is_scanned(serve, open_at) -> None:
    with open_at(serve(), dwell_us=2) as source:
        said = parse_instrument(source.info.instrument_toml)
        assert said.beam.dwell_us == 2.0 and said.scan.line_time_s == pytest.approx(23 * 2e-6)
        assert source.info.frames_per_second == pytest.approx(1 / (4 * 12 * 23 * 2e-6))
        assert any("one after the other" in remark for remark in source.info.remarks)


@pytest.mark.parametrize(
    ("hosts", "query", "named"),
    [
        ("a,b,c", "", "3 boards"),
        ("a,a,b,c", "", "named twice"),
        ("a:99999,b,c,d", "", "port"),
        ("a,b,c,d", "width=1", "width"),
        ("a,b,c,d", "dwell_us=0", "dwell_us"),
        ("a,b,c,d", "speed=9", "speed"),
    ],
)
def test_bad_addresses(simulation, tmp_path: Path, hosts: str, query: str, named: str) -> None:
    file = tmp_path / "i.toml"
    file.write_text(simulation.instrument_toml)
    with pytest.raises(InputError, match=named):
        open_source(f"obi://{hosts}?{query}", instrument=file)


def test_nobody_there(simulation, tmp_path: Path, serve, open_at) -> None:
    boards = serve()
    boards[2].close()
    with pytest.raises(SourceError, match="cannot be asked"):
        open_at(boards)


def test_a_board_that_says_nothing(open_at, serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eclips4d.acquisition.obi.board.SILENCE_S", 0.1)
    boards = serve()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.listen()
        boards[0].port, port = silent.getsockname()[1], boards[0].port
        with pytest.raises(SourceError, match="nothing came"):
            open_at(boards)
        boards[0].port = port


def test_a_server_that_sends_nonsense_for_ever(open_at, serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eclips4d.acquisition.obi.pixels.LONGEST_SEARCH", 10_000)
    boards = serve()

    def babble(server: socket.socket) -> None:
        with suppress(OSError):
            connected, _ = server.accept()
            with connected:
                while True:
                    connected.sendall(b"nonsense" * 64)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=babble, args=(server,))
        thread.start()
        boards[0].port, port = server.getsockname()[1], boards[0].port
        with pytest.raises(EclipsError, match="no mark"):
            open_at(boards)
        boards[0].port = port
        thread.join()


def test_the_fake_refuses_what_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim://flat?size=8", "--faults", "fire@1"]) == 2
    assert "fire" in capsys.readouterr().err


def test_a_run_that_goes_on_is_numbered_on(serve, open_at) -> None:
    with open_at(serve()) as source, closing(source.frames(start=5)) as frames:
        assert [frame.header.sequence for frame in islice(frames, 3)] == [5, 6, 7]
