"""What every stage shares: the frame, the wire, settings, units, errors, log and metrics. Imports no stage."""
