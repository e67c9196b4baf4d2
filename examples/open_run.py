"""Open a run, finished or still going on, and print the height of its last committed frame. Usage: open_run.py RUN.zarr."""

import sys

import eclips4d.storage

ds = eclips4d.storage.open(sys.argv[1])  # an xarray.Dataset with committed frames only
last = ds["height"].isel(time=-1)
print(f"{ds.sizes['time']} frames; the last at {float(last['time']):.1f} s, {float(last.min()):.1f} to {float(last.max()):.1f} nm")
