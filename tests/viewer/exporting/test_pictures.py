"""The command that paints pictures for a page."""

import io
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from xvfb import screen

from eclips4d.core.errors import MissingInputError
from eclips4d.viewer import app
from eclips4d.viewer.exporting.pictures import write_png
from eclips4d.viewer.panels.layouts import LAYOUTS
from eclips4d.viewer.theme import PALETTES

PANELS = set().union(*(layout.names() for layout in LAYOUTS.values()))


def decoded(file):
    return Image.open(io.BytesIO(file.read_bytes()))


def expected(panels):
    layouts = {f"layout-{name.lower()}" for name in LAYOUTS}
    return {f"{name}-{look}.png" for name in layouts | panels for look in PALETTES}


@pytest.mark.timeout(300)
def test_every_layout_and_panel_is_painted_in_both_looks(store, tmp_path, qapp):
    store.grow(3)
    store.finish()
    said = list(app.paint_pictures(store.path, tmp_path / "pictures"))
    files = {file.name: file for file in (tmp_path / "pictures").iterdir()}
    assert set(files) == expected(PANELS - {"surface"})
    assert sum("needs OpenGL" in words for words in said) == len(PALETTES)
    assert all(decoded(file).mode == "RGB" for file in files.values())
    shown = {name: np.asarray(decoded(file).convert("L")) for name, file in files.items()}
    sizes = {name: image.shape[::-1] for name, image in shown.items()}
    assert all(size == (1200, 750) for name, size in sizes.items() if name.startswith("layout"))
    assert len({size for name, size in sizes.items() if not name.startswith("layout")}) == 1
    brightness = {name: image.mean() for name, image in shown.items()}
    for name in {name.rpartition("-")[0] for name in files}:
        assert brightness[f"{name}-light.png"] > brightness[f"{name}-dark.png"] + 20, name


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_on_a_screen_the_surface_is_painted_too(store, tmp_path):
    store.grow(3)
    store.finish()
    folder = tmp_path / "pictures"
    words = [sys.executable, "-m", "eclips4d.pipeline", "view", str(store.path), "--pictures", str(folder)]
    with screen() as environment:
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert {file.name for file in folder.iterdir()} == expected(PANELS)
    assert "surface-dark.png: " in done.stdout


def test_without_a_store_there_are_none(tmp_path):
    with pytest.raises(MissingInputError):
        list(app.paint_pictures(tmp_path / "none.zarr", tmp_path / "pictures"))


@given(seed=st.integers(0, 100), colours=st.sampled_from([4, 300, 100_000]))
def test_pictures_keep_all_their_colours(seed, colours, tmp_path_factory):
    random = np.random.default_rng(seed)
    shades = random.integers(0, 256, (colours, 3), dtype=np.uint8)
    image = shades[random.integers(0, colours, (60, 80))]
    target = tmp_path_factory.mktemp("png") / "a.png"
    assert write_png(image, target) == target.stat().st_size
    np.testing.assert_array_equal(np.asarray(decoded(target)), image)
