"""Notes: words that a person stamps into a run, from the key press to the acknowledgement. Knows no Qt."""
