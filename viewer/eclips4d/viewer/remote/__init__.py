"""A window on a store of another host: values as messages, and the end of the line that asks."""
