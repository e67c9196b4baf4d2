"""Roughness after ISO 25178, with what noise adds to it taken out again."""
