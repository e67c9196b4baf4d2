"""What a stage says last stays short, whatever it says."""

import subprocess
import sys

from eclips4d.pipeline.process import open_log, shorten, stderr_file


def test_a_stage_that_says_much_goes_on_in_the_same_short_file(tmp_path):
    """The stage is a process that appends, as real ones do; its parent shortens the file under its hands."""
    talk = (
        "import sys\nfor line in sys.stdin:\n    sys.stderr.write(line); sys.stderr.flush(); print('said', flush=True)"
    )
    file = stderr_file(tmp_path, "infer")
    with open_log(tmp_path, "infer") as log:
        stage = subprocess.Popen(
            [sys.executable, "-c", talk], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert stage.stdin is not None and stage.stdout is not None
    for k in range(30):
        stage.stdin.write(f"{k:03d} {'x' * 96}\n")
        stage.stdin.flush()
        assert stage.stdout.readline() == "said\n"
        shorten(file, most_bytes=1000)
        assert file.stat().st_size <= 1000
    stage.communicate()
    aside = file.with_name(f"{file.name}.1")
    said = aside.read_text().splitlines() + file.read_text().splitlines()
    assert said[-1].startswith("029") and b"\0" not in file.read_bytes(), "no hole where the file was cut"
    assert [line[:3] for line in said] == [f"{k:03d}" for k in range(30 - len(said), 30)]


def test_what_is_short_or_not_there_is_left_alone(tmp_path):
    file = stderr_file(tmp_path, "store")
    shorten(file)
    file.write_text("a few words")
    shorten(file)
    assert [path.name for path in tmp_path.iterdir()] == ["store.stderr"] and file.read_text() == "a few words"
