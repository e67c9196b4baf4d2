"""Open Beam Interface."""
