"""Freed memory is kept: asked of the system, in a process of its own."""

import platform
import subprocess
import sys
import textwrap

import pytest

PAGES = """
import resource, sys
import numpy as np
from eclips4d.viewer.allocation import keep_freed
if sys.argv[1] == "kept":
    assert keep_freed()
def frame():
    return [np.ones(8 << 20, np.uint8) for _ in range(3)]
frame()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    frame()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how):
    command = [sys.executable, "-c", textwrap.dedent(PAGES), how]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has other switches")
def test_frames_that_come_and_go_take_the_same_pages_again():
    assert 10 * faults("kept") < faults("given back")
