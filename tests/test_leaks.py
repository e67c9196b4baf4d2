"""The leak detector sees what it is there for."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
import zmq
from leaks import Before


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch):
    monkeypatch.setattr("leaks.GRACE_S", 0.05)


def test_clean_test_has_no_leaks():
    before = Before()
    assert before.leaks() == []


def test_thread_is_seen():
    before, stop = Before(), threading.Event()
    thread = threading.Thread(target=stop.wait, name="forgotten", daemon=True)
    thread.start()
    assert before.leaks() == ["thread 'forgotten'"]
    stop.set()
    thread.join()
    assert before.leaks() == []


def test_child_process_is_seen():
    before = Before()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert [leak.split("(")[0] for leak in before.leaks()] == ["process psutil.Process"]
        child.communicate(b"\n")
    assert before.leaks() == []


def test_socket_and_context_are_seen():
    before = Before()
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    assert len(before.leaks()) == 2
    socket.close()
    assert len(before.leaks()) == 1
    context.term()
    assert before.leaks() == []


def test_window_is_seen():
    widgets = pytest.importorskip("PySide6.QtWidgets")
    application = widgets.QApplication.instance() or widgets.QApplication([])
    before = Before()
    window = widgets.QWidget()
    assert len(before.leaks()) == 1
    window.deleteLater()
    assert before.leaks() == []
    assert application is not None
