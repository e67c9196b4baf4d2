"""Analyses a store in a process of its own and tells on its standard output what it took, as one line of JSON.

`python -m eclips4d.pipeline.bench.metrology.speed.child STORE PROCESSES`. A process of its own, because only then is
its memory that of the analysis.
"""

from __future__ import annotations

import json
import resource
import sys
import time

from eclips4d.metrology.analysis import analyse_store


def took(store: str, processes: int) -> dict[str, object]:
    """Seconds by the clock and of all processors, peak memory of the largest process, rows of every table."""
    began = time.perf_counter()
    found = analyse_store(store, processes=processes)
    tables = found.tables()
    seconds = time.perf_counter() - began
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "seconds": seconds,
        "cpu_seconds": sum(each.ru_utime + each.ru_stime for each in used),
        "peak_mb": max(each.ru_maxrss for each in used) / 1024.0,
        "rows": {name: len(table) for name, table in tables.items()},
        "unanswered": found.unanswered,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(took(sys.argv[1], int(sys.argv[2]))) + "\n")
