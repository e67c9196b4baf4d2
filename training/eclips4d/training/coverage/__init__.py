"""What a slopes network's card says of its uncertainty, fitted on frames like those it has learned from."""
