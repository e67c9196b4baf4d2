"""Long sequences, repeating patterns, jumps and frames that show something else."""
