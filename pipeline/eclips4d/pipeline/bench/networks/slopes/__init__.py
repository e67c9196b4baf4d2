"""Slopes judged on truth: error, sharpness, detection, stated uncertainty, beside the best classical filters."""
