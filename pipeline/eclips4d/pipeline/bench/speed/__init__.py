"""How fast the chain is: whole, by kernel, by worker, and for how long."""
