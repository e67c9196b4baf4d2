"""Drift against truth, the bound that counting sets, and other methods: `eclips4d bench registration`."""
