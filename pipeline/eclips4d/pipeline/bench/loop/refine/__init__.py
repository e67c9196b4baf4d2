"""`--refine`: one frame's height by analysis by synthesis."""
