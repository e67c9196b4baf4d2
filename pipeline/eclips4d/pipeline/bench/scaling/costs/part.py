"""Part `costs`: what a frame, a store and an instrument cost, and what a million, a hundred and 4096² will.

The model is fitted to small frames, short stores and one instrument, and held against large, long and several.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.bench.scaling.context import ScalingContext
from eclips4d.pipeline.bench.scaling.costs.frames import frame_costs
from eclips4d.pipeline.bench.scaling.costs.model import Campaign, CostModel, FrameCosts, Host, fit, fitted, needs
from eclips4d.pipeline.bench.scaling.costs.stores import StoreCosts, store_costs
from eclips4d.pipeline.bench.scaling.costs.together import processor_s
from eclips4d.pipeline.config import PRODUCTS

FITTED, HELD_AGAINST = (256, 512, 1024), 2048
STORES, STORE_AGAINST, LONGEST = (1_000, 10_000), 100_000, 1_000_000
SHORT, LONG, BESIDE = 8, 40, (24, 24, 24)
"""Frames of the runs that are fitted to, and of those that go on at once."""
MOST_OFF = 1.3
"""Measured over predicted, either way."""
OVERHEAD = 1.2
"""Processor time of the chain over that of its functions: what `bench speed --part rate` measures, at most."""
HOST = Host(cores=64, memory_gb=256, network_mb_s=1250, disk_mb_s=2000)
FRAMES, STORED, AGAINST, TOTAL = (
    "What a frame costs",
    "What a store costs by its frames",
    "The cost model against runs that it was not fitted to",
    "What campaigns need",
)
CAMPAIGNS = {
    "10⁶ frames of 1024² at 1/s": Campaign(frames=1_000_000, side=1024, rate_fps=1.0),
    "100 instruments, 1024² at 2/s, a day": Campaign(frames=172_800, side=1024, rate_fps=2.0, instruments=100),
    "4096², a frame in 20 s, a day": Campaign(frames=4_320, side=4096, rate_fps=0.05),
}


def rows(context: ScalingContext) -> list[Row]:
    """Four tables."""
    sizes = {side: frame_costs(side, context.model) for side in (*FITTED, HELD_AGAINST)}
    context.console.print("frames are measured")
    stores = {n: store_costs(context.frames(n)) for n in (*STORES, STORE_AGAINST)}
    longest = store_costs(context.frames(LONGEST), listed=False)
    context.console.print("stores are measured")
    alone = {n: processor_s([n], "analytic") for n in (SHORT, LONG)}
    beside = processor_s(BESIDE, "analytic")
    model = fit({side**2: sizes[side] for side in FITTED}, overhead=OVERHEAD, column_bytes=longest.column_bytes)
    return [
        *_frame_rows(context.model, sizes),
        *_store_rows(context, stores, longest),
        *_against(model, sizes[HELD_AGAINST], context, stores, longest, alone, beside),
        *campaign_rows(model),
    ]


def _frame_rows(model: str, sizes: Mapping[int, FrameCosts]) -> list[Row]:
    found = []
    for side, costs in sizes.items():
        size = f"4 × {side}²"
        found += [
            Row(FRAMES, f"{size}: processor ms to invert by `{model}`", 1e3 * costs.invert_s),
            Row(FRAMES, f"{size}: processor ms for the rest", 1e3 * costs.follow_s),
            Row(FRAMES, f"{size}: MB of raw on the disk", costs.raw_bytes / 1e6),
            Row(FRAMES, f"{size}: MB of products on the disk", costs.product_bytes / 1e6),
            Row(FRAMES, f"{size}: MB of a raw frame's message", costs.raw_wire / 1e6),
            Row(FRAMES, f"{size}: MB of a surface's message", costs.surface_wire / 1e6),
            Row(FRAMES, f"{size}: MB of memory of a process that does all", costs.memory_bytes / 1e6),
        ]
    return found


def _store_rows(context: ScalingContext, stores: Mapping[int, StoreCosts], longest: StoreCosts) -> list[Row]:
    found = []
    for n, costs in (*stores.items(), (LONGEST, longest)):
        frames = _named(context, n)
        found += [
            Row(STORED, f"{frames}: processor ms to write a raw frame more", costs.write_ms),
            Row(STORED, f"{frames}: processor ms of a commit", costs.commit_ms),
            Row(STORED, f"{frames}: kB that a commit replaces", costs.metadata_bytes / 1e3),
            Row(STORED, f"{frames}: files of the small arrays", costs.files),
            Row(STORED, f"{frames}: processor ms to open it", costs.open_ms),
            Row(STORED, f"{frames}: processor ms of its line in a catalogue", costs.entry_ms),
        ]
        if math.isfinite(costs.report_ms):
            found += [
                Row(STORED, f"{frames}: processor ms of `info`, by one array of pixels", costs.report_ms),
                Row(STORED, f"{frames}: processor ms to take it over after a kill", costs.resume_ms),
            ]
    return found


def _against(
    model: CostModel,
    large: FrameCosts,
    context: ScalingContext,
    stores: Mapping[int, StoreCosts],
    longest: StoreCosts,
    alone: Mapping[int, float],
    beside: float,
) -> list[Row]:
    """Predicted, measured and their ratio."""
    predicted, size = model.frame(HELD_AGAINST**2), f"4 × {HELD_AGAINST}²"
    lengths = [context.frames(n) for n in STORES]
    many = _named(context, STORE_AGAINST)
    report = fitted(lengths, [stores[n].report_ms for n in STORES])
    one = fitted(list(alone), list(alone.values()))
    together = sum(one.at(n) for n in BESIDE)
    return [
        *_held(f"{size}: processor ms", 1e3 * predicted.processor_s, 1e3 * large.processor_s),
        *_held(f"{size}: MB on the disk", predicted.disk_bytes / 1e6, large.disk_bytes / 1e6),
        *_held(f"{size}: MB of messages", predicted.wire_bytes / 1e6, large.wire_bytes / 1e6),
        *_held(f"{size}: MB of memory", predicted.memory_bytes / 1e6, large.memory_bytes / 1e6),
        *_held(
            f"{many}: processor ms of `info`", report.at(context.frames(STORE_AGAINST)), stores[STORE_AGAINST].report_ms
        ),
        *_held(f"{_named(context, LONGEST)}: kB that a commit replaces", *_metadata_kb(stores, longest)),
        *_held(f"{len(BESIDE)} instruments at once: processor s", together, beside),
    ]


def _held(what: str, predicted: float, measured: float) -> list[Row]:
    ratio = measured / predicted
    met = 1.0 / MOST_OFF <= ratio <= MOST_OFF
    return [
        Row(AGAINST, f"{what}, predicted", predicted),
        Row(AGAINST, f"{what}, measured", measured),
        Row(AGAINST, f"{what}, measured over predicted", ratio, f"{1 / MOST_OFF:.2f} to {MOST_OFF}", met),
    ]


def _named(context: ScalingContext, frames: int) -> str:
    return f"{context.frames(frames):,} frames".replace(",", " ")


def _metadata_kb(stores: Mapping[int, StoreCosts], longest: StoreCosts) -> tuple[float, float]:
    return max(stores[n].metadata_bytes for n in STORES) / 1e3, longest.metadata_bytes / 1e3


def campaign_rows(model: CostModel) -> list[Row]:
    """What each campaign needs, and what it runs out of first."""
    found = []
    for name, campaign in CAMPAIGNS.items():
        needed = needs(model, campaign)
        hosts = needed.hosts(HOST)
        first = max(hosts, key=hosts.__getitem__)
        files = campaign.frames * campaign.instruments * (1 + len(PRODUCTS))
        found += [
            Row(TOTAL, f"{name}: days of recording", needed.days),
            Row(TOTAL, f"{name}: processor hours", needed.processor_hours),
            Row(TOTAL, f"{name}: processors kept busy", needed.cores),
            Row(TOTAL, f"{name}: TB on the disk", needed.disk_tb),
            Row(TOTAL, f"{name}: 10⁶ files before they are put together", files / 1e6),
            Row(TOTAL, f"{name}: MB/s to the disk", needed.disk_mb_s),
            Row(TOTAL, f"{name}: MB/s of raw frames that come in", needed.incoming_mb_s),
            Row(TOTAL, f"{name}: MB/s between hosts, were each stage on one of its own", needed.between_mb_s),
            Row(TOTAL, f"{name}: GB of memory", needed.memory_gb),
            Row(TOTAL, f"{name}: hosts (64 processors, 256 GB, 10 Gb/s, 2 GB/s of disk), by {first}", hosts[first]),
        ]
    return found
