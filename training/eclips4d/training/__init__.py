"""Data sets, losses, training, evaluation and export of the networks. Nothing is implemented yet."""
