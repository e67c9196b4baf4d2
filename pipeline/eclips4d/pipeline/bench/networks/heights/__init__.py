"""Heights by the networks against the closed form's: recordings, steep facets, real frames, stated uncertainty."""
