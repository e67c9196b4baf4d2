"""Growth spirals through the whole chain: cores, senses, steps, spacing and rotation against the truth."""
