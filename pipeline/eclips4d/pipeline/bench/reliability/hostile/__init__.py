"""Hostile messages against every stage that receives: made from sound ones, in great number, all counted."""
