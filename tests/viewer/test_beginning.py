"""What a window loads before it shows its first picture: libraries that only some need are not waited for."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("xarray", "zarr", "pandas", "numba", "scipy.linalg", "scipy.optimize", "matplotlib", "OpenGL", "numpy.ma")


def test_the_first_picture_needs_no_library_that_takes_long_to_load(store, tmp_path):
    store.grow(3)
    code = (
        "import sys\n"
        "from eclips4d.viewer.__main__ import main\n"
        f"code = main([{str(store.path)!r}, '--png', {str(tmp_path / 'window.png')!r}])\n"
        f"print(code, [m for m in {HEAVY} if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert answer.stdout.strip() == "0 []"
    assert (tmp_path / "window.png").is_file()
