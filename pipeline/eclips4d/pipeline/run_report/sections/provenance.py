"""Where the numbers are from: run, source, models, versions, health, and the instrument file."""

from __future__ import annotations

from eclips4d.pipeline.run_report.content import Content
from eclips4d.pipeline.run_report.markup import facts, heading, joined, listed, verbatim
from eclips4d.pipeline.run_report.section import Section
from eclips4d.pipeline.store_report.health import noted
from eclips4d.pipeline.store_report.rows import store_rows
from eclips4d.storage.record import VERSION

TITLE = "Provenance"
_NO_LOSS = ("duplicate dropped", "deferred and made up for")
"""What `status` may say of frames that are there all the same."""
_ELSEWHERE = ("room", "writer", "height datum", "newest datum", "height scale", "shown as")
"""Rows of `eclips4d info` about this moment's disk, or told in another section."""


def section(content: Content) -> Section:
    """What `eclips4d info` says, the fingerprints in full, and the instrument file."""
    held = content.held
    rows, found = store_rows(content.path)
    source = held.source
    fingerprints = [
        ("run", held.run_id),
        ("started", source.start_utc),
        ("source identity", source.identity),
        ("instrument file", source.instrument),
        *((f"model {k}", words) for k, words in enumerate(_models(content))),
        *((f"calibration {k}", c.fingerprint) for k, c in enumerate(content.calibrations)),
        ("store written by", f"eclips4d {held.version}"),
        ("report", f"eclips4d {VERSION}, {content.made_utc}"),
    ]
    kept = _without(rows, _ELSEWHERE)
    status = content.run["status"].values
    lacking = tuple(f"Frames left out: {line}." for line in noted(status) if not any(k in line for k in _NO_LOSS))
    lacking += tuple(f"Damaged: {line}." for line in found.damage)
    pieces = [facts(fingerprints), facts(kept)]
    settings = [f"{name}: {value}" for name, value in sorted(held.extra.items())]
    pieces += [heading("Settings of the run"), listed(settings)] if settings else []
    pieces += [heading("Instrument file"), verbatim(source.instrument_toml)]
    return Section(TITLE, joined(pieces), lacking)


def _models(content: Content) -> list[str]:
    from eclips4d.storage.folder import load_record

    models = load_record(content.path).models
    return [f"{m.name}, {m.fingerprint}{'' if m.engine == 'none' else f', on {m.engine}'}" for m in models]


def _without(rows: list[tuple[str, str]], captions: tuple[str, ...]) -> list[tuple[str, str]]:
    kept, skipping = [], False
    for name, value in rows:
        skipping = name in captions if name else skipping
        if not skipping:
            kept.append((name, value))
    return kept
