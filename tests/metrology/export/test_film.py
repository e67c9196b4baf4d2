"""A movie to look at."""

import re
import subprocess

import imageio_ffmpeg
import matplotlib
import numpy as np
import pytest

from eclips4d.core.errors import InputError
from eclips4d.metrology import optional
from eclips4d.metrology.export.film import Look, pictures, span, write_film
from eclips4d.metrology.export.film_stage import LEFT, TOP, UNSEEN
from eclips4d.metrology.export.flattened import Flatten
from eclips4d.metrology.export.lengths import bar_length_nm, length_text

ZOOM = 16  # 640 / 40 pixels


def middle(picture, row, column):
    """Colour of the middle of a pixel of the height."""
    return picture[TOP + row * ZOOM + ZOOM // 2, LEFT + column * ZOOM + ZOOM // 2].astype(int)


def decoded(path, shape):
    """What ffmpeg says of a movie, and its frames."""
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(words, capture_output=True, check=True, timeout=60)
    return done.stderr.decode(), np.frombuffer(done.stdout, np.uint8).reshape(-1, *shape)


def test_pixels_have_the_colours_of_their_heights(chosen, stored):
    look = Look(range_nm=(0.0, 10.0))
    colours = matplotlib.colormaps["viridis"]
    for frame, picture in zip((0, 1, 3, 4), pictures(chosen(), look), strict=True):
        assert picture.shape[0] % 2 == picture.shape[1] % 2 == 0
        for row, column in ((3, 5), (15, 20), (10, 38)):
            wanted = np.array(colours(stored(frame)[row, column] / 10.0)[:3]) * 255
            assert np.abs(middle(picture, row, column) - wanted).max() <= 3, (frame, row, column)


def test_what_was_never_seen_has_a_colour_of_its_own(chosen):
    some = chosen(None, flatten=Flatten.DATUM)
    frames = list(pictures(some, Look()))
    unseen = [int(UNSEEN[k : k + 2], 16) for k in (1, 3, 5)]
    assert middle(frames[-1], 10, 10).tolist() == unseen  # without a datum
    assert middle(frames[0], 10, 10).tolist() != unseen


def test_the_clock_and_the_scale_bar_are_drawn(chosen):
    one, two = list(pictures(chosen("0:2", flatten=Flatten.OFFSET), Look(range_nm=(-5.0, 5.0))))[:2]
    assert (one[:TOP] > 200).any() and (one[:TOP] != two[:TOP]).any()
    # 20 nm of 80: ten pixels of the height, white.
    white = (one[TOP + 27 * ZOOM :, :, :] >= 250).all(axis=2)
    assert white.any(axis=0)[LEFT:].sum() == pytest.approx(10 * ZOOM, abs=3)
    assert (one[:, -40:] > 200).any()  # numbers of the colour bar


def test_colours_span_nearly_all_heights_of_all_frames(chosen, stored):
    low, high = span(chosen())
    assert stored(0).min() <= low < stored(0).min() + 0.5
    assert stored(4).max() - 0.5 < high <= stored(4).max()
    flat = span(chosen("1", flatten=Flatten.DATUM))
    assert flat[1] > flat[0]
    with pytest.raises(InputError, match="--level"):
        span(chosen("3:5", flatten=Flatten.DATUM))


def test_the_movie_plays_all_frames_at_its_rate(chosen, tmp_path):
    some = chosen(flatten=Flatten.OFFSET)
    write_film(some, tmp_path / "run.mp4", Look(per_second=4.0))
    told, played = decoded(tmp_path / "run.mp4", next(pictures(some, Look())).shape)
    assert "h264" in told and "yuv420p" in told and re.search(r"\b4 fps", told) and len(played) == 4
    for shown, drawn in zip(played, pictures(some, Look()), strict=True):
        assert np.abs(shown.astype(int) - drawn)[TOP:-20, LEFT : LEFT + 640].mean() < 4


def test_a_missing_package_is_named_with_its_extra(chosen, tmp_path, monkeypatch):
    some = chosen("1")
    monkeypatch.setattr(optional, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"imageio_ffmpeg is not installed.*eclips4d\[video\]"):
        write_film(some, tmp_path / "run.mp4")


@pytest.mark.parametrize(
    ("width", "bar", "text"), [(80, 20, "20 nm"), (624, 100, "100 nm"), (9000, 2000, "2 µm"), (1.3, 0.2, "200 pm")]
)
def test_scale_bars_are_round(width, bar, text):
    assert bar_length_nm(width) == pytest.approx(bar) and length_text(bar_length_nm(width)) == text
