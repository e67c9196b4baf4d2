"""How many frames a second become durable and visible, beside other writers on the same disk."""
