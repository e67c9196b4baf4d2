"""What `eclips4d info` says of a store: what it holds, how it is, what happened to it, and what a repair did."""
