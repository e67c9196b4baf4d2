"""TESCAN SharkSEM."""
