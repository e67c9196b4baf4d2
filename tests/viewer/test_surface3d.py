"""The surface in three dimensions, drawn with OpenGL on a screen of its own."""

import subprocess
import sys

import numpy as np
from PySide6.QtGui import QImage
from xvfb import screen

DRAWN = """
import sys, time
from pathlib import Path
from eclips4d.viewer.app import _application, _window
app = _application(offscreen=False)
window = _window(Path(sys.argv[1]))
window.resize(1300, 900)
window.show()
window.area.bring("surface")
window.start()
panel = window.docked["surface"]

def until(seen):
    end = time.monotonic() + 60
    while not seen():
        assert time.monotonic() < end, "timed out"
        app.processEvents()
        time.sleep(0.01)

def several_colours(image):
    return len({image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}) > 2

until(lambda: panel._shown is not None)
for name in ("height", "slope", "trust"):
    panel.colours.setCurrentIndex(panel.colours.findData(name))
    until(lambda: panel._shown.asked.colour == name)
    until(lambda: panel.scene.view.isValid() and several_colours(panel.scene.view.grabFramebuffer()))
    assert panel.scene.view.grabFramebuffer().save(f"{name}.png")
panel.stretches.setCurrentIndex(panel.stretches.findData(1.0))
until(lambda: "true aspect" in panel.widget._info.text())
before = panel.scene.view.cameraParams()["elevation"]
panel.scene.view.orbit(20, 10)
window.fit()
assert panel.scene.view.cameraParams()["elevation"] == before
window.close()
"""


def pixels(file):
    image = QImage(str(file)).convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def test_a_surface_is_drawn_in_three_colourings(store, tmp_path):
    store.grow(2)
    with screen() as environment:
        done = subprocess.run(
            [sys.executable, "-c", DRAWN, str(store.path)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=150,
        )
    assert done.returncode == 0, done.stderr
    drawn = {name: pixels(tmp_path / f"{name}.png") for name in ("height", "slope", "trust")}
    for image in drawn.values():
        background = image[2, 2]
        covered = (np.abs(image.astype(int) - background).max(axis=2) > 12).mean()
        assert 0.03 < covered < 0.9
    assert np.abs(drawn["height"].astype(int) - drawn["slope"]).max() > 40
