"""The window: how long a step of the slider, a new frame and the start take: `eclips4d bench viewer`."""
