"""Whether anything grows in a long run."""
