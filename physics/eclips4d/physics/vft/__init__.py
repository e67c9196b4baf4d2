"""The vision field transformer: horizons by attention over what lies around a pixel, instead of by exact rays."""
