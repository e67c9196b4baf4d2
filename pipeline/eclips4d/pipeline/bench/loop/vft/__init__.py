"""The vision field transformer beside the exact simulator."""
