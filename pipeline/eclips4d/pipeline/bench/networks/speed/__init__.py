"""How long the networks take, stage by stage, and over what they replace."""
