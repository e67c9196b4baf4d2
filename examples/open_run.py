"""Print the heights of the last committed frame of a run, finished or still going on. Usage: open_run.py RUN.zarr."""

import sys

import eclips4d.storage

ds = eclips4d.storage.open(sys.argv[1])  # an xarray.Dataset with committed frames only
last = ds["height"].isel(time=-1)
print(f"{ds.sizes['time']} frames, the last at {float(ds['time'][-1]):.1f} s")
print(f"heights from {float(last.min()):.1f} to {float(last.max()):.1f} nm")
