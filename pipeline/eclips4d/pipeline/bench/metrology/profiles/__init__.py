"""Steps read off profiles, against scenes whose steps are known."""
