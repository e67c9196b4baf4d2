"""NI-DAQ."""
