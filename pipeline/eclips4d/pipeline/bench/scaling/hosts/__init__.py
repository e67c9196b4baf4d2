"""A live run over three hosts that are network namespaces of this one: full load, a cut, a wrong key."""
