"""A window that closes ends its process, whatever is still computed, and never within a write."""

import subprocess
import sys
import textwrap
import threading

import pytest

from eclips4d.viewer.leaving import SOON_S, leave, to_the_end

HUNG_S = 120
"""No process here takes long; one that is not over by then hangs."""


def run(code, *words):
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=HUNG_S, env=None)


def test_a_thread_that_computes_for_ever_is_not_waited_for():
    done = run(
        """
        import sys, threading
        from eclips4d.viewer.leaving import leave
        threading.Thread(target=threading.Event().wait, name="viewer-analyst", daemon=True).start()
        print("said before", end="")
        sys.exit(leave(3))
        """
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "said before", "")


def test_a_file_that_is_being_written_is_finished_first(tmp_path):
    target = tmp_path / "table.csv"
    done = run(
        """
        import sys, threading, time
        from pathlib import Path
        from eclips4d.viewer.leaving import SOON_S, leave, to_the_end
        begun = threading.Event()
        def write():
            begun.set()
            time.sleep(1.0)
            Path(sys.argv[1]).write_text("whole")
        def analyst():
            to_the_end(write)
            threading.Event().wait()
        threading.Thread(target=analyst, name="viewer-analyst", daemon=True).start()
        begun.wait()
        sys.exit(leave(0))
        """,
        target,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert target.read_text() == "whole"


def test_where_nothing_is_computed_the_code_is_passed_on():
    thread = threading.Thread(target=threading.Event().wait, args=(0.05,), name="viewer-film", daemon=False)
    thread.start()
    assert leave(7) == 7
    assert not thread.is_alive()


def test_a_process_that_ends_writes_what_is_begun_and_takes_nothing_apart(tmp_path):
    target = tmp_path / "table.csv"
    done = run(
        """
        import atexit, sys, threading, time
        from pathlib import Path
        from eclips4d.viewer.leaving import end
        atexit.register(print, "taken apart")
        class Module:
            def __del__(self):
                print("finalised")
        kept = Module()
        begun = threading.Event()
        def write():
            begun.set()
            time.sleep(0.5)
            Path(sys.argv[1]).write_text("whole")
        threading.Thread(target=write, name="viewer-film", daemon=False).start()
        threading.Thread(target=threading.Event().wait, name="viewer-analyst", daemon=True).start()
        begun.wait()
        print("said before", end="")
        end(5)
        """,
        target,
    )
    assert (done.returncode, done.stdout, done.stderr) == (5, "said before", "")
    assert target.read_text() == "whole"


@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_a_window_on_a_growing_run_that_is_closed_waits_for_nothing_but_its_threads(store, tmp_path, number):
    """What a closing window waits for is counted, and that its interpreter is not taken apart."""
    store.grow(2)
    done = run(
        """
        import atexit, os, runpy, signal, sys, threading
        from eclips4d.viewer import report

        store, number, shown_in = sys.argv[1:]
        joined, join, leaving, say = [], threading.Thread.join, os._exit, report.Report.say

        def counted(thread, timeout=None):
            joined.append((thread.name, timeout))
            join(thread, timeout)

        def told(code):
            print(joined, flush=True)
            leaving(code)

        def close_once_a_frame_is_shown(self, dropped, shown=0):
            say(self, dropped, shown)
            if shown:
                os.kill(os.getpid(), getattr(signal, number))

        threading.Thread.join, os._exit = counted, told
        report.Report.say = close_once_a_frame_is_shown
        atexit.register(print, "taken apart")
        sys.argv = ["viewer", store, "--report", shown_in]
        runpy.run_module("eclips4d.viewer", run_name="__main__", alter_sys=True)
        """,
        store.path,
        number,
        tmp_path / "shown",
    )
    assert done.returncode == (130 if number == "SIGINT" else 0), done.stderr
    assert done.stdout == f"{[('viewer-reader', SOON_S)]}\n", "one thread that reads, and for a moment"


def test_what_a_write_raises_is_raised():
    with pytest.raises(OSError, match="full"):
        to_the_end(lambda: (_ for _ in ()).throw(OSError("full")))


def test_a_window_that_compiles_when_it_closes(store, tmp_path):
    """Its analyst is stuck in what cannot be told to stop, with a table still to be written after it."""
    store.grow(2)
    target = tmp_path / "table.csv"
    done = run(
        """
        import sys, threading
        from pathlib import Path
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication
        from eclips4d.viewer.leaving import leave
        from eclips4d.viewer.measuring.rows import Row
        from eclips4d.viewer.measuring.session import Session
        from eclips4d.viewer.model import Model
        from eclips4d.viewer.reader import Reader
        from eclips4d.viewer.store import StoreFrames
        from eclips4d.viewer.window import Window

        class Compiling:
            begun = threading.Event()
            def look(self, *_, **__):
                self.begun.set()
                threading.Event().wait()

        app = QApplication(["x", "-platform", "offscreen"])
        window = Window(Model(measuring=Session(Compiling())), Reader(StoreFrames(Path(sys.argv[1]))), title="run")
        window.show()
        window.start()
        window.arrange("Measure")
        def close_once_it_compiles():
            if Compiling.begun.is_set():
                window.model.measuring.results.append((Row("L1", 0, 0.0, "length", 1.0, 0.1, "nm"),))
                window.model.measuring.export_table(Path(sys.argv[2]))
                window.close()
                app.quit()
            else:
                QTimer.singleShot(20, close_once_it_compiles)
        close_once_it_compiles()
        app.exec()
        sys.exit(leave(0))
        """,
        store.path,
        target,
    )
    assert done.returncode == 0, done.stderr
    assert "length" in target.read_text()
