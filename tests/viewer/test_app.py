import io
import os
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from growing_store import making_stores
from PIL import Image

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.viewer import app
from eclips4d.viewer.__main__ import main
from eclips4d.viewer.report import Report


@pytest.fixture(scope="module")
def painted(tmp_path_factory):
    """A process of its own that paints two frames: so many pixels of the screen for each of its own; and the file."""
    folder = tmp_path_factory.mktemp("painted")
    with making_stores(folder) as make:
        store = make()
        store.grow(2)

        @cache
        def paint(scale):
            png = folder / f"{scale}.png"
            done = subprocess.run(
                [sys.executable, "-m", "eclips4d.viewer", str(store.path), "--png", str(png)],
                env={**os.environ, "QT_SCALE_FACTOR": str(scale)},
                capture_output=True,
                text=True,
                timeout=60,
            )
            return done, png

        yield paint


def test_painting_what_is_not_there_is_one_line(tmp_path):
    with pytest.raises(MissingInputError, match="no store"):
        app.paint(tmp_path / "none.zarr", tmp_path / "window.png")


def test_painting_an_empty_store_is_one_line(store, tmp_path, qapp):
    with pytest.raises(InputError, match="waiting for the first frame"):
        app.paint(store.path, tmp_path / "window.png")


@pytest.mark.parametrize("call", [lambda p: app.show(p), lambda p: app.paint(p, p)])
def test_without_qt_the_cure_is_named(call, tmp_path, monkeypatch):
    monkeypatch.setattr(app, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install eclips4d\[viewer\]"):
        call(tmp_path)


def test_without_a_display_the_cure_is_named(tmp_path, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(InputError, match="no display"):
        app.show(tmp_path / "run.zarr")


def test_the_command_prints_one_line_and_exits_2(tmp_path, capsys):
    assert main([str(tmp_path / "none.zarr"), "--png", str(tmp_path / "window.png")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_command_paints_and_leaves_no_trace_on_the_terminal(painted):
    done, png = painted(1)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert png.stat().st_size > 10_000


def test_text_shows_where_the_system_has_no_fonts(store, tmp_path):
    """Boxes in place of letters are all alike; letters of the shipped font are not."""
    store.grow()
    (tmp_path / "fonts.conf").write_text("<?xml version='1.0'?><fontconfig><dir>/nonexistent</dir></fontconfig>")
    script = (
        "from PySide6.QtGui import QFont, QImage, QPainter\n"
        "from eclips4d.viewer.app import _application\n"
        "app = _application(offscreen=True)\n"
        "def drawn(letter):\n"
        "    image = QImage(40, 40, QImage.Format.Format_Grayscale8); image.fill(0)\n"
        "    painter = QPainter(image); painter.setPen('white'); painter.drawText(10, 30, letter); painter.end()\n"
        "    return bytes(image.constBits())\n"
        "assert len({drawn(letter) for letter in 'ABCDE°µ'}) == 7\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"FONTCONFIG_FILE": str(tmp_path / "fonts.conf"), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_the_package_imports_without_qt():
    script = (
        "import sys, eclips4d.viewer, eclips4d.viewer.model; assert not {'PySide6', 'pyqtgraph'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_report_holds_the_last_number_and_survives_a_lost_folder(tmp_path):
    report = Report(tmp_path / "dropped")
    report.say(0)
    report.say(3, 41)
    assert (tmp_path / "dropped").read_text() == "3 41"
    Report(tmp_path / "gone" / "dropped").say(1)


def test_the_window_opens_follows_and_ends_on_a_signal(store, tmp_path):
    """A process of its own, as a run starts it: no store yet, then frames, then SIGTERM."""
    report = tmp_path / "dropped"
    store.grow(2)
    process = subprocess.Popen(
        [sys.executable, "-m", "eclips4d.viewer", str(store.path), "--report", str(report)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for _ in range(300):
            if report.exists():
                break
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.1)
        assert report.read_text().split()[0] == "0"
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("name, said", [("x.xyz", "PNG only"), ("x", "PNG only"), ("nowhere/x.png", "no such folder")])
def test_a_picture_that_cannot_be_is_refused(name, said, store, tmp_path):
    store.grow()
    with pytest.raises(InputError, match=said):
        app.paint(store.path, tmp_path / name)
    assert not (tmp_path / name).exists()
    assert main([str(store.path), "--png", str(tmp_path / name)]) == 2


def greys(file):
    return np.asarray(Image.open(io.BytesIO(file.read_bytes())).convert("L")).astype(float)


def test_a_screen_of_high_density_shows_the_same_in_finer_pixels(painted):
    """Nothing is cut or elsewhere: means of 2 × 2 pixels are what a usual screen shows, but for edges of letters."""
    usual, fine = (greys(painted(scale)[1]) for scale in (1, 2))
    assert fine.shape == (2 * usual.shape[0], 2 * usual.shape[1])
    means = fine.reshape(usual.shape[0], 2, usual.shape[1], 2).mean(axis=(1, 3))
    assert np.abs(means - usual).mean() < 3.0
    assert np.corrcoef(means.ravel(), usual.ravel())[0, 1] > 0.95
    steep = np.abs(np.diff(fine, axis=1)) > 120
    within, between = steep[:, ::2].sum(), steep[:, 1::2].sum()
    assert within > 0.3 * between > 100, "edges lie anywhere: nothing was merely enlarged"
