"""What physics misses of the segments, learned from a run's own frames; it can move neither contrast nor gains."""
