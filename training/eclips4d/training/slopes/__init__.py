"""Training of the network that reads slopes off the segments."""
