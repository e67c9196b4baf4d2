"""Other methods of finding shifts, each from frames to places relative to the first frame."""
