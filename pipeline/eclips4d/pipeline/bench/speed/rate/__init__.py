"""The highest rate at which nothing is lost, and what the chain costs beyond its arithmetic."""
