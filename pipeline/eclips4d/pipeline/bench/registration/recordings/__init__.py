"""Recordings with truth: drift, drift rate, stated deviations, and heights through the whole chain."""
