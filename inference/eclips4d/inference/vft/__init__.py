"""The vision field transformer that comes with eclips4d: its weights, read for the compiled attention."""
