"""`eclips4d plan`: from what is wanted to a series of frames, and from its limits to words."""
