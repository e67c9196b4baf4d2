"""A catalogue of many runs: what was recorded when, of which material, in which gas, through which models.

Stores are the truth. The catalogue only remembers what they say of themselves, so that a question about a hundred
runs does not open a hundred stores; it may be deleted at any time and is made again from the folders.
"""
