"""The adapters of read_drop, built once per cold start."""

from dataclasses import dataclass
from functools import cache
from time import perf_counter

from courtesy.intake.read import Outside
from courtesy.ports import Clock, RulebookStore
from courtesy_aws.clock import now
from courtesy_aws.lake import S3Lake
from courtesy_aws.queues import SqsQueue
from courtesy_aws.tables.rulebooks import AT_ONCE, DynamoRulebookStore
from functions.read_drop.settings import Settings

WRITERS = 4
"""Chunks written to the lake at a time."""


@dataclass(frozen=True)
class Wiring:
    """What the handler hands to the use case."""

    bucket: str
    rulebooks: RulebookStore
    outside: Outside
    clock: Clock


@cache
def wire() -> Wiring:
    """The adapters that the environment names."""
    settings = Settings.load()
    return Wiring(
        bucket=settings.drops_bucket,
        rulebooks=DynamoRulebookStore(settings.rulebooks_table, look_again=AT_ONCE),
        outside=Outside(
            drops=S3Lake(settings.drops_bucket),
            lake=S3Lake(settings.lake_bucket),
            chunks=SqsQueue(settings.chunks_queue_url),
            ticks=perf_counter,
            writers=WRITERS,
        ),
        clock=now,
    )
