"""The tables of the catalogue, in SQL."""

from __future__ import annotations

from eclips4d.pipeline.campaign.entry import PLAIN

VERSION = 1
"""Of these tables; a file of another one is made anew from the stores."""

_TYPES = {
    **dict.fromkeys(("seconds", "pixel_nm", "energy_kev", "distance_mm", "scale_u", "fluence_nm2"), "REAL"),
    **dict.fromkeys(("frames", "recorded", "rows", "columns", "segments"), "INTEGER"),
    **dict.fromkeys(("gaps", "deferred", "unaligned", "doubted", "ended", "calibrated"), "INTEGER"),
}
RUNS = ", ".join(f"{name} {_TYPES.get(name, 'TEXT')}" for name in PLAIN)
CREATE = f"""
CREATE TABLE runs ({RUNS}, PRIMARY KEY (path)) WITHOUT ROWID;
CREATE INDEX runs_begun ON runs (begun_utc);
CREATE TABLE side (path TEXT REFERENCES runs ON DELETE CASCADE, name TEXT, unit TEXT, least REAL, mean REAL, most REAL);
CREATE INDEX side_path ON side (path);
CREATE TABLE models (path TEXT REFERENCES runs ON DELETE CASCADE, name TEXT, fingerprint TEXT, engine TEXT,
                     frames INTEGER);
CREATE INDEX models_path ON models (path);
CREATE TABLE folders (path TEXT PRIMARY KEY) WITHOUT ROWID;
PRAGMA user_version = {VERSION};
"""
