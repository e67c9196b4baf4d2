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
from eclips4d.viewer.exporting.small_png import MOST_BYTES, write_small
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
    assert all(file.stat().st_size <= MOST_BYTES for file in files.values())
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


@given(seed=st.integers(0, 100))
def test_pictures_of_few_colours_keep_them(seed, tmp_path_factory):
    random = np.random.default_rng(seed)
    few = random.integers(0, 256, (4, 3), dtype=np.uint8)[random.integers(0, 4, (60, 80))]
    target = tmp_path_factory.mktemp("png") / "a.png"
    assert write_small(few, target) == target.stat().st_size
    np.testing.assert_array_equal(np.asarray(decoded(target).convert("RGB")), few)


def test_pictures_of_many_colours_become_small_enough(tmp_path):
    random = np.random.default_rng(1)
    noisy = random.integers(0, 256, (400, 500, 1), dtype=np.uint8).repeat(3, axis=2)
    assert write_small(noisy, tmp_path / "a.png") <= MOST_BYTES
    shown = np.asarray(decoded(tmp_path / "a.png").convert("RGB")).astype(int)
    assert np.abs(shown - noisy).mean() < 20
