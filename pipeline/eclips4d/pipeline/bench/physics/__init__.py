"""The tables of `eclips4d bench physics`: the simulator against closed forms, brute force and real images."""
