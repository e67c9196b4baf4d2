"""How far the stated standard deviation of a drift can be trusted where scenes move."""
