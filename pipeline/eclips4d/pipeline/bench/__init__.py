"""The benchmarks behind every number in the documentation; `eclips4d bench NAME` prints them."""
