"""Files of height maps: `read_map` takes any of them."""
