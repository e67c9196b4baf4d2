"""Analysis by synthesis: a height whose re-rendered segments are those that were measured."""
