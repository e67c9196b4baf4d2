"""What the loop of making, measuring and comparing with other instruments is worth: `eclips4d bench loop`."""
