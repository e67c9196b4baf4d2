"""How many frames adapters of instruments carry, from fakes in other processes: `eclips4d bench instruments`."""
