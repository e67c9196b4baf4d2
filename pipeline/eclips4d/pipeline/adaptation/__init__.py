"""What `eclips4d adapt` does with a run: one frame refined, a model adapted, a model put in place of another."""
