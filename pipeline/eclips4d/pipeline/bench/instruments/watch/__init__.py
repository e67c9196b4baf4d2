"""Files that other software saves, through the chain."""
