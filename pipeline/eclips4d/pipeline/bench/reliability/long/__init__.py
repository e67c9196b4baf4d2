"""Whether anything grows with the length of a run."""
