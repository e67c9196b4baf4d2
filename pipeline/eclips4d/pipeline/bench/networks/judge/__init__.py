"""Frames with truth to judge networks by: exact simulator, laws, detectors and scenes that no training has seen."""
