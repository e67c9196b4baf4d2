"""What each codec of the Zarr specification makes of frames and results, and at what cost."""
