"""Where the time of a frame goes, from its last pixel on."""
