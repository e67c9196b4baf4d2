"""The distilled simulator (DSM): what the exact one gives, from small tables and short rays, for every live frame."""
